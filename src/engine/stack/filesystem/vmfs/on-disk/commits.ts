import { InputError } from '../../../../core/errors.js';
import { BLOCK_BYTES } from '../../../../core/io.js';
import type { Sim } from '../../../../core/sim.js';
import { PLUGIN_NOSPACE, PLUGIN_TRANSIENT, pluginStatus } from '../../../../core/status.js';
import { isCommitRecord } from '../../../../formats/vmfs/journal.js';
import type { MetadataIo } from '../metadata-io.js';
import { RETRY_NS } from '../retry.js';
import { Batch, type BatchOwner, type Change, type CommitClient } from './batch.js';
import { HostRecovery } from './host-recovery.js';
import type { VolumeBytes } from './volume-bytes.js';

export type { CommitClient } from './batch.js';

/** Changes that one transaction takes together: far below what a journal holds. */
const TOGETHER = 64;

/** What the volume knows of its hosts beyond their batches. */
export interface HostsState {
  /** True where the lock of a file is held for as long as the file is open. */
  isOpen(lock: number): boolean;
  /** From when on the locks of a dead host may be broken, ns. */
  breakableAt(host: number): number;
  /** A file block that only a dead host's journal was in. */
  journalFreed(block: number): void;
  /** All locks of a dead host are free. */
  recovered(host: number): void;
}

/**
 * Takes changes of a volume to its media as hosts do, each by itself: a host has one batch under way at
 * a time, and what it wants meanwhile goes together. Batches of several hosts run beside each other;
 * one that writes what an earlier one writes as well waits for it by way of their locks. What the changes
 * are, the volume library says.
 *
 * What a host had begun when it died stays on the media as it is, locks and journal. Whoever meets its
 * locks recovers it once its heartbeat has stood still long enough (host-recovery.ts).
 */
export class Commits implements BatchOwner {
  readonly hosts: MetadataIo[] = [];
  private waiting: Change[] = [];
  /** Batches that have not ended, in the order in which they were computed. */
  private order: Batch[] = [];
  private readonly dead = new Set<number>();
  private readonly recoveries = new Map<number, HostRecovery>();

  constructor(
    private readonly sim: Sim,
    private readonly bytes: VolumeBytes,
    private readonly state: HostsState,
  ) {}

  /** The next host's way to the volume. */
  addHost(metadata: MetadataIo): void {
    this.hosts.push(metadata);
  }

  /** True when everything asked for is on disk. */
  get idle(): boolean {
    return this.waiting.length === 0 && this.order.length === 0 && this.recoveries.size === 0;
  }

  /** Others take the host for dead, or have. */
  isDead(host: number): boolean {
    return this.dead.has(host);
  }

  /** Its slot is being cleared. */
  isRecovered(host: number): boolean {
    return this.recoveries.has(host);
  }

  /** True while a batch has the lock, or wants it. */
  wantsLock(lock: number): boolean {
    return this.order.some(({ begun, plan }) => begun && plan.locks.includes(lock));
  }

  /** True while something is to be written to some of these blocks of the volume. */
  isWriting(lba: number, blocks: number): boolean {
    return this.order.some(({ plan }) =>
      plan.phases.some((phase) => phase.some((write) => this.bytes.meets(write, lba, blocks))),
    );
  }

  /** @param run makes the change in terms of the library, within a transaction */
  add(host: number, run: () => void, client: CommitClient | undefined, token: number): void {
    if (this.dead.has(host)) {
      this.sim.timers.delay(0, () => client?.committed(token, pluginStatus(PLUGIN_TRANSIENT), 0));
      return;
    }
    this.waiting.push({ host, run, client, token });
    this.start();
  }

  /**
   * Makes a change of several transactions at once, as seen by everything that is changed later; the
   * media follow. @throws what it throws
   * @param host by which; any that is alive unless given
   */
  now(run: () => void, client: CommitClient, host = this.anyHost()): void {
    while (this.waiting.length > 0) this.compute(this.waiting[0].host);
    this.order.push(this.batchOf([{ host, run, client, token: 0 }], run, true));
    this.start();
  }

  /** The host is dead: nothing of it is begun any more. */
  crash(host: number): void {
    this.dead.add(host);
    const lost = this.waiting.filter((change) => change.host === host);
    this.waiting = this.waiting.filter((change) => change.host !== host);
    for (const { client, token } of lost)
      client?.committed(token, pluginStatus(PLUGIN_TRANSIENT), 0);
    for (const batch of this.batchesOf(host)) batch.stop();
    this.watch(host);
  }

  /** Hosts that wait for what a dead one has changed look again every second, as at its locks. */
  private watch(host: number): void {
    const left = this.batchesOf(host);
    if (left.length === 0 || !this.dead.has(host)) return;
    const waits = this.order.find(
      (batch) => !this.dead.has(batch.plan.host) && left.some((other) => other.overlaps(batch)),
    );
    if (waits !== undefined) this.contend(waits, host);
    this.sim.timers.delay(RETRY_NS, () => this.watch(host));
  }

  /** The host is back: it replays its own journal, and takes a new one. */
  reboot(host: number): void {
    this.dead.delete(host);
    const rejoin = (): void => {
      // It may have died again meanwhile, or come back twice.
      if (this.dead.has(host) || !this.bytes.gone.has(host)) return;
      this.now(() => this.bytes.rejoin(host), { committed: () => undefined }, host);
    };
    if (this.bytes.gone.has(host)) rejoin();
    else this.recover(host, host, rejoin);
  }

