/** Disks with partition tables, made by the book and not by vmtop. */
import { crc32 } from 'node:zlib';
import { MemoryImage } from '../../../src/input/image/memory-image.js';

/** Type of a VMFS partition, reference section 2, as GPT stores it (UEFI: first three parts little-endian). */
const VMFS = '2ae031aa0f40db119590000c2911d1b8';
/** EBD0A0A2-B9E5-4433-87C0-68B6B72699C7: basic data. */
export const DATA = 'a2a0d0ebe5b9334487c068b6b72699c7';

export interface Part {
  readonly first: number;
  readonly blocks: number;
  readonly type?: string;
}

/** A disk of a size with the content of a bare image in it from sector `first` on. */
export function disk(
  name: string,
  blocks: number,
  bare: MemoryImage | undefined,
  first: number,
): MemoryImage {
  const whole = new MemoryImage(name, blocks);
  for (const [at, content] of bare?.written() ?? []) {
    const count = Math.min(content.length / 512, (bare?.blocks ?? 0) - at / 512);
    whole.write(first + at / 512, count, content);
  }
  return whole;
}

/** UEFI specification 2.10, chapter 5.3: protective MBR, header and table in front, both again at the end. */
export function writeGptTo(image: MemoryImage, parts: readonly Part[]): void {
  const table = Buffer.alloc(128 * 128);
  parts.forEach(({ first, blocks, type }, index) => {
    const entry = table.subarray(index * 128);
    entry.write(type ?? VMFS, 0, 'hex');
    entry.fill(index + 1, 16, 32);
    entry.writeBigUInt64LE(BigInt(first), 32);
    entry.writeBigUInt64LE(BigInt(first + blocks - 1), 40);
  });
  const end = image.blocks - 1;
  for (const [own, other, at] of [
    [1, end, 2],
    [end, 1, end - 32],
  ] as const) {
    const header = Buffer.alloc(512);
    header.write('EFI PART', 0, 'latin1');
    header.writeUInt32LE(0x10000, 8);
    header.writeUInt32LE(92, 12);
    [own, other, 34, end - 33].forEach((lba, index) => {
      header.writeBigUInt64LE(BigInt(lba), 24 + 8 * index);
    });
    header.fill(0xd1, 56, 72);
    header.writeBigUInt64LE(BigInt(at), 72);
    header.writeUInt32LE(128, 80);
    header.writeUInt32LE(128, 84);
    header.writeUInt32LE(crc32(table), 88);
    header.writeUInt32LE(crc32(header.subarray(0, 92)), 16);
    image.write(own, 1, header);
    image.write(at, 32, table);
  }
  writeMbrTo(image, [{ first: 1, blocks: Math.min(end, 0xffffffff) }], 0xee);
}

export function writeMbrTo(image: MemoryImage, parts: readonly Part[], type = 0xfb): void {
  image.write(0, 1, mbrTable(parts.map((part) => [type, part.first, part.blocks])));
}

export function mbrTable(entries: readonly (readonly [number, number, number])[]): Uint8Array {
  const table = Buffer.alloc(512);
  entries.forEach(([type, first, blocks], index) => {
    const at = 446 + 16 * index;
    table[at + 4] = type;
    table.writeUInt32LE(first, at + 8);
    table.writeUInt32LE(blocks, at + 12);
  });
  table.writeUInt16LE(0xaa55, 510);
  return table;
}

/** What a program that is not vmtop must find: both copies right, each where the other says. */
export function readGptStrictly(image: MemoryImage): Part[] {
  const [front, back] = [1, image.blocks - 1].map((lba) => readCopy(image, lba));
  if (front === undefined || back === undefined || !front.table.equals(back.table)) {
    throw new Error('a copy of the GPT is damaged');
  }
  if (front.other !== image.blocks - 1 || back.other !== 1) throw new Error('copies apart');
  const parts: Part[] = [];
  for (let at = 0; at < front.table.length; at += 128) {
    const entry = front.table.subarray(at, at + 128);
    const type = entry.toString('hex', 0, 16);
    if (/^0+$/.test(type)) continue;
    const first = Number(entry.readBigUInt64LE(32));
    const last = Number(entry.readBigUInt64LE(40));
    if (first < 34 || last > front.lastUsable) throw new Error('a partition over the table');
    parts.push({ first, blocks: last - first + 1, ...(type === VMFS ? {} : { type }) });
  }
  return parts;
}

function readCopy(
  image: MemoryImage,
  lba: number,
): { other: number; lastUsable: number; table: Buffer } | undefined {
  const header = Buffer.alloc(512);
  image.read(lba, 1, header);
  const table = Buffer.alloc(128 * 128);
  const at = Number(header.readBigUInt64LE(72));
  if (header.toString('latin1', 0, 8) !== 'EFI PART' || at + 32 > image.blocks) return undefined;
  image.read(at, 32, table);
  const sum = header.readUInt32LE(16);
  const bare = Buffer.from(header.subarray(0, 92));
  bare.writeUInt32LE(0, 16);
  const own = Number(header.readBigUInt64LE(24));
  if (crc32(bare) !== sum || crc32(table) !== header.readUInt32LE(88) || own !== lba) {
    return undefined;
  }
  return {
    other: Number(header.readBigUInt64LE(32)),
    lastUsable: Number(header.readBigUInt64LE(48)),
    table,
  };
}
