import { InputError } from '../../../../core/errors.js';
import { BLOCK_BYTES } from '../../../../core/io.js';
import {
  type Address,
  HOLE as NO_BLOCK,
  unitOf,
  zeroMaskOf,
} from '../../../../formats/vmfs/address.js';
import {
  type Descriptor,
  REGULAR,
  RESIDENT,
  SUB_BLOCKS,
} from '../../../../formats/vmfs/descriptor.js';
import { decodeLock, releasedLock } from '../../../../formats/vmfs/lock.js';
import type { AllocationPolicy } from '../../../files.js';
import { HOLE, toBeZeroed } from '../file.js';
import type { VolumeBytes } from './volume-bytes.js';

/** Changes one transaction makes: what fits into the journal on any volume. */
const SLOTS_PER_STEP = 256;

/** A file as it lies on a volume whose bytes are kept. */
export interface RecordedFile {
  /** Of its descriptor. */
  readonly address: Address;
  /** Where the descriptor begins on the volume, in blocks of 512 bytes. */
  readonly descriptorAt: number;
  /** File blocks in its map; 0 for one in its descriptor or a sub-block. */
  readonly slots: number;
  /** Where the content of a file without a map is, in blocks. */
  readonly residentAt: number;
  readonly usesSubBlock: boolean;
}

/** Path on the volume of `[datastore] vm/file`. */
export function pathOnVolume(path: string): string {
  return `/${path.replace(/^\[[^\]]*\] */, '')}`;
}

/**
 * Makes a file with the space its policy asks for.
 * @param written file blocks at its start that hold something, zeros for now
 * @param content what is written into it, over what a file that is there holds
 * @throws InputError where there is one of another length, or no room
 */
export function createFile(
  bytes: VolumeBytes,
  path: string,
  length: number,
  policy: AllocationPolicy,
  written: number,
  content?: Uint8Array,
): RecordedFile {
  const { volume, core } = bytes;
  const { entry } = makeFolders(bytes, path);
  // Texts are as long as what they say; that changes with the scenario.
  if (entry !== undefined && content !== undefined) volume.resize(path, length);
  if (entry === undefined) {
    volume.create(path, length === 0 ? {} : { length });
    if (policy === 'thin' || policy === 'lazyThick') provide(bytes, path, 0, written, true);
    if (policy !== 'thin')
      provide(bytes, path, 0, Number.POSITIVE_INFINITY, policy !== 'lazyThick');
  }
  const descriptor = volume.tree.regular(path);
  if (descriptor.length !== length) {
    throw InputError.of(
      path,
      `the volume has a file of ${descriptor.length} bytes here, the scenario one of ${length}`,
      'remove it with vmtop volume rm, or begin with a new image',
    );
  }
  if (content !== undefined) volume.write(path, 0, content);
  return describe(volume.tree.regular(path));

  function describe(file: Descriptor): RecordedFile {
    const { address, at, zla, generation } = file;
    const usesSubBlock = zla === SUB_BLOCKS;
    const hasMap = zla !== RESIDENT && !usesSubBlock;
    const first = usesSubBlock ? core.mapping.block(file, 0) : NO_BLOCK;
    const content =
      first === NO_BLOCK ? at + generation.residentAt : core.mapping.dataAt(file, first, 0);
    return {
      address,
      descriptorAt: at / BLOCK_BYTES,
      slots: hasMap ? Math.ceil(length / core.blockBytes) : 0,
      residentAt: content / BLOCK_BYTES,
      usesSubBlock,
    };
  }
}

/** A file that is on a volume already, and what it looks like to the engine. */
export interface FoundFile {
  /** Without a slash before it. */
  readonly path: string;
  readonly length: number;
  readonly policy: AllocationPolicy;
  readonly file: RecordedFile;
}

/** The regular files of a volume with what is in its folders; those of the file system itself are none. */
export function filesOn(bytes: VolumeBytes, folder = '/'): FoundFile[] {
  return bytes.volume.list(folder).flatMap(({ name, type, directory, length }): FoundFile[] => {
    const path = `${folder}${name}`;
    if (directory) return filesOn(bytes, `${path}/`);
    if (type !== REGULAR) return [];
    const file = createFile(bytes, path, length, 'thin', 0);
    let isThin = false;
    readMap(bytes, file.address, 0, file.slots, (_, entry) => {
      if (entry === HOLE) isThin = true;
    });
    const policy = file.slots === 0 ? 'small' : isThin ? 'thin' : 'lazyThick';
    return [{ path: path.slice(1), length, policy, file }];
  });
}

/** Makes the directories a path names; @returns what is at the path already */
export function makeFolders(bytes: VolumeBytes, path: string): { entry: unknown } {
  const { volume } = bytes;
  const parts = path.split('/').slice(1, -1);
  parts.forEach((_, index) => {
    const folder = `/${parts.slice(0, index + 1).join('/')}`;
    if (volume.tree.place(folder).entry === undefined) volume.makeDirectory(folder);
  });
  return volume.tree.place(path);
}

/**
 * Removes what an earlier run has left under the name of a new file.
 * @returns its file blocks, free once that is on the media
 */
export function removeLeft(bytes: VolumeBytes, path: string): number[] {
  const { volume } = bytes;
  const blocks: number[] = [];
  if (makeFolders(bytes, path).entry === undefined) return blocks;
  const { length } = volume.tree.regular(path);
  const { address, slots } = createFile(bytes, path, length, 'thin', 0);
  readMap(bytes, address, 0, slots, (_, entry) => {
    if (entry !== HOLE) blocks.push(entry >= 0 ? entry : toBeZeroed(entry));
  });
  volume.remove(path);
  return blocks;
}

