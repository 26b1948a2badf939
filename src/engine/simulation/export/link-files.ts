import { BLOCK_BYTES } from '../../core/io.js';
import { CowdDelta } from '../../formats/vmdk/cowd-delta.js';
import { CowdSink } from '../../formats/vmdk/cowd-sink.js';
import type { Delta } from '../../formats/vmdk/delta-writer.js';
import type { ExtentLine } from '../../formats/vmdk/extent-line.js';
import type { FileMedium } from '../../formats/vmdk/medium.js';
import { newDescriptor } from '../../formats/vmdk/new-descriptor.js';
import { SeDelta } from '../../formats/vmdk/se-delta.js';
import { SeSink } from '../../formats/vmdk/se-sink.js';
import { FlatSink } from '../../formats/vmdk/sink.js';
import { NO_CID } from '../../stack/vmfiles/chain/link.js';
import type { ChainLink } from '../snapshots/chain-link.js';

/** File block of a datastore, in 512-byte blocks: what is read and written at once. */
const FILE_BLOCK = 2048;

/** Type of the extent line for each format (vmdk-formats reference, 1). */
const EXTENT_TYPES = {
  flat: 'VMFS',
  vmfsSparse: 'VMFSSPARSE',
  seSparse: 'SESPARSE',
  rdm: 'VMFSRDM',
  rdmp: 'VMFSRDM',
} as const;
const CREATE_TYPES = {
  flat: 'vmfs',
  vmfsSparse: 'vmfsSparse',
  seSparse: 'seSparse',
  rdm: 'vmfsRawDeviceMap',
  rdmp: 'vmfsPassthroughRawDeviceMap',
} as const;

/** What the descriptor of a link says of it. */
export interface LinkText {
  readonly format: keyof typeof EXTENT_TYPES;
  readonly capacityBlocks: number;
  /** Path or plain name of the extent. */
  readonly extent: string;
  readonly cid: number;
  readonly parentCid: number;
  /** Path or plain name of the `-ctk.vmdk` of a disk whose changes are tracked. */
  readonly changeMap?: string | undefined;
}

/** `one/web1.vmdk` and the like of `[one] web1/web1.vmdk`: the plain name. */
export function plainName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Writes the extent of a link: its tables and grains, or the whole of a flat base. */
export function writeExtent(link: ChainLink, medium: FileMedium): void {
  if (link.format === 'flat') writeBase(link, medium);
  else writeDelta(link, emptyDelta(link, medium));
}

/**
 * The descriptor of a link, with the content ids the engine keeps.
 * @param parent descriptor of the link below; none for a base
 * @param random 32 random bits at each call
 */
export function describeLink(
  link: LinkText,
  parent: string | undefined,
  thin: boolean,
  random: () => number,
): Uint8Array {
  const { format, capacityBlocks, extent, cid, parentCid, changeMap } = link;
  const line: ExtentLine = {
    access: 'RW',
    sectors: capacityBlocks,
    type: EXTENT_TYPES[format],
    file: plainName(extent),
  };
  const descriptor = newDescriptor({
    createType: CREATE_TYPES[format],
    extents: [line],
    thin: format === 'flat' && thin,
    random,
    ...(parent && { parent: { cid: hex(parentCid), hint: plainName(parent) } }),
  });
  const long = descriptor.get('ddb.longContentID') as string;
  descriptor.set('CID', hex(cid));
  descriptor.set('ddb.longContentID', long.slice(0, -8) + hex(cid));
  if (changeMap !== undefined) {
    // As such descriptors have it (vmdk-formats reference, 12).
    descriptor.set('version', '3');
    descriptor.set('changeTrackPath', plainName(changeMap));
  }
  return descriptor.bytes();
}

function writeBase({ capacityBlocks, holds, read }: ChainLink, medium: FileMedium): void {
  const sink = new FlatSink(medium, capacityBlocks, false);
  for (let at = 0; at < capacityBlocks; at += FILE_BLOCK) {
    if (!holds(at / FILE_BLOCK)) continue;
    const bytes = new Uint8Array(Math.min(FILE_BLOCK, capacityBlocks - at) * BLOCK_BYTES);
    read(at, bytes);
    sink.write(at, bytes);
  }
  sink.finish();
}

function emptyDelta({ format, capacityBlocks }: ChainLink, medium: FileMedium): Delta {
  if (format === 'vmfsSparse') {
    new CowdSink(medium, capacityBlocks).finish();
    return new CowdDelta(medium);
  }
  new SeSink(medium, capacityBlocks).finish();
  return new SeDelta(medium);
}

function writeDelta({ runs, read, capacityBlocks }: ChainLink, delta: Delta): void {
  const { grain } = delta;
  for (const { lba, blocks, fileBlock } of runs()) {
    if (fileBlock === undefined) {
      delta.unmap?.(lba / grain, Math.ceil(blocks / grain));
      continue;
    }
    for (let done = 0; done < blocks; done += FILE_BLOCK) {
      const grains = Math.ceil(Math.min(FILE_BLOCK, blocks - done) / grain);
      // The last grain of a disk that is no whole number of them is whole in its file.
      const bytes = new Uint8Array(grains * grain * BLOCK_BYTES);
      const there = Math.min(grains * grain, capacityBlocks - lba - done);
      read(fileBlock + done, bytes.subarray(0, there * BLOCK_BYTES));
      const at = delta.take(grains);
      delta.medium.write(at * BLOCK_BYTES, bytes);
      delta.name((lba + done) / grain, grains, at);
    }
  }
  delta.close();
}

/** Content ids that mean something else: none, and see the long one. */
function hex(cid: number): string {
  const plain = cid >= NO_CID - 1 ? 1 : cid;
  return plain.toString(16).padStart(8, '0');
}
