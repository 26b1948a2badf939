import { assert } from '../../../core/assert.js';
import { InputError } from '../../../core/errors.js';
import type { Sim } from '../../../core/sim.js';
import { formatSize } from '../../../core/units.js';
import type { DatastorePlan } from '../../../plan/plan.js';
import type { AllocationPolicy, FileHandle } from '../../files.js';
import { FILE_BLOCK, FILE_BLOCK_BYTES, type FileNumbers } from '../file.js';
import { BytelessVolume } from './byteless-volume.js';
import { ClusterHeaders } from './cluster-headers.js';
import { BlockMaps, HOLE, isBusy, toBeZeroed, VmfsFile } from './file.js';
import { FreedSpace } from './freed-space.js';
import { layoutOf, type VmfsLayout } from './layout.js';
import type { MetadataIo } from './metadata-io.js';
import { Space } from './space.js';
import { type GrowthEnded, VolumeGrowth } from './volume-growth.js';

/**
 * A VMFS volume as it stands on its LUNs: files with their block maps, and free space. Every host
 * that mounts it works on this one object; what the hosts must agree on by I/O (locks, heartbeats)
 * their mounts do.
 */
export class VmfsVolume extends BytelessVolume {
  /** By number of the file; undefined for files of other datastores. */
  readonly files: (VmfsFile | undefined)[] = [];
  /** What the lock and heartbeat blocks hold, by address, as far as hosts know; 0 at first. */
  readonly tags = new Map<number, number>();
  readonly layout: VmfsLayout;
  /** Locked by ATS or not at all (`public ATS-only` in `vmkfstools -P`). */
  readonly atsOnly: boolean;
  protected readonly maps = new BlockMaps();
  readonly space: Space;
  protected readonly ownAllocator: number;
  clusters: ClusterHeaders;
  private filled: Int32Array[] = [];
  private hosts = 0;

  protected descriptors = 0;
  protected descriptorsUsed = 0;
  protected subBlocks = 0;
  protected subBlocksUsed = 0;
  /** Pointer blocks are numbered from 1. */
  protected pointers = 1;
  protected pointersUsed = 0;

  /**
   * @param blocks size of the LVM volume
   * @param space of a volume that is there already, with what it uses itself
   * @param layout of one that has grown: it stays that of the size it was formatted with
   */
  constructor(
    sim: Sim,
    plan: DatastorePlan,
    numbers: FileNumbers,
    blocks: number,
    space?: Space,
    layout?: VmfsLayout,
  ) {
    super(sim, plan, numbers, Math.floor(blocks / FILE_BLOCK));
    this.layout = layout ?? layoutOf(plan.version, this.capacity);
    const { clusterFileBlocks, least } = this.layout.figures;
    const metadata =
      space === undefined
        ? this.layout.metadataFileBlocks(this.capacity)
        : this.capacity - space.free;
    // One that is there already may be full.
    if (space === undefined && metadata >= this.capacity) {
      throw InputError.of(
        `datastore ${plan.name}`,
        `${this.capacity} MB is too small for VMFS, whose own files take ${metadata} MB`,
        `make the LUN ${least} or larger`,
      );
    }
    this.atsOnly = plan.locking === 'ats-only';
    this.space = space ?? new Space(this.capacity, metadata, clusterFileBlocks);
    this.clusters = new ClusterHeaders(this.layout, this.capacity);
    this.ownAllocator = this.space.addAllocator();
    this.provisioned = metadata;
    this.takeInitial();
  }

  override get free(): number {
    return this.space.free;
  }

  /** More than one host mounts it; of a copy they come one by one. */
  get isShared(): boolean {
    return this.plan.hosts.length > 1;
  }

  /** Pointer blocks handed out so far; numbers below this exist. */
  get pointerCount(): number {
    return this.pointers;
  }

  /** Sub-blocks handed out so far. */
  get subBlockCount(): number {
    return this.subBlocks;
  }

  /** Number of a host that mounts the volume: its heartbeat slot and its allocator. */
  addHost(): { slot: number; allocator: number } {
    return { slot: this.hosts++, allocator: this.space.addAllocator() };
  }

  /** Where the lock of a file is, by its descriptor; in blocks from the start of the volume. */
  lockAddress(descriptor: number): number {
    return this.layout.descriptorAt(descriptor);
  }

  /** Where a pointer block is, in blocks. */
  pointerAddress(pointer: number): number {
    return this.layout.pointerAt(pointer);
  }

  /** Where the header of the resource cluster of a file block is, in blocks. */
  clusterAt(fileBlock: number): number {
    return this.clusters.at(fileBlock);
  }

  /**
   * The LVM volume is larger: a host lets the file system take that. Until it has, nothing of it is used.
   * @param blocks of the LVM volume now
   * @param slot and `metadata` of the host
   */
  takeMore(blocks: number, _slot: number, metadata: MetadataIo, ended: GrowthEnded): void {
    const to = Math.floor(blocks / FILE_BLOCK);
    const { sim, clusters, capacity } = this;
    const growth = new VolumeGrowth(sim, metadata, clusters, capacity, to, (status, sense) => {
      if (status === 0) this.enlarge(to, growth.own);
      ended(status, sense);
    });
    growth.begin();
  }

