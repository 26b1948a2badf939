import { FormatError } from '../../core/errors.js';
import { decodeUtf8 } from './bytes.js';
import type { Core } from './core.js';
import { type Descriptor, RDM, SYMLINK } from './descriptor.js';
import type { Entry } from './directory.js';
import { decodeLock } from './lock.js';
import { DISK_ID_AT, DISK_ID_BYTES, showDiskId } from './lvm-records.js';
import type { Tree } from './tree.js';

/** What a listing says of a file. */
export interface FileInfo {
  readonly name: string;
  /** 2 directory, 3 regular, 4 symbolic link, 5 system, 6 raw device mapping. */
  readonly type: number;
  readonly directory: boolean;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly links: number;
  /** Bytes. */
  readonly length: number;
  /** Blocks that are allocated, and those of them still to be zeroed. */
  readonly blocks: number;
  readonly toBeZeroed: number;
  readonly blockBytes: number;
  readonly zla: number;
  /** Unix seconds. */
  readonly modifiedAt: number;
  /** Mode of its lock; zero when nobody has it open. */
  readonly lockMode: number;
  /** Where a symbolic link leads, or which device is mapped. */
  readonly target?: string;
  /** Why the file cannot be read; the other fields say nothing then. */
  readonly damage?: string;
}

export function describe(tree: Tree, name: string, file: Descriptor): FileInfo {
  return {
    name,
    type: file.type,
    directory: file.isDirectory,
    mode: file.mode,
    uid: file.uid,
    gid: file.gid,
    links: file.links,
    length: file.length,
    blocks: file.blocks,
    toBeZeroed: file.toBeZeroed,
    blockBytes: file.blockBytes,
    zla: file.zla,
    modifiedAt: file.modifiedAt,
    lockMode: decodeLock(file.bytes).mode,
    ...(file.type === SYMLINK ? { target: tree.linkTarget(file) } : {}),
    ...(file.type === RDM ? { target: mappedDevice(file) } : {}),
  };
}

/** The file a name in a directory means; where it is damaged, the rest of the directory still lists. */
export function describeEntry(core: Core, tree: Tree, { name, address }: Entry): FileInfo {
  try {
    return describe(tree, name, core.readDescriptor(address));
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    const zeros = { mode: 0, uid: 0, gid: 0, links: 0, length: 0, blocks: 0, toBeZeroed: 0 };
    const rest = { type: 0, directory: false, blockBytes: 0, zla: 0, modifiedAt: 0, lockMode: 0 };
    return { name, ...zeros, ...rest, damage: error.message };
  }
}

/** Identifier of the device a raw device mapping stands for: as in an LVM header (reference, section 10). */
export function mappedDevice({ bytes, generation }: Descriptor): string {
  const [kind, length] = bytes.subarray(generation.residentAt);
  const at = generation.residentAt + DISK_ID_AT - DEVICE_AT;
  const id = bytes.subarray(at, at + Math.min(length, DISK_ID_BYTES));
  return kind === 1 ? showDiskId(id) : decodeUtf8(id);
}

/** Where an LVM header begins to tell of its device. */
const DEVICE_AT = 0x0c;

/** Capacity and use of a volume. */
export interface SpaceInfo {
  readonly volumeBytes: number;
  readonly blockBytes: number;
  /** Each resource with how many there are and how many are free. */
  readonly resources: readonly {
    readonly name: string;
    readonly total: number;
    readonly free: number;
  }[];
}

export function spaceOf(core: Core): SpaceInfo {
  return {
    volumeBytes: core.volume.bytes,
    blockBytes: core.blockBytes,
    resources: core.resources.list.map((resource) => ({
      name: resource.name,
      total: resource.layout.total,
      free: resource.countFree(),
    })),
  };
}
