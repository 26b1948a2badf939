import { BLOCK_BYTES } from '../../../../core/io.js';
import type { Sim } from '../../../../core/sim.js';
import { SENSE_MISCOMPARE } from '../../../../core/status.js';
import { HEARTBEAT_TIMEOUT_NS } from '../heartbeat.js';
import type { MetadataClient, MetadataIo } from '../metadata-io.js';
import { RETRY_NS, refused } from '../retry.js';
import { giveLock, holderOf, takeLock } from './host-blocks.js';
import type { StagedWrite } from './staged-media.js';
import type { VolumeBytes } from './volume-bytes.js';

/** Model: pause before a lock is asked for again that another host had. */
const LOCKED_NS = 20_000_000;
/** More than any device has: sectors of several devices are numbered one after the other. */
const DEVICE_SECTORS = 0x10000000000;
/** Token of the look at a lock that another host has. */
const LOOK = -1;

/** Who waits for a change of a volume; `token` is what it gave with it. */
export interface CommitClient {
  /** The change is on disk for good (status 0), or it will never be. */
  committed(token: number, status: number, sense: number): void;
}

export interface Change {
  /** Number of the host whose journal it goes through. */
  readonly host: number;
  readonly run: () => void;
  readonly client: CommitClient | undefined;
  readonly token: number;
}

/** What a batch is made of, computed beforehand. */
export interface BatchPlan {
  readonly host: number;
  readonly changes: readonly Change[];
  /** Of what it changes, on the volume in blocks, ascending. */
  readonly locks: readonly number[];
  readonly phases: readonly (readonly StagedWrite[])[];
  /** The phase behind which a loss of power no longer undoes the changes. */
  readonly decides: number;
  /** Somebody goes on as if it had taken effect already: it is never undone. */
  readonly firm: boolean;
  /** Its host is back, but what it left behind on the volume is not dealt with yet: it waits for that. */
  readonly late: boolean;
}

/** Whoever puts batches in order. */
export interface BatchOwner {
  readonly hosts: readonly MetadataIo[];
  /** No batch before it is still to write what it writes as well. */
  mayWrite(batch: Batch): boolean;
  /** No batch behind it rests on it. */
  mayUndo(batch: Batch): boolean;
  /** A host has the lock for as long as its file is open. */
  isOpen(lock: number): boolean;
  /** It has met a lock of a host, which may be dead. */
  contend(batch: Batch, holder: number): void;
  ended(batch: Batch): void;
}

/**
 * Changes of one host that go to disk together, in steps: locks, journal, the sectors in their places,
 * journal cleared, locks given up. I/Os that get lost on the way are repeated, and after the time for
 * which a host may be silent by another host. A device that refuses one ends the batch as if it had never
 * been, unless the journal already has it: then it is tried until the device takes it.
 */
export class Batch implements MetadataClient {
  readonly sectors = new Set<number>();
  begun = false;
  /** Its host has died: nothing more is begun. */
  isStopped = false;
  /** Grows when it is stopped: what it was to do later then is not done. */
  private life = 0;
  private changes: readonly Change[];
  /** Among locks (0), phases (from 1) and giving up of locks (last). */
  private step = 0;
  private taken = 0;
  /** I/Os of this step that have not ended well. */
  private left = 0;
  /** I/Os under way. */
  private pending = 0;
  private failure: { status: number; sense: number } | undefined;
  /** A write that decides got lost on the way: it may have been carried out. */
  private uncertain = false;
  /** Host its I/Os go through: its own, until another takes over. */
  private via: number;
  /** Since when that host gets none of them done, ns; Infinity while it does. */
  private failingSince = Number.POSITIVE_INFINITY;

  constructor(
    private readonly sim: Sim,
    private readonly bytes: VolumeBytes,
    private readonly owner: BatchOwner,
    readonly plan: BatchPlan,
  ) {
    this.via = plan.host;
    this.changes = plan.changes;
    for (const { device, lba, bytes: written } of plan.phases.flat()) {
      for (let index = 0; index < written.length / BLOCK_BYTES; index++) {
        this.sectors.add(device * DEVICE_SECTORS + lba + index);
      }
    }
  }

  get hasLocks(): boolean {
    return this.step > 0;
  }

  /** Nothing of it is under way any more after its host died. */
  get atRest(): boolean {
    return this.pending === 0;
  }

  /** By what is known of its own I/Os, or else by what is on the medium, it has taken effect. */
  get isDecided(): boolean {
    const { phases, decides } = this.plan;
    if (this.step > decides) return true;
    return (
      this.step > 0 &&
      this.step === decides &&
      phases[decides - 1].every((write) => this.bytes.isThere(write))
    );
  }

  overlaps({ sectors }: Batch): boolean {
    const [few, many] =
      this.sectors.size < sectors.size ? [this.sectors, sectors] : [sectors, this.sectors];
    for (const sector of few) if (many.has(sector)) return true;
    return false;
  }

  begin(): void {
    this.begun = true;
    this.nextLock();
  }

  /** What it had to wait for has ended. */
  goOn(): void {
    if (this.step === 1 && this.pending === 0 && this.left === 0 && !this.isStopped) this.runStep();
  }

  stop(): void {
    this.isStopped = true;
    this.life++;
  }

  /** Another host finishes it. */
  resume(via: number): void {
    this.via = via;
    this.isStopped = false;
    if (!this.begun) this.begin();
    else if (this.step === 0) this.nextLock();
    else if (this.step > 1 || this.owner.mayWrite(this)) this.runStep();
  }

  /** It has never been. */
  undo(status: number, sense: number): void {
    this.bytes.media.drop(this.plan.phases);
    this.tell(status, sense);
  }