  /** Brings what a dead host left behind to its end, by way of another. @param done afterwards */
  recover(host: number, via: number, done: () => void): void {
    if (this.bytes.gone.has(host)) {
      this.sim.timers.delay(0, done);
      return;
    }
    if (!this.dead.has(host) && via !== host) this.crash(host);
    const known = this.recoveries.get(host);
    if (known !== undefined) {
      known.whenDone(done);
      return;
    }
    const recovery = new HostRecovery(this.sim, this.bytes, this, host, via);
    this.recoveries.set(host, recovery);
    recovery.whenDone(() => {
      this.recoveries.delete(host);
      this.state.recovered(host);
    });
    recovery.whenDone(done);
    recovery.begin();
  }

  journalFreed(block: number): void {
    this.state.journalFreed(block);
  }

  batchesOf(host: number): readonly Batch[] {
    return this.order.filter(({ plan }) => plan.host === host);
  }

  isOpen(lock: number): boolean {
    return this.state.isOpen(lock);
  }

  mayWrite(batch: Batch): boolean {
    return this.before(batch).every((other) => !other.overlaps(batch));
  }

  mayUndo(batch: Batch): boolean {
    const behind = this.order.slice(this.order.indexOf(batch) + 1);
    return !batch.plan.firm && behind.every((other) => !other.overlaps(batch));
  }

  contend(batch: Batch, holder: number): void {
    if (!this.dead.has(holder) || this.sim.now < this.state.breakableAt(holder)) return;
    this.recover(holder, batch.plan.host, () => undefined);
  }

  ended(batch: Batch): void {
    this.order.splice(this.order.indexOf(batch), 1);
    this.start();
    for (const other of [...this.order]) if (other.hasLocks && this.mayWrite(other)) other.goOn();
  }

  private before(batch: Batch): readonly Batch[] {
    return this.order.slice(0, this.order.indexOf(batch));
  }

  private anyHost(): number {
    const alive = this.hosts.findIndex((_, host) => !this.dead.has(host));
    return Math.max(0, alive);
  }

  private start(): void {
    for (let host = 0; host < this.hosts.length; host++) {
      const asks = !this.isReplaying(host) && this.waiting.some((change) => change.host === host);
      if (asks && this.batchesOf(host).length === 0) this.compute(host);
    }
    const busy = new Set<number>();
    for (const batch of [...this.order]) {
      const { host } = batch.plan;
      const isFirst = !busy.has(host) && !this.dead.has(host) && !this.isReplaying(host);
      busy.add(host);
      if (!batch.begun && isFirst && this.mayLock(batch)) batch.begin();
    }
  }

  /** The host is back, and begins nothing before what it had begun has come to its end. */
  private isReplaying(host: number): boolean {
    return this.recoveries.get(host)?.hasReplayed === false;
  }

  /** What it has to wait for has its locks, on which it will wait then. */
  mayLock(batch: Batch): boolean {
    return this.before(batch).every((other) => other.hasLocks || !other.overlaps(batch));
  }

  /** Makes a batch of what waits of a host. */
  private compute(host: number): void {
    const own = this.waiting.filter((change) => change.host === host).slice(0, TOGETHER);
    this.waiting = this.waiting.filter((change) => !own.includes(change));
    try {
      this.order.push(this.transaction(own));
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      // Pointer blocks have run out for one of them: the others need not suffer.
      for (const change of own) this.computeAlone(change);
    }
  }

  private computeAlone(change: Change): void {
    try {
      this.order.push(this.transaction([change]));
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      const { client, token } = change;
      this.sim.timers.delay(0, () => client?.committed(token, pluginStatus(PLUGIN_NOSPACE), 0));
    }
  }

  private transaction(changes: readonly Change[]): Batch {
    const { core } = this.bytes;
    const run = (): void =>
      core.transaction(() => {
        for (const change of changes) change.run();
      });
    return this.batchOf(changes, run, false);
  }

  private batchOf(changes: readonly Change[], run: () => void, firm: boolean): Batch {
    const [{ host }] = changes;
    const { core, media, sessions } = this.bytes;
    const changedLocks = new Set<number>();
    const recovery = this.recoveries.get(host);
    // Its old journal is nobody's by then, and it has no other yet.
    core.store.journal = recovery?.hasGivenJournal ? undefined : sessions[host].journal;
    const passingLocks = new Set<number>();
    core.store.changedLocks = changedLocks;
    core.store.passingLocks = passingLocks;
    const phases = media.stage(run);
    core.store.changedLocks = undefined;
    core.store.passingLocks = undefined;
    let decides = phases.length;
    phases.forEach((phase, index) => {
      if (phase.some(({ bytes }) => isCommitRecord(bytes))) decides = index + 1;
    });
    const written = new Set(phases.flat().flatMap((write) => this.bytes.blocksOf(write)));
    // Nobody else knows an object that comes or goes; its lock may read as that of the one before it.
    const locks = [...changedLocks]
      .filter((at) => !passingLocks.has(at))
      .map((at) => at / BLOCK_BYTES)
      .filter((lock) => !written.has(lock) && !this.state.isOpen(lock))
      .sort((one, other) => one - other);
    const late = recovery?.hasReplayed === false;
    const plan = { host, changes, locks, phases, decides, firm, late };
    return new Batch(this.sim, this.bytes, this, plan);
  }
}
