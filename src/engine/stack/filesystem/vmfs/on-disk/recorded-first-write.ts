import { NO_IO } from '../../../../core/io.js';
import type { Sim } from '../../../../core/sim.js';
import { FirstWrite, type FirstWriteUser, LOCK, ZEROING } from '../first-write.js';
import type { MetadataIo } from '../metadata-io.js';
import type { CommitClient } from './commits.js';
import type { RecordedVolume } from './recorded-volume.js';

/**
 * The first write to a block on a volume whose bytes are kept: the block is zeroed or written whole
 * before anything on the volume refers to it, so that no loss of power shows what another file left
 * there; then a transaction makes it the file's. The guest hears of a write that covers the block only
 * after that.
 */
export class RecordedFirstWrite extends FirstWrite implements CommitClient {
  constructor(
    sim: Sim,
    private readonly recorded: RecordedVolume,
    private readonly host: number,
    allocator: number,
    metadata: MetadataIo,
    user: FirstWriteUser,
  ) {
    super(sim, recorded, allocator, metadata, user);
  }

  committed(number: number, status: number, sense: number): void {
    const { whole } = this.jobs[number];
    if (status === 0) super.ready(number);
    else super.abandon(number, status, sense);
    if (whole !== NO_IO) this.user.finishWhole(whole, status, sense);
  }

  /** The guest has its answer when the block is the file's. */
  override written(number: number, status: number): boolean {
    super.written(number, status);
    return status !== 0;
  }

  protected override run(number: number, step: number): void {
    super.run(number, step === LOCK ? ZEROING : step);
  }

  protected override ready(number: number): void {
    const { file, fileBlock, block, isNew } = this.jobs[number];
    const { recorded } = this;
    const { bytes } = recorded;
    const address = recorded.addressOf(file);
    const change = (): void => bytes.bind(address, fileBlock, block, isNew);
    recorded.commits.add(this.host, change, this, number);
  }
}