  /** What its journal held is in its place. */
  settle(): void {
    for (const write of this.plan.phases.flat()) this.bytes.media.written(write);
    this.tell(0, 0);
  }

  metadataDone(token: number, status: number, sense: number): void {
    this.pending--;
    const { phases } = this.plan;
    const isLock = this.step === 0 || this.step > phases.length;
    if (status === 0 && !isLock) this.bytes.media.written(phases[this.step - 1][token]);
    if (this.isStopped) return;
    if (status === 0) this.failingSince = Number.POSITIVE_INFINITY;
    if (this.step === 0) this.lockDone(token, status, sense);
    else if (status === 0) this.oneDone();
    else this.failed(token, status, sense, isLock);
  }

  private oneDone(): void {
    if (--this.left === 0) this.stepDone();
  }

  private lockDone(token: number, status: number, sense: number): void {
    const { locks, host } = this.plan;
    if (status === 0 && token !== LOOK) {
      this.taken++;
      this.nextLock();
    } else if (sense === SENSE_MISCOMPARE) {
      this.pending++;
      this.io.read(locks[this.taken], 1, 'lockIos', this, LOOK);
    } else if (status === 0) {
      const holder = holderOf(this.bytes, locks[this.taken]);
      // Its own: the answer got lost. No other batch of this host is under way.
      if (holder === host) this.taken++;
      else if (holder >= 0) this.owner.contend(this, holder);
      this.later(LOCKED_NS, () => this.nextLock());
    } else if (this.isRefusal(status) && this.owner.mayUndo(this)) {
      this.failure = { status, sense };
      this.giveUp();
    } else {
      this.takeOver();
      this.later(RETRY_NS, () => this.nextLock());
    }
  }

  private nextLock(): void {
    const { locks, host } = this.plan;
    // A file that was opened since this was computed stays locked; the change has been decided before.
    while (this.taken < locks.length && this.owner.isOpen(locks[this.taken])) this.taken++;
    if (this.taken < locks.length) {
      const lba = locks[this.taken];
      this.pending++;
      const swap = takeLock(this.bytes, lba, host, this.sim.now);
      this.io.testAndSet(lba, 'lockIos', this, this.taken, swap);
      return;
    }
    this.step = 1;
    if (this.plan.decides === 0) this.tell(0, 0);
    if (this.owner.mayWrite(this)) this.runStep();
  }

  private failed(token: number, status: number, sense: number, isLock: boolean): void {
    if (isLock && sense === SENSE_MISCOMPARE) {
      this.oneDone();
      return;
    }
    const { decides } = this.plan;
    const undone = this.step <= decides && !this.uncertain && this.owner.mayUndo(this);
    if (!isLock && undone && this.isRefusal(status)) {
      this.failure = { status, sense };
      this.oneDone();
      return;
    }
    if (this.step === decides) this.uncertain = true;
    this.takeOver();
    this.later(RETRY_NS, () => this.issue(token));
  }

  private takeOver(): void {
    const { now } = this.sim;
    this.failingSince = Math.min(this.failingSince, now);
    if (now - this.failingSince < HEARTBEAT_TIMEOUT_NS) return;
    this.via = this.aliveAfter(this.via);
    this.failingSince = Number.POSITIVE_INFINITY;
  }

  /** The next host that is alive; the same when no other is. */
  private aliveAfter(host: number): number {
    const { hosts } = this.owner;
    for (let step = 1; step < hosts.length; step++) {
      const next = (host + step) % hosts.length;
      if (!hosts[next].isDead) return next;
    }
    return host;
  }

  /** The device says no; what a host that died on the way says is no answer of it. */
  private isRefusal(status: number): boolean {
    return refused(status) && !this.owner.hosts[this.via].isDead;
  }

  private runStep(): void {
    const { phases } = this.plan;
    const isRelease = this.step > phases.length;
    this.left = isRelease ? this.taken : phases[this.step - 1].length;
    if (this.left === 0) {
      this.stepDone();
      return;
    }
    const { left } = this;
    for (let token = 0; token < left; token++) this.issue(token);
  }

  private stepDone(): void {
    const { phases, decides } = this.plan;
    if (this.failure !== undefined && this.step <= phases.length) {
      this.giveUp();
      return;
    }
    if (this.step === decides) this.tell(0, 0);
    if (this.step++ > phases.length) this.owner.ended(this);
    else this.runStep();
  }

  /** The device has refused a part of it: only its locks are left. */
  private giveUp(): void {
    const { status, sense } = this.failure as { status: number; sense: number };
    this.undo(status, sense);
    this.step = this.plan.phases.length + 1;
    this.runStep();
  }

  /** Clients may ask for further changes at once; they wait until the batch has ended. */
  private tell(status: number, sense: number): void {
    const { changes } = this;
    this.changes = [];
    for (const { client, token } of changes) client?.committed(token, status, sense);
  }

  private get io(): MetadataIo {
    const { hosts } = this.owner;
    if (hosts[this.via].isDead) this.via = this.aliveAfter(this.via);
    return hosts[this.via];
  }

  private issue(token: number): void {
    const { phases, locks } = this.plan;
    this.pending++;
    if (this.step > phases.length) {
      const swap = giveLock(this.bytes, locks[token], this.plan.host);
      this.io.testAndSet(locks[token], 'lockIos', this, token, swap);
      return;
    }
    const write = phases[this.step - 1][token];
    const { bytes } = write;
    const lba = this.bytes.volumeLba(write);
    const purpose = this.bytes.purposeAt(lba);
    this.io.write(lba, bytes.length / BLOCK_BYTES, purpose, this, token, bytes);
  }

  private later(ns: number, run: () => void): void {
    const { life } = this;
    this.sim.timers.delay(ns, () => {
      if (life === this.life) run();
    });
  }
}