  /** @param own file blocks behind the old end that the file system keeps for itself */
  protected enlarge(fileBlocks: number, own: number): void {
    const before = this.capacity;
    this.space.grow(fileBlocks);
    for (let block = before; block < before + own; block++) this.space.take(block);
    this.provisioned += own;
    this.fileBlocks = fileBlocks;
    this.spaceFreed(`grown by ${fileBlocks - before} MB`);
    this.refresh('the datastore has grown');
  }

  /** Where the heartbeat of a host is, in blocks. */
  heartbeatAddress(slot: number): number {
    return this.layout.heartbeatAt(slot);
  }

  override createFile(
    path: string,
    sizeBytes: number,
    policy: AllocationPolicy,
    writtenBytes = 0,
  ): VmfsFile {
    const { layout } = this;
    const { figures } = layout;
    const resident = policy === 'small' && sizeBytes <= figures.subBlockBlocks * 512;
    const usesSubBlock = resident && sizeBytes > figures.residentBytes;
    const length = resident ? 0 : Math.ceil(sizeBytes / FILE_BLOCK_BYTES);
    const written = Math.min(length, Math.ceil(writtenBytes / FILE_BLOCK_BYTES));
    const held = policy === 'thin' ? written : length;
    const pointers = this.layout.pointersFor(length);
    this.checkLength(path, sizeBytes);
    this.checkSpace(path, held);
    this.checkResource(path, 'file descriptors', this.descriptorsUsed + 1, figures.descriptorsMax);
    this.checkResource(path, 'pointer blocks', this.pointersUsed + pointers, figures.pointersMax);
    const subBlocksUsed = this.subBlocksUsed + (usesSubBlock ? 1 : 0);
    this.checkResource(path, 'sub-blocks', subBlocksUsed, figures.subBlocksMax);

    const descriptor = this.descriptors++ % figures.descriptorPlaces;
    const file = new VmfsFile(
      this.numbers.next(),
      path,
      Math.ceil(sizeBytes / 512),
      policy,
      this.maps.take(length),
      descriptor,
      pointers > 0 ? this.pointers : 0,
      pointers,
      usesSubBlock ? layout.subBlockAt(this.subBlocks++) : layout.descriptorAt(descriptor),
      usesSubBlock,
      figures.spanShift,
    );
    this.descriptorsUsed++;
    this.subBlocksUsed = subBlocksUsed;
    this.pointers += pointers;
    this.pointersUsed += pointers;
    let index = 0;
    const place = (first: number, count: number): void => {
      for (let offset = 0; offset < count; offset++, index++) {
        const zeroed = policy !== 'lazyThick' || index < written;
        file.map[index] = zeroed ? first + offset : toBeZeroed(first + offset);
        if (!zeroed) file.unzeroed++;
      }
    };
    if (figures.hasLargeBlocks && policy !== 'thin') this.space.allocateClusters(held, place);
    while (index < held) this.space.allocateRun(this.ownAllocator, held - index, place);
    file.held = held;
    this.provisioned += length;
    this.keep(file);
    return file;
  }

  protected keep(file: VmfsFile): void {
    while (this.files.length <= file.index) this.files.push(undefined);
    this.files[file.index] = file;
  }

  override removeFile(handle: FileHandle): void {
    const file = this.fileOf(handle);
    this.forget(file);
    this.descriptorsUsed--;
    this.pointersUsed -= file.pointers;
    if (file.usesSubBlock) this.subBlocksUsed--;
    this.freeBlocksOf(file);
  }

  /** The file is no longer there; its blocks still are its own. */
  protected forget(file: VmfsFile): void {
    assert(file.holder === undefined, `${file.path} is removed while it is open`);
    if (file.map.some(isBusy)) assert(false, `${file.path} is removed while it is written`);
    this.files[file.index] = undefined;
    this.provisioned -= file.map.length;
  }

  protected freeBlocksOf(file: VmfsFile): void {
    for (const entry of file.map) {
      if (entry !== HOLE) this.space.give(entry >= 0 ? entry : toBeZeroed(entry));
    }
    if (file.held > 0) this.spaceFreed(`${file.path} was removed`);
  }

  /** The lock, bitmap and pointer writes of it are left to the blocks' first writes (model). */
  override extend(handle: FileHandle, first: number, end: number): boolean {
    const file = this.fileOf(handle);
    for (let index = first; index < end; index++) {
      if (file.map[index] !== HOLE) continue;
      if (this.free === 0) return false;
      file.map[index] = toBeZeroed(this.space.allocate(this.ownAllocator));
      file.held++;
      file.unzeroed++;
    }
    return true;
  }

