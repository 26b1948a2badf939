import { assert } from '../core/assert.js';
import { DATA_BLOCKS } from '../core/data-arena.js';
import { BLOCK_BYTES, type Io, NO_IO, READ } from '../core/io.js';
import type { Layer } from '../core/layer.js';
import type { Sim } from '../core/sim.js';
import { formatStatus } from '../core/status.js';
import { SyntheticJob, type SyntheticJobOptions } from './job.js';
import { Verifier } from './verifier.js';

/** Commands in flight while everything is read back, and how long each is (model). */
const BACK_DEPTH = 2;
const BACK_BLOCKS = 64 * DATA_BLOCKS;

/** A job that checks every read against what it wrote before: its part of the disk is its alone. */
export class VerifyingJob extends SyntheticJob {
  readonly verifier: Verifier;
  /** Name of its virtual machine. */
  readonly vm: string;
  /** Where reading back goes on; undefined until it begins. */
  private backAt: number | undefined;

  /** @param guest number of the verifying guest in the run, from 0 */
  constructor(sim: Sim, options: SyntheticJobOptions, guest: number, lower: Layer) {
    super(sim, options, lower);
    const { name, vm, offsetBytes, sizeBytes, bs } = options.plan;
    this.vm = vm;
    const longest = Math.max(...bs.map(({ bytes }) => bytes)) / BLOCK_BYTES;
    this.verifier = new Verifier(sim, {
      name,
      guest,
      startBlock: offsetBytes / BLOCK_BYTES,
      blocks: sizeBytes / BLOCK_BYTES,
      longestBlocks: Math.max(longest, BACK_BLOCKS),
    });
  }

  /** Issues nothing of its own any more, and reads every block of its part once. */
  readBack(): void {
    this.stop();
    this.verifier.readingBack = true;
    this.backAt = this.verifier.startBlock;
    for (let left = BACK_DEPTH; left > 0; left--) this.readNext();
  }

  override complete(io: Io): void {
    const { op, status, sense } = this.sim.requests;
    const isBack = this.backAt !== undefined;
    if (isBack && op[io] === READ && status[io] !== 0) {
      this.verifier.reportUnread(io, formatStatus(status[io], sense[io]));
    }
    this.verifier.settle(io);
    super.complete(io);
    if (isBack) this.readNext();
  }

  protected override fill(io: Io): void {
    super.fill(io);
    this.verifier.issue(io);
  }

  private readNext(): void {
    const { now, requests } = this.sim;
    const at = this.backAt as number;
    const blocks = Math.min(BACK_BLOCKS, this.verifier.endBlock - at);
    if (blocks === 0) return;
    const io = requests.take();
    assert(io !== NO_IO, 'a host at rest has rows for reading back');
    this.backAt = at + blocks;
    requests.op[io] = READ;
    requests.lba[io] = at;
    requests.blocks[io] = blocks;
    requests.world[io] = this.world;
    requests.disk[io] = this.disk;
    requests.arrivedAt[io] = now;
    this.verifier.issue(io);
    this.inFlight++;
    this.enter(io);
    this.lower.submit(io);
  }
}
