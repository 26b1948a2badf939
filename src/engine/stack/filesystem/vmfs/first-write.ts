import { type Io, NO_IO } from '../../../core/io.js';
import { RowList } from '../../../core/row-list.js';
import type { Sim } from '../../../core/sim.js';
import { SENSE_MISCOMPARE } from '../../../core/status.js';
import { datastoreSlot } from '../datastore.js';
import { FILE_BLOCK } from '../file.js';
import { busy, HOLE, toBeZeroed, type VmfsFile } from './file.js';
import type { MetadataClient, MetadataIo } from './metadata-io.js';
import type { PointerUser } from './pointer-cache.js';
import { RETRY_NS, refused } from './retry.js';
import { pointerOf } from './runs.js';
import { NONE } from './space.js';
import type { VmfsVolume } from './volume.js';

const ALLOCATIONS = datastoreSlot('allocations');
const ZEROINGS = datastoreSlot('zeroings');

export const LOCK = 0;
/** Another host had the lock: read it to see its new state. */
const LOOK = 1;
const BITMAP = 2;
const POINTER = 3;
export const ZEROING = 4;
/** In place of zeroing, the first write itself. */
const WRITING = 5;

export interface FirstWriteUser extends PointerUser {
  /** Writes a whole block of the volume, and then tells `written` of job `number`. */
  writeWhole(io: Io, block: number, number: number): void;
  /** Ends a row whose `written` was told to wait. */
  finishWhole(io: Io, status: number, sense: number): void;
}

/** One file block on its way to being ready. Jobs are used again and again. */
interface Job {
  file: VmfsFile;
  fileBlock: number;
  /** Where it is in the volume. */
  block: number;
  /** Allocated by this job: given back when the job fails. */
  isNew: boolean;
  /** The first write, when it covers all of the block; NO_IO when the block is to be zeroed. */
  whole: Io;
  step: number;
  readonly rows: RowList;
}

/**
 * What happens before the first write to a block of a file: a hole gets a block of the volume under
 * the lock of its resource cluster (lock, bitmap, pointer), then the block is zeroed unless the
 * write covers it. Rows for the block wait, and are placed again when it is ready: a write that
 * covers it has to end well first, for until then the block holds what another file left there.
 */
export class FirstWrite implements MetadataClient {
  protected readonly jobs: Job[] = [];
  private readonly idle: number[] = [];

  constructor(
    private readonly sim: Sim,
    private readonly volume: VmfsVolume,
    private readonly allocator: number,
    private readonly metadata: MetadataIo,
    protected readonly user: FirstWriteUser,
  ) {}

  /**
   * Starts work for the first write to a block that is not ready and not being worked on.
   * @returns false when the volume has no free block; the row is then still the caller's
   */
  begin(io: Io, file: VmfsFile, fileBlock: number): boolean {
    const entry = file.map[fileBlock];
    const isNew = entry === HOLE;
    const block = isNew ? this.volume.allocate(this.allocator) : toBeZeroed(entry);
    if (block === NONE) return false;
    const whole = this.sim.requests.blocks[io] === FILE_BLOCK ? io : NO_IO;
    const number = this.takeJob(file, fileBlock, block, isNew, whole);
    file.map[fileBlock] = busy(number);
    this.jobs[number].rows.push(io);
    this.run(number, isNew ? LOCK : ZEROING);
    return true;
  }

  /** The row waits for a block that is being worked on. */
  join(io: Io, entry: number): void {
    this.jobs[busy(entry)].rows.push(io);
  }

  /** The row is to wait no longer, the work goes on; false when it does not wait here. */
  remove(io: Io): boolean {
    const job = this.jobs.find(({ rows }) => rows.remove(io));
    if (job?.whole === io) job.whole = NO_IO;
    return job !== undefined;
  }