  /** Further pointer blocks are numbered anew, with those there were: they lie side by side. */
  override lengthen(handle: FileHandle, sizeBytes: number, done: () => void): void {
    const file = this.fileOf(handle);
    const length = Math.ceil(sizeBytes / FILE_BLOCK_BYTES);
    const before = file.mapLength;
    const pointers = this.layout.pointersFor(length);
    this.checkLength(file.path, sizeBytes);
    if (file.policy !== 'thin') this.checkSpace(file.path, length - before);
    const pointersUsed = this.pointersUsed + pointers - file.pointers;
    this.checkResource(file.path, 'pointer blocks', pointersUsed, this.layout.figures.pointersMax);
    if (pointers > file.pointers) {
      file.firstPointer = this.pointers;
      this.pointers += pointers;
      this.pointersUsed = pointersUsed;
      file.pointers = pointers;
    }
    file.lengthen(this.maps.take(length), Math.ceil(sizeBytes / 512));
    this.provisioned += length - before;
    if (file.policy !== 'thin') this.extend(file, before, length);
    this.sim.timers.delay(0, done);
  }

  override createCopy(
    path: string,
    sizeBytes: number,
    policy: AllocationPolicy,
    holds: (fileBlock: number) => boolean,
  ): VmfsFile {
    const length = Math.ceil(sizeBytes / FILE_BLOCK_BYTES);
    const held: number[] = [];
    for (let block = 0; block < length; block++) if (holds(block)) held.push(block);
    this.checkSpace(path, policy === 'thin' ? held.length : length);
    const file = this.createFile(path, sizeBytes, policy === 'thin' ? 'thin' : 'lazyThick');
    for (const index of held) {
      if (policy === 'thin') {
        file.map[index] = this.space.allocate(this.ownAllocator);
        file.held++;
      } else {
        file.map[index] = toBeZeroed(file.map[index]);
        file.unzeroed--;
      }
    }
    return file;
  }

  override holds(handle: FileHandle, fileBlock: number): boolean {
    return this.fileOf(handle).map[fileBlock] >= 0;
  }

  override isChanging(handle: FileHandle): boolean {
    return this.fileOf(handle).map.some(isBusy);
  }

  fileOf(handle: FileHandle): VmfsFile {
    const file = this.files[handle.index];
    assert(file !== undefined, `${handle.path} is not on datastore ${this.name}`);
    return file;
  }

  /** A free file block for a host, now in use; NONE when there is none. */
  allocate(allocator: number): number {
    return this.space.allocate(allocator);
  }

  /** From now on the blocks that become free are remembered, for automatic UNMAP. */
  trackFreed(): void {
    this.space.freed ??= new FreedSpace(this.capacity);
  }

  /** File blocks that a file no longer holds. @param isKnown the array has been told of them */
  giveBack(start: number, count: number, why: string, isKnown = false): void {
    for (let block = start; block < start + count; block++) this.space.give(block, isKnown);
    this.spaceFreed(why);
  }

  /**
   * A block whose first write failed. Only who waits for blocks of a full volume is told: the writer
   * itself failed for want of something else, and would only fail again.
   */
  takeBack(block: number, why: string): void {
    this.space.give(block);
    if (this.isFull) this.spaceFreed(why);
  }

  /** By file block: 1 where something was written, 0 where it is free or still to be zeroed. */
  writtenBlocks(): Uint8Array {
    const written = this.space.usedBlocks();
    for (const file of this.files) {
      if (file === undefined || file.unzeroed === 0) continue;
      for (const entry of file.map) {
        if (entry < HOLE && !isBusy(entry)) written[toBeZeroed(entry)] = 0;
      }
    }
    return written;
  }

  override fill(bytes: number): number {
    const count = Math.min(this.free, Math.ceil(bytes / FILE_BLOCK_BYTES));
    this.filled.push(this.occupy(count));
    this.provisioned += count;
    return count * FILE_BLOCK_BYTES;
  }

  override release(): void {
    let count = 0;
    for (const blocks of this.filled) {
      for (const block of blocks) this.space.give(block);
      count += blocks.length;
    }
    this.filled = [];
    this.provisioned -= count;
    if (count > 0) this.spaceFreed(`${count} MB of a file that filled the datastore were deleted`);
  }

  /** Callers have checked that there is enough. */
  protected override occupy(fileBlocks: number): Int32Array {
    const blocks = new Int32Array(fileBlocks);
    for (let index = 0; index < fileBlocks; index++) {
      blocks[index] = this.space.allocate(this.ownAllocator);
    }
    return blocks;
  }

  protected checkLength(path: string, sizeBytes: number): void {
    const { fileBytesMax } = this.layout.figures;
    if (sizeBytes <= fileBytesMax) return;
    throw InputError.of(
      path,
      `has ${formatSize(sizeBytes)}: files of datastore ${this.name} have ${formatSize(fileBytesMax)} at most`,
      'make the disk smaller, or the datastore VMFS 5 or 6',
    );
  }

  private checkResource(path: string, what: string, wanted: number, limit: number): void {
    if (wanted <= limit) return;
    throw InputError.of(path, `needs more ${what} than the ${limit} of datastore ${this.name}`);
  }
}
