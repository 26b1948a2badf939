import type { Sim } from '../../../core/sim.js';
import { CHECK, SENSE_LUN_NOT_SUPPORTED, SENSE_MISCOMPARE } from '../../../core/status.js';
import { FILE_BLOCK } from '../file.js';
import type { ClusterHeaders } from './cluster-headers.js';
import type { MetadataClient, MetadataIo } from './metadata-io.js';
import { RETRY_NS, refused } from './retry.js';

/** Longest write of fresh cluster headers, in blocks: 1 MiB (model). */
const WRITE_BLOCKS = 2048;
/** A record of the journal: 4 KiB (model). */
const JOURNAL_BLOCKS = 8;

/** Told how it ended. */
export type GrowthEnded = (status: number, sense: number) => void;

/** Steps. */
const LOCK = 0;
const HEADERS = 1;
const JOURNAL = 2;
/** The last cluster so far, and the header of the file. */
const TABLE = 3;
const UNLOCK = 4;

/**
 * What a host writes so that a file system takes what its volume has more (model, after what `vmtop volume
 * grow` writes to an image): the file of block bitmaps is locked, the headers of further clusters are
 * written, and through the journal the last cluster so far and the file's header.
 */
export class VolumeGrowth implements MetadataClient {
  /** File blocks behind the old end that headers and journal take. */
  readonly own: number;
  private step = LOCK;
  private done = 0;
  /** Lock of the file of block bitmaps: that of its last cluster so far, in blocks of the volume. */
  private readonly lock: number;
  /** Where the headers of the further clusters go, and how long they are, in blocks. */
  private readonly headers: number;
  private readonly blocks: number;

  /** @param from file blocks of the volume so far, and `to` afterwards */
  constructor(
    private readonly sim: Sim,
    private readonly metadata: MetadataIo,
    private readonly clusters: ClusterHeaders,
    private readonly from: number,
    private readonly to: number,
    private readonly ended: GrowthEnded,
  ) {
    this.lock = clusters.at(from - 1);
    this.headers = from * FILE_BLOCK;
    this.blocks = clusters.moreFor(to);
    this.own = Math.ceil((this.blocks + JOURNAL_BLOCKS) / FILE_BLOCK);
  }

  begin(): void {
    const { metadata, step, done, lock, headers, blocks } = this;
    if (metadata.isDead) {
      // As what waits for a reservation then.
      this.ended(CHECK, SENSE_LUN_NOT_SUPPORTED);
      return;
    }
    const { unitBlocks } = this.clusters;
    if (step === LOCK || step === UNLOCK) metadata.testAndSet(lock, 'lockIos', this, step);
    else if (step === HEADERS) {
      const length = Math.min(WRITE_BLOCKS, blocks - done);
      metadata.write(headers + done, length, 'bitmapIos', this, step);
    } else if (step === JOURNAL) {
      metadata.write(headers + blocks, JOURNAL_BLOCKS, 'journalIos', this, step);
    } else metadata.write(lock + unitBlocks, unitBlocks, 'bitmapIos', this, TABLE);
  }

  metadataDone(_token: number, status: number, sense: number): void {
    if (status !== 0 && (sense === SENSE_MISCOMPARE || !refused(status))) {
      this.sim.timers.delay(RETRY_NS, () => this.begin());
      return;
    }
    if (status !== 0) {
      this.ended(status, sense);
      return;
    }
    if (this.step === HEADERS) this.done += WRITE_BLOCKS;
    if (this.step !== HEADERS || this.done >= this.blocks) this.step++;
    if (this.step === HEADERS && this.blocks === 0) this.step++;
    if (this.step <= UNLOCK) {
      this.begin();
      return;
    }
    this.clusters.grow(this.to, this.from);
    this.ended(0, 0);
  }
}