  /**
   * The write that covers a whole block has ended; where it failed the block is zeroed after all.
   * @returns false when the row has to wait until `finishWhole`
   */
  written(number: number, status: number): boolean {
    if (status === 0) {
      this.ready(number);
    } else {
      this.jobs[number].whole = NO_IO;
      this.run(number, ZEROING);
    }
    return true;
  }

  metadataDone(number: number, status: number, sense: number): void {
    const { step } = this.jobs[number];
    if (status === 0) this.run(number, step === LOOK ? LOCK : step === LOCK ? BITMAP : step + 1);
    else if (step === LOCK && sense === SENSE_MISCOMPARE) this.run(number, LOOK);
    else if (refused(status)) this.abandon(number, status, sense);
    else this.sim.timers.delay(RETRY_NS, () => this.run(number, step));
  }

  protected run(number: number, step: number): void {
    const job = this.jobs[number];
    const { metadata } = this;
    job.step = step;
    const { unitBlocks } = this.volume.layout.figures;
    if (step === LOCK) metadata.testAndSet(this.clusterAt(job), 'lockIos', this, number);
    else if (step === LOOK) metadata.read(this.clusterAt(job), 1, 'lockIos', this, number);
    else if (step === BITMAP) {
      const at = this.clusterAt(job) + unitBlocks;
      metadata.write(at, unitBlocks, 'bitmapIos', this, number);
    } else if (step === POINTER) this.writePointer(job, number);
    else if (step === ZEROING && job.whole === NO_IO) {
      metadata.zero(job.block * FILE_BLOCK, FILE_BLOCK, this, number);
    } else if (step === ZEROING) {
      job.step = WRITING;
      job.rows.remove(job.whole);
      this.user.writeWhole(job.whole, job.block, number);
    } else this.ready(number);
  }

  private clusterAt({ block }: Job): number {
    return this.volume.clusterAt(block);
  }

  private writePointer({ file, fileBlock }: Job, number: number): void {
    const { layout } = this.volume;
    if (file.firstPointer === 0) {
      const at = layout.descriptorAt(file.descriptor);
      const { descriptorBlocks } = layout.figures;
      this.metadata.write(at, descriptorBlocks, 'descriptorIos', this, number);
    } else {
      const at = layout.pointerAt(pointerOf(file, fileBlock));
      this.metadata.write(at, layout.figures.pointerWriteBlocks, 'pointerIos', this, number);
    }
  }

  protected ready(number: number): void {
    const job = this.jobs[number];
    const { file } = job;
    const { values } = this.volume;
    file.map[job.fileBlock] = job.block;
    if (job.whole === NO_IO) values[ZEROINGS]++;
    if (job.isNew) {
      values[ALLOCATIONS]++;
      file.held++;
    } else {
      file.unzeroed--;
    }
    // A row placed here may start a new job, but not this one: the block is ready now.
    for (let io = job.rows.shift(); io !== NO_IO; io = job.rows.shift()) this.user.place(io);
    this.idle.push(number);
  }

  protected abandon(number: number, status: number, sense: number): void {
    const job = this.jobs[number];
    job.file.map[job.fileBlock] = job.isNew ? HOLE : toBeZeroed(job.block);
    for (let io = job.rows.shift(); io !== NO_IO; io = job.rows.shift()) {
      this.user.failRow(io, status, sense);
    }
    this.idle.push(number);
    if (job.isNew) this.volume.takeBack(job.block, `a block of ${job.file.path} was not used`);
  }

  private takeJob(
    file: VmfsFile,
    fileBlock: number,
    block: number,
    isNew: boolean,
    whole: Io,
  ): number {
    const number = this.idle.pop() ?? this.jobs.length;
    const job = this.jobs[number];
    if (job === undefined) {
      const rows = new RowList(this.sim);
      this.jobs.push({ file, fileBlock, block, isNew, whole, step: LOCK, rows });
    } else {
      job.file = file;
      job.fileBlock = fileBlock;
      job.block = block;
      job.isNew = isNew;
      job.whole = whole;
    }
    return number;
  }
}
