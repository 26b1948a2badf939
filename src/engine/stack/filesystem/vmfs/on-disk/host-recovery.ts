import { BLOCK_BYTES } from '../../../../core/io.js';
import type { Sim } from '../../../../core/sim.js';
import { PLUGIN_TRANSIENT, pluginStatus } from '../../../../core/status.js';
import { committedBytes, decodeLog, idleLog } from '../../../../formats/vmfs/journal.js';
import type { MetadataClient } from '../metadata-io.js';
import { RETRY_NS } from '../retry.js';
import type { Batch } from './batch.js';
import type { Commits } from './commits.js';
import { clearSlot, markSlot } from './host-blocks.js';
import type { VolumeBytes } from './volume-bytes.js';

const MARK = 0;
const READ_HEAD = 1;
const READ_BODY = 2;
const REPLAY = 3;
const IDLE = 4;
const FREE_JOURNAL = 5;
const CLEAR = 6;

/**
 * What one host does for another that is dead (VMFS on-disk reference, section 7; stack-upper reference,
 * 6.3): its slot is marked, its journal read from the volume and what it holds written to its place, its
 * journal's block given back, its slot cleared. Its locks are stale then, and free for anyone.
 *
 * What the dead host had begun took effect if its journal has it. Where later changes of other hosts rest on it
 * already it is finished first (model: the library computed them on it; hosts would compute them anew).
 */
export class HostRecovery implements MetadataClient {
  private step = MARK;
  private left = 0;
  private readonly head = new Uint8Array(BLOCK_BYTES);
  private body = new Uint8Array(0);
  /** Sectors of the volume with what the journal says they are to hold. */
  private sectors: readonly (readonly [number, Uint8Array])[] = [];
  private readonly listeners: (() => void)[] = [];
  /** The journal's block is nobody's from now on. */
  hasGivenJournal = false;

  constructor(
    private readonly sim: Sim,
    private readonly bytes: VolumeBytes,
    private readonly commits: Commits,
    private readonly dead: number,
    /** Who does it; another when that one dies on the way. */
    private via: number,
  ) {}

  whenDone(listener: () => void): void {
    this.listeners.push(listener);
  }

  /** What the host left behind has been dealt with. */
  get hasReplayed(): boolean {
    return this.step >= FREE_JOURNAL;
  }

  /** What the host had begun; not what it wants since it is back. */
  private get remains(): readonly Batch[] {
    return this.commits.batchesOf(this.dead).filter(({ plan }) => !plan.late);
  }

  begin(): void {
    this.chooseLiving();
    const { commits, via } = this;
    const batches = this.remains;
    const atRest = batches.every((batch) => batch.atRest);
    if (atRest && batches.every((batch) => commits.mayUndo(batch))) {
      this.run(MARK);
      return;
    }
    const [first] = batches;
    // Also one that was asked for after its host had died, and never begun.
    const waits = first.begun ? first.isStopped : commits.mayLock(first);
    if (atRest && waits) first.resume(via);
    this.sim.timers.delay(RETRY_NS, () => this.begin());
  }

  metadataDone(token: number, status: number): void {
    if (status !== 0) {
      this.sim.timers.delay(RETRY_NS, () => this.issue(token));
      return;
    }
    if (--this.left > 0) return;
    if (this.step === READ_HEAD) this.headRead();
    else if (this.step === READ_BODY) {
      this.sectors = decodeLog(this.head, this.body);
      this.run(REPLAY);
    } else if (this.step === REPLAY) this.run(IDLE);
    else if (this.step === IDLE) this.freeJournal();
    else if (this.step === CLEAR) this.end();
    else this.run(this.step + 1);
  }

  private chooseLiving(): void {
    const { commits } = this;
    if (!commits.isDead(this.via)) return;
    const living = commits.hosts.findIndex((_, host) => !commits.isDead(host));
    if (living >= 0) this.via = living;
  }

  private headRead(): void {
    const length = committedBytes(this.head, this.bytes.core.blockBytes) ?? 0;
    this.body = new Uint8Array(length);
    this.run(length > 0 ? READ_BODY : IDLE);
  }

  private run(step: number): void {
    this.step = step;
    this.left = step === REPLAY ? this.sectors.length : 1;
    if (this.left === 0) {
      this.run(IDLE);
      return;
    }
    const { left } = this;
    for (let token = 0; token < left; token++) this.issue(token);
  }

  private issue(token: number): void {
    this.chooseLiving();
    const { bytes, dead, via } = this;
    const io = this.commits.hosts[via];
    const slotAt = bytes.sessions[dead].heartbeat.address / BLOCK_BYTES;
    const journalAt = bytes.journalAt(dead);
    if (this.step === MARK)
      io.testAndSet(slotAt, 'heartbeatIos', this, token, markSlot(bytes, dead, via));
    else if (this.step === READ_HEAD) io.read(journalAt, 1, 'journalIos', this, token, this.head);
    else if (this.step === READ_BODY) {
      io.read(journalAt + 1, this.body.length / BLOCK_BYTES, 'journalIos', this, token, this.body);
    } else if (this.step === REPLAY) {
      const [sector, content] = this.sectors[token];
      io.write(sector, 1, bytes.purposeAt(sector), this, token, content.slice());
    } else if (this.step === IDLE) io.write(journalAt, 1, 'journalIos', this, token, idleLog());
    else io.testAndSet(slotAt, 'heartbeatIos', this, token, clearSlot(bytes, dead));
  }

  /** What was under way has taken effect or not, and the journal's block is nobody's. */
  private freeJournal(): void {
    this.chooseLiving();
    const { bytes, commits, dead, via } = this;
    const replayed = this.body.length > 0;
    const isDone = (batch: Batch): boolean => batch.begun && (replayed || batch.isDecided);
    // Something has come to rest on it meanwhile: it is finished.
    const firm = this.remains.find((batch) => !isDone(batch) && !commits.mayUndo(batch));
    if (firm !== undefined) {
      if (firm.isStopped || !firm.begun) firm.resume(via);
      this.sim.timers.delay(RETRY_NS, () => this.freeJournal());
      return;
    }
    // What is computed from here on is not part of it.
    const { remains } = this;
    this.step = FREE_JOURNAL;
    for (const batch of remains) {
      if (isDone(batch)) batch.settle();
      else batch.undo(pluginStatus(PLUGIN_TRANSIENT), 0);
      commits.ended(batch);
    }
    let block = 0;
    const give = (): void => {
      block = bytes.freeJournal(dead);
    };
    const committed = (): void => {
      commits.journalFreed(block);
      this.run(CLEAR);
    };
    commits.now(() => bytes.core.transaction(give), { committed }, via);
    this.hasGivenJournal = true;
  }

  private end(): void {
    this.bytes.gone.add(this.dead);
    for (const listener of this.listeners) listener();
  }
}
