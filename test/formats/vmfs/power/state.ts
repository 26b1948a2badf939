import {
  type Address,
  ALL_ZERO,
  getAddress,
  HOLE,
  zeroMaskOf,
} from '../../../../src/engine/formats/vmfs/address.js';
import {
  type Descriptor,
  DIRECT,
  DOUBLE_POINTERS,
  RESIDENT,
  SUB_BLOCKS,
} from '../../../../src/engine/formats/vmfs/descriptor.js';
import type { Volume } from '../../../../src/engine/formats/vmfs/volume.js';

/**
 * What somebody sees of a volume: paths, kinds, lengths, counts, which parts are holes or to be zeroed,
 * and content, but not where it lies.
 */
export function stateOf(volume: Volume): string {
  const lines: string[] = [];
  const visit = (dir: Descriptor, path: string): void => {
    const entries = volume.tree.format.entries(dir);
    entries.sort((one, other) => (one.name < other.name ? -1 : 1));
    for (const { name, address } of entries) {
      if (name === '.' || name === '..' || name.endsWith('.sf')) continue;
      const file = volume.core.readDescriptor(address);
      const { type, links, length, blocks, toBeZeroed, largeBlocks, zla } = file;
      const counts = [type, links, length, blocks, toBeZeroed, largeBlocks, zla].join(' ');
      lines.push(`${path}/${name}: ${counts} ${file.isDirectory ? '' : content(volume, file)}`);
      if (file.isDirectory) visit(file, `${path}/${name}`);
    }
  };
  visit(volume.tree.directory('/'), '');
  return lines.join('\n');
}

function content(volume: Volume, file: Descriptor): string {
  if (file.zla === RESIDENT) return hash(file.resident.slice(0, file.length), 0).toString(16);
  const { generation, core } = { generation: file.generation, core: volume.core };
  const { mapping } = core;
  const slotBytes = mapping.slotBytes(file);
  let sum = 0;
  const slot = (index: number, address: Address): void => {
    const mask = zeroMaskOf(address);
    sum = Math.imul(sum ^ index, 0x01000193) ^ mask;
    const length = Math.min(slotBytes, file.length - index * slotBytes);
    if (length <= 0 || mask === ALL_ZERO) return;
    const bytes = new Uint8Array(length);
    volume.tree.contents.read(file, index * slotBytes, bytes);
    sum = hash(bytes, sum);
  };
  const follow = (table: Uint8Array, from: number, count: number, depth: number, at: number) => {
    for (let index = 0; index < count; index++) {
      const address = getAddress(generation, table, from + index * generation.pointerBytes);
      if (address === HOLE) continue;
      if (depth === 0) slot(at + index, address);
      else {
        const perBlock = mapping.pointersPerBlock(file);
        follow(mapping.table(file, address), 0, perBlock, depth - 1, (at + index) * perBlock);
      }
    }
  };
  const direct = file.zla === DIRECT || file.zla === SUB_BLOCKS;
  const depth = direct ? 0 : file.zla === DOUBLE_POINTERS ? 2 : 1;
  follow(file.bytes, generation.pointersAt, generation.pointers, depth, 0);
  return (sum >>> 0).toString(16);
}

function hash(bytes: Uint8Array, seed: number): number {
  let sum = seed ^ bytes.length;
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
  for (const word of words) sum = Math.imul(sum ^ word, 0x01000193) ^ (sum >>> 15);
  for (let at = words.length * 4; at < bytes.length; at++) {
    sum = Math.imul(sum ^ bytes[at], 0x01000193) ^ (sum >>> 15);
  }
  return sum;
}