/** True while a host holds the lock of a file. */
export function isLocked({ core }: VolumeBytes, file: Address): boolean {
  const lock = decodeLock(core.readDescriptor(file).bytes);
  return lock.mode !== 0 && !core.isStale(lock);
}

/** Where the content of a file without a map lies, in blocks of 512 bytes. */
interface SmallFile {
  readonly descriptor: number;
  readonly residentAt: number;
}

/**
 * Gives files other names, and what tells of them the words for it, in one transaction: unlike other
 * content those words go by way of the journal.
 * @param paths each the old and the new one
 */
export function renameTogether(
  bytes: VolumeBytes,
  paths: readonly (readonly string[])[],
  teller?: { readonly file: SmallFile; readonly content: Uint8Array } | undefined,
): void {
  const { volume, core } = bytes;
  for (const [, to] of paths) makeFolders(bytes, to);
  volume.together(() => {
    for (const [from, to] of paths) volume.rename(from, to);
    if (teller === undefined) return;
    const { residentAt, descriptor } = teller.file;
    core.store.write(residentAt * BLOCK_BYTES, teller.content, descriptor * BLOCK_BYTES);
  });
}

/** Gives file blocks `from` to `to` of a file space where they have none, zeroed or still to be zeroed. */
export function provide(
  bytes: VolumeBytes,
  path: string,
  from: number,
  to: number,
  zeroed: boolean,
): void {
  const { core, volume } = bytes;
  const how = zeroed ? 'eagerzeroedthick' : 'zeroedthick';
  for (let done = from, end = to; done < end; ) {
    core.transaction(() => {
      const file = volume.tree.regular(path);
      if (file.zla === RESIDENT) {
        end = 0;
        return;
      }
      end = Math.min(to, Math.ceil(file.length / core.mapping.slotBytes(file)));
      done = volume.tree.contents.provide(file, done, Math.min(end, done + SLOTS_PER_STEP), how);
      core.writeDescriptor(file);
    });
  }
}

/** Makes a file longer by a hole, also while a host has it open. */
export function lengthen({ core, volume }: VolumeBytes, path: string, length: number): void {
  core.transaction(() => {
    const file = volume.tree.regular(path);
    volume.tree.contents.lengthenSparse(file, length);
    core.writeDescriptor(file);
  });
}

/** Calls `visit` with file blocks `from` to `to` of a file in the words of the engine's block maps. */
export function readMap(
  bytes: VolumeBytes,
  address: Address,
  from: number,
  to: number,
  visit: (slot: number, entry: number) => void,
): void {
  const { mapping } = bytes.core;
  const file = bytes.core.readDescriptor(address);
  for (let slot = from; slot < to; slot++) {
    const found = mapping.block(file, slot);
    const unit = unitOf(found);
    visit(slot, found === NO_BLOCK ? HOLE : zeroMaskOf(found) !== 0 ? toBeZeroed(unit) : unit);
  }
}

/**
 * Makes a file that has a block, which somebody will write, in each of these slots; a thick one has
 * blocks to be zeroed in all others.
 * @param allocate a free block
 */
export function createCopy(
  bytes: VolumeBytes,
  path: string,
  length: number,
  policy: 'thin' | 'lazyThick',
  held: readonly number[],
  allocate: () => number,
): RecordedFile {
  const file = createFile(bytes, path, length, policy, 0);
  const isThin = policy === 'thin';
  const blocks: number[] = [];
  readMap(bytes, file.address, 0, file.slots, (slot, entry) => {
    blocks[slot] = entry;
  });
  const pairs = held.map((slot) => ({
    slot,
    block: isThin ? allocate() : toBeZeroed(blocks[slot]),
  }));
  bindAll(bytes, file.address, pairs, isThin);
  return file;
}

/** Binds slots of a file to blocks, in as many transactions as it takes. */
function bindAll(
  bytes: VolumeBytes,
  file: Address,
  pairs: readonly { slot: number; block: number }[],
  isNew: boolean,
): void {
  for (let from = 0; from < pairs.length; from += SLOTS_PER_STEP) {
    bytes.core.transaction(() => {
      for (const { slot, block } of pairs.slice(from, from + SLOTS_PER_STEP)) {
        bytes.bind(file, slot, block, isNew);
      }
    });
  }
}

/** Where the pointer block of a slot is on the volume, in blocks; of the descriptor without one. */
export function pointerBlockAt(bytes: VolumeBytes, file: Address, slot: number): number {
  const { mapping, generation } = bytes.core;
  const descriptor = bytes.core.readDescriptor(file);
  const perBlock = mapping.pointersPerBlock(descriptor);
  const table = descriptor.pointer(Math.floor(slot / perBlock) % generation.pointers);
  try {
    return mapping.tableAt(descriptor, table) / BLOCK_BYTES;
  } catch {
    return descriptor.at / BLOCK_BYTES;
  }
}

/** Frees a file's lock as the library sees it: one that is still on its way has its lock with it. */
export function unlock({ core }: VolumeBytes, descriptor: number): void {
  const at = descriptor * BLOCK_BYTES;
  core.transaction(() => core.store.write(at, releasedLock(core.store.read(at, BLOCK_BYTES))));
}
