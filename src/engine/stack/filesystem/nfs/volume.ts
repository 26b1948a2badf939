import { assert } from '../../../core/assert.js';
import type { Sim } from '../../../core/sim.js';
import type { DatastorePlan } from '../../../plan/plan.js';
import type { AllocationPolicy, FileHandle } from '../../files.js';
import { Datastore, datastoreSlot } from '../datastore.js';
import { FILE_BLOCK, FILE_BLOCK_BYTES, type FileNumbers, StoredFile } from '../file.js';
import type { NfsLocks } from './locks.js';

const METADATA_WRITES = datastoreSlot('metadataWrites');

/** A file on an NFS server. The server allocates and zeroes; there is nothing to do for a host. */
export class NfsFile extends StoredFile {
  /** Whose lock it is. */
  holder: NfsLocks | undefined;
  /** Its handle means nothing to the server any more, until it is looked up again. */
  isStale = false;

  constructor(
    index: number,
    path: string,
    sizeBlocks: number,
    policy: AllocationPolicy,
    /** Where the file begins on the server's disks, which are addressed as one. */
    readonly startBlock: number,
    /** By file block: 1 when the server has given it space. */
    public given: Uint8Array,
  ) {
    super(index, path, sizeBlocks, policy);
  }
}

/** An NFS export: files that grow as they are written, whatever their policy (NFS 3). */
export class NfsVolume extends Datastore {
  /** By number of the file; undefined for files of other datastores. */
  readonly files: (NfsFile | undefined)[] = [];
  private used = 0;
  private filled = 0;
  private nextStart = 0;
  /** The server exports it read-only. */
  readOnly = false;
  /** NFS 4.1. */
  readonly hasSessions: boolean;

  /** @param reserves the server's plug-in can reserve space: thick files take theirs at once */
  constructor(
    sim: Sim,
    plan: DatastorePlan,
    numbers: FileNumbers,
    private readonly reserves = false,
  ) {
    super(sim, plan, numbers, Math.floor(plan.capacityBytes / FILE_BLOCK_BYTES));
    this.hasSessions = plan.version === 4.1;
    this.takeInitial();
  }

  /** A call that carries no file data: of locks and sessions. */
  countCall(): void {
    this.values[METADATA_WRITES]++;
  }

  /** The server has lost its file handles (or the export was made anew), or knows them again. */
  setStale(stale: boolean): void {
    for (const file of this.files) if (file !== undefined) file.isStale = stale;
  }

  override get free(): number {
    return this.capacity - this.used;
  }

  /** Without Reserve Space thick policies only say how much counts as written. */
  override createFile(
    path: string,
    sizeBytes: number,
    policy: AllocationPolicy,
    writtenBytes = 0,
  ): NfsFile {
    const length = Math.ceil(sizeBytes / FILE_BLOCK_BYTES);
    const isDisk = policy === 'thin' || (policy === 'lazyThick' && !this.reserves);
    const bytes = isDisk ? Math.min(sizeBytes, writtenBytes) : sizeBytes;
    const held = Math.ceil(bytes / FILE_BLOCK_BYTES);
    this.checkSpace(path, held);
    const given = new Uint8Array(length).fill(1, 0, held);
    const sizeBlocks = Math.ceil(sizeBytes / 512);
    const index = this.numbers.next();
    const file = new NfsFile(index, path, sizeBlocks, policy, this.nextStart, given);
    file.held = held;
    this.nextStart += length * FILE_BLOCK;
    this.used += held;
    this.provisioned += length;
    while (this.files.length <= index) this.files.push(undefined);
    this.files[index] = file;
    return file;
  }

  override removeFile(handle: FileHandle): void {
    const file = this.fileOf(handle);
    assert(file.holder === undefined, `${file.path} is removed while it is open`);
    this.files[file.index] = undefined;
    this.used -= file.held;
    this.provisioned -= file.given.length;
    if (file.held > 0) this.spaceFreed(`${file.path} was removed`);
  }

  override extend(handle: FileHandle, first: number, end: number): boolean {
    return this.grow(this.fileOf(handle), first, end - 1);
  }

  override lengthen(handle: FileHandle, sizeBytes: number, done: () => void): void {
    const file = this.fileOf(handle);
    const length = Math.ceil(sizeBytes / FILE_BLOCK_BYTES);
    const before = file.given.length;
    const isThick = this.reserves && file.policy !== 'thin';
    if (isThick) this.checkSpace(file.path, length - before);
    const given = new Uint8Array(length);
    given.set(file.given);
    file.given = given;
    file.sizeBlocks = Math.ceil(sizeBytes / 512);
    this.provisioned += length - before;
    if (isThick) this.grow(file, before, length - 1);
    this.sim.timers.delay(0, done);
  }

  override createCopy(
    path: string,
    sizeBytes: number,
    policy: AllocationPolicy,
    holds: (fileBlock: number) => boolean,
  ): NfsFile {
    const isThick = policy !== 'thin' && this.reserves;
    const file = this.createFile(path, sizeBytes, isThick ? 'lazyThick' : 'thin');
    for (let block = 0; block < file.given.length; block++) {
      if (!holds(block) || this.grow(file, block, block)) continue;
      this.removeFile(file);
      this.checkSpace(path, file.given.length);
    }
    return file;
  }

  override holds(handle: FileHandle, fileBlock: number): boolean {
    return this.fileOf(handle).given[fileBlock] === 1;
  }

  override isChanging(): boolean {
    return false;
  }

  fileOf(handle: FileHandle): NfsFile {
    const file = this.files[handle.index];
    assert(file !== undefined, `${handle.path} is not on datastore ${this.name}`);
    return file;
  }

  /** The file with this number, which is one of this volume's. */
  fileAt(index: number): NfsFile {
    return this.files[index] as NfsFile;
  }

  /**
   * Where a block of a file stands on the server's disks. Files that promise more than there is
   * share places, which only matters for seeks.
   */
  addressOf(file: NfsFile, block: number): number {
    return (file.startBlock + block) % (this.capacity * FILE_BLOCK);
  }

  /** Gives a range of a file's blocks space where they have none; false when there is too little. */
  grow(file: NfsFile, first: number, last: number): boolean {
    for (let block = first; block <= last; block++) {
      if (file.given[block] !== 0) continue;
      if (this.free === 0) return false;
      file.given[block] = 1;
      file.held++;
      this.used++;
    }
    return true;
  }

  override fill(bytes: number): number {
    const count = Math.min(this.free, Math.ceil(bytes / FILE_BLOCK_BYTES));
    this.occupy(count);
    this.filled += count;
    this.provisioned += count;
    return count * FILE_BLOCK_BYTES;
  }

  override release(): void {
    const count = this.filled;
    this.filled = 0;
    this.used -= count;
    this.provisioned -= count;
    if (count > 0) this.spaceFreed(`${count} MB of a file that filled the datastore were deleted`);
  }

  protected override occupy(fileBlocks: number): void {
    this.used += fileBlocks;
  }
}
