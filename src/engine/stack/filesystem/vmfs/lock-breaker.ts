import type { Sim } from '../../../core/sim.js';
import { SENSE_MISCOMPARE } from '../../../core/status.js';
import { formatDuration } from '../../../core/units.js';
import type { LockAnswer } from '../mount.js';
import type { VmfsFile } from './file.js';
import { HEARTBEAT_NS, HEARTBEAT_TIMEOUT_NS } from './heartbeat.js';
import type { FileLocks } from './locks.js';
import type { MetadataClient, MetadataIo } from './metadata-io.js';
import { RETRY_NS, refused } from './retry.js';

/** What the I/O under way is for. */
const READ_LOCK = 0;
const READ_OWNER = 1;
const MARK = 2;
const REPLAY = 3;
const CLEAR = 4;

/** What is read of a journal to replay it: 16 KB (model; what it holds is written in place after). */
const JOURNAL_BLOCKS = 32;
/** A live owner is asked about so often before the open fails with EBUSY (model). */
const LIVE_LOOKS = 3;

/**
 * Takes the lock of a file that another host may hold (stack-upper reference, 6.3): free, it is taken;
 * held by a host whose heartbeat goes on, the open fails; held by one whose heartbeat stands still
 * for the whole lease, which this host has to see for itself, it is broken: the slot is marked, the
 * journal replayed and the slot cleared. All locks of the dead host are free then. The lease is no
 * setting: LockBreakTimeout is one of NFS (same reference, section 9), and VMFS3.* has none of the kind.
 */
export class LockBreaker implements MetadataClient {
  private since = 0;
  private stamp = -1;
  private looks = 0;
  /** Whose slot is being cleared. */
  private owner: FileLocks | undefined;

  constructor(
    private readonly sim: Sim,
    private readonly metadata: MetadataIo,
    private readonly locks: FileLocks,
    private readonly file: VmfsFile,
    private readonly answer: LockAnswer,
  ) {
    locks.state.add('waiting', 1);
    this.read(READ_LOCK);
  }

  metadataDone(step: number, status: number, sense: number): void {
    if (this.hasDied()) return;
    if (status !== 0) {
      this.trouble(step, status, sense);
      return;
    }
    switch (step) {
      case READ_LOCK:
        this.judge();
        break;
      case READ_OWNER:
        this.watch();
        break;
      case MARK:
        this.metadata.read(this.ownerAt, JOURNAL_BLOCKS, 'journalIos', this, REPLAY);
        break;
      case REPLAY:
        this.metadata.testAndSet(this.ownerAt, 'heartbeatIos', this, CLEAR);
        break;
      default:
        this.broken();
    }
  }

  private get ownerAt(): number {
    return (this.owner ?? this.file.holder ?? this.locks).heartbeat.lba;
  }

  private trouble(step: number, status: number, sense: number): void {
    // Another host has set the slot or the lock meanwhile: look again what is there.
    if (sense === SENSE_MISCOMPARE) this.read(READ_LOCK);
    else if (refused(status)) this.end('the device refuses the command');
    else this.sim.timers.delay(RETRY_NS, () => this.read(step < MARK ? step : READ_LOCK));
  }

  private read(step: number): void {
    if (this.hasDied()) return;
    const at =
      step === READ_LOCK ? this.locks.volume.lockAddress(this.file.descriptor) : this.ownerAt;
    const purpose = step === READ_LOCK ? 'lockIos' : 'heartbeatIos';
    this.metadata.read(at, 1, purpose, this, step);
  }

  private judge(): void {
    this.owner = undefined;
    const { holder } = this.file;
    if (holder === undefined) this.grab();
    else if (holder === this.locks) this.end(undefined);
    else this.read(READ_OWNER);
  }

  /** Has the owner's stamp changed since it was last looked at? */
  private watch(): void {
    const { now, timers } = this.sim;
    const { holder } = this.file;
    if (holder === undefined) {
      this.grab();
      return;
    }
    const { stamp } = holder.heartbeat;
    if (this.stamp < 0) {
      this.note('vmfs.lock.wait', `held by ${holder.host}: waiting for its heartbeat`);
      this.since = now;
    } else if (stamp !== this.stamp) {
      this.since = now;
      if (++this.looks === LIVE_LOOKS) {
        this.end(`locked by ${holder.host}, whose heartbeat goes on`);
        return;
      }
    }
    this.stamp = stamp;
    if (now - this.since >= HEARTBEAT_TIMEOUT_NS) {
      this.owner = holder;
      const { volume, slot } = this.locks;
      if (volume.recover(holder.slot, slot, () => this.broken())) return;
      this.metadata.testAndSet(this.ownerAt, 'heartbeatIos', this, MARK);
      return;
    }
    const next = Math.min(HEARTBEAT_NS, this.since + HEARTBEAT_TIMEOUT_NS - now);
    timers.delay(next, () => this.read(READ_LOCK));
  }

  private broken(): void {
    if (this.hasDied()) return;
    const { holder } = this.file;
    // Another host has been faster, or the owner is back.
    if (holder === undefined || holder !== this.owner || holder.heartbeat.stamp !== this.stamp) {
      this.read(READ_LOCK);
      return;
    }
    const span = formatDuration(this.sim.now - this.since);
    const what = `lock broken, all ${holder.held.size} of ${holder.host} are free`;
    this.note('vmfs.lock.broken', what, `its heartbeat stood still for ${span}`);
    this.locks.state.add('broken', 1);
    for (const file of [...holder.held]) holder.forget(file);
    this.grab();
  }

  /** The host that asks is dead itself: whoever waits for its answer is told. */
  private hasDied(): boolean {
    const { isDead, host } = this.locks;
    if (isDead) this.end(`${host} is dead`);
    return isDead;
  }

  private grab(): void {
    this.locks.take(this.file);
    this.end(undefined);
  }

  private end(problem: string | undefined): void {
    this.locks.state.add('waiting', -1);
    this.answer(problem);
  }

  private note(kind: string, what: string, why = `opened by ${this.locks.host}`): void {
    this.sim.log.note(kind, this.file.path, what, why);
  }
}
