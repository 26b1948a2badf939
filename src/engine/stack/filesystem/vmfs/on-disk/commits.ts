import { InputError } from '../../../../core/errors.js';
import { BLOCK_BYTES } from '../../../../core/io.js';
import type { Sim } from '../../../../core/sim.js';
import { PLUGIN_NOSPACE, pluginStatus, SENSE_MISCOMPARE } from '../../../../core/status.js';
import { isCommitRecord } from '../../../../formats/vmfs/journal.js';
import { HEARTBEAT_TIMEOUT_NS } from '../heartbeat.js';
import type { MetadataClient, MetadataIo } from '../metadata-io.js';
import { RETRY_NS, refused } from '../retry.js';
import { lockBytes, NOBODY } from './host-blocks.js';
import type { StagedWrite } from './staged-media.js';
import type { VolumeBytes } from './volume-bytes.js';

/** Changes that one transaction takes together: far below what a journal holds. */
const TOGETHER = 64;

/** Who waits for a change of a volume; `token` is what it gave with it. */
export interface CommitClient {
  /** The change is on disk for good (status 0), or it will never be. */
  committed(token: number, status: number, sense: number): void;
}

interface Change {
  /** Number of the host whose journal it goes through. */
  readonly host: number;
  readonly run: () => void;
  /** Locks of resource clusters it needs, in blocks. */
  readonly locks: readonly number[];
  readonly client: CommitClient | undefined;
  readonly token: number;
}

/** Changes that go to disk together, in steps. */
interface Batch {
  readonly host: number;
  changes: readonly Change[];
  readonly locks: readonly number[];
  readonly phases: readonly (readonly StagedWrite[])[];
  /** The phase behind which a loss of power no longer undoes the changes. */
  readonly decides: number;
  /** The write that decides got lost on the way: it may have been carried out. */
  uncertain: boolean;
  /** Host its I/Os go through: its own, until another takes over. */
  via: number;
  /** Since when that host gets none of them done, ns; Infinity while it does. */
  failingSince: number;
}

/**
 * Takes changes of a volume to its media as a host does: locks of the resource clusters, journal, the
 * sectors in their places, journal cleared, locks given up, each an I/O through the stack that carries
 * its bytes. One batch at a time on a volume, whichever host it is from; changes of one host that wait
 * meanwhile go together. What the changes are, the volume library says.
 *
 * I/Os that get lost on the way are repeated, and after the time for which a host may be silent the next
 * host of the volume does it, as survivors replay the journal of one that has died. A device that refuses one ends the batch as if it had
 * never been, unless the journal already has it: then it is tried until the device takes it.
 */
export class Commits implements MetadataClient {
  private readonly hosts: MetadataIo[] = [];
  private waiting: Change[] = [];
  private readonly ready: Batch[] = [];
  private batch: Batch | undefined;
  /** Position among locks (0), phases (from 1) and giving up of locks (last). */
  private step = 0;
  private left = 0;
  private failure: { status: number; sense: number } | undefined;

  constructor(
    private readonly sim: Sim,
    private readonly bytes: VolumeBytes,
  ) {}

  /** The next host's way to the volume. */
  addHost(metadata: MetadataIo): void {
    this.hosts.push(metadata);
  }

  /** True when everything asked for is on disk. */
  get idle(): boolean {
    return this.batch === undefined && this.waiting.length === 0 && this.ready.length === 0;
  }

  /**
   * @param run makes the change in terms of the library, within a transaction
   * @param locks of the resource clusters it takes blocks of, in blocks
   */
  add(
    host: number,
    run: () => void,
    locks: readonly number[],
    client: CommitClient,
    token: number,
  ): void {
    this.waiting.push({ host, run, locks, client, token });
    this.start();
  }

  /**
   * Makes a change of several transactions at once, as seen by everything that is changed later; the
   * media follow. @throws what it throws
   */
  now(run: () => void, client: CommitClient): void {
    while (this.waiting.length > 0) this.compute();
    const change = { host: 0, run, locks: [], client, token: 0 };
    this.ready.push(this.batchOf([change], run));
    this.start();
  }

  metadataDone(token: number, status: number, sense: number): void {
    const batch = this.batch as Batch;
    const last = batch.phases.length + 1;
    const isLock = this.step === 0 || this.step === last;
    if (status !== 0) {
      if (isLock && sense === SENSE_MISCOMPARE) {
        this.issue(token);
        return;
      }
      const undone = this.step <= batch.decides && !batch.uncertain && this.ready.length === 0;
      if (!undone || !refused(status)) {
        if (this.step === batch.decides) batch.uncertain = true;
        this.takeOver(batch);
        this.sim.timers.delay(RETRY_NS, () => this.issue(token));
        return;
      }
      this.failure = { status, sense };
    } else {
      batch.failingSince = Number.POSITIVE_INFINITY;
      if (!isLock) this.bytes.media.written(batch.phases[this.step - 1][token]);
    }
    if (--this.left === 0) this.stepDone(batch);
  }

  private takeOver(batch: Batch): void {
    const { now } = this.sim;
    batch.failingSince = Math.min(batch.failingSince, now);
    if (now - batch.failingSince < HEARTBEAT_TIMEOUT_NS) return;
    batch.via = (batch.via + 1) % this.hosts.length;
    batch.failingSince = Number.POSITIVE_INFINITY;
  }

  private start(): void {
    if (this.batch !== undefined) return;
    if (this.ready.length === 0 && this.waiting.length > 0) this.compute();
    const batch = this.ready.shift();
    if (batch === undefined) return;
    this.batch = batch;
    this.failure = undefined;
    this.step = 0;
    this.runStep(batch);
  }

  private runStep(batch: Batch): void {
    const { phases, locks } = batch;
    const isLock = this.step === 0 || this.step === phases.length + 1;
    this.left = isLock ? locks.length : phases[this.step - 1].length;
    if (this.left === 0) {
      this.stepDone(batch);
      return;
    }
    const { left } = this;
    for (let token = 0; token < left; token++) this.issue(token);
  }

  private stepDone(batch: Batch): void {
    if (this.failure !== undefined) {
      this.bytes.media.drop(batch.phases);
      this.end(batch, this.failure.status, this.failure.sense);
      return;
    }
    if (this.step === batch.decides) this.tell(batch, 0, 0);
    if (this.step++ > batch.phases.length) this.end(batch, 0, 0);
    else this.runStep(batch);
  }

  /** Clients may ask for further changes at once; they wait until the batch has ended. */
  private tell(batch: Batch, status: number, sense: number): void {
    const { changes } = batch;
    batch.changes = [];
    for (const { client, token } of changes) client?.committed(token, status, sense);
  }

  private end(batch: Batch, status: number, sense: number): void {
    this.tell(batch, status, sense);
    this.batch = undefined;
    this.start();
  }

  private issue(token: number): void {
    const { host, via, phases, locks } = this.batch as Batch;
    const metadata = this.hosts[via];
    if (this.step === 0 || this.step > phases.length) {
      const holder = this.step === 0 ? host : NOBODY;
      metadata.testAndSet(locks[token], this, token, lockBytes(this.bytes, locks[token], holder));
      return;
    }
    const write = phases[this.step - 1][token];
    const { bytes } = write;
    metadata.write(this.bytes.volumeLba(write), bytes.length / BLOCK_BYTES, this, token, bytes);
  }

  /** Makes a batch of what waits first, and of what waits behind it of the same host. */
  private compute(): void {
    const [{ host }] = this.waiting;
    let count = 1;
    while (count < TOGETHER && this.waiting[count]?.host === host) count++;
    const changes = this.waiting.splice(0, count);
    try {
      this.ready.push(this.transaction(changes));
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      // Pointer blocks have run out for one of them: the others need not suffer.
      for (const change of changes) this.computeAlone(change);
    }
  }

  private computeAlone(change: Change): void {
    try {
      this.ready.push(this.transaction([change]));
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      const { client, token } = change;
      this.sim.timers.delay(0, () => client?.committed(token, pluginStatus(PLUGIN_NOSPACE), 0));
    }
  }

  private transaction(changes: readonly Change[]): Batch {
    const { core } = this.bytes;
    return this.batchOf(changes, () =>
      core.transaction(() => {
        for (const { run } of changes) run();
      }),
    );
  }

  private batchOf(changes: readonly Change[], run: () => void): Batch {
    const [{ host }] = changes;
    const { core, media, sessions } = this.bytes;
    core.store.journal = sessions[host].journal;
    const phases = media.stage(run);
    const locks = [...new Set(changes.flatMap((change) => change.locks))].sort((a, b) => a - b);
    let decides = phases.length;
    phases.forEach((phase, index) => {
      if (phase.some(({ bytes }) => isCommitRecord(bytes))) decides = index + 1;
    });
    const failingSince = Number.POSITIVE_INFINITY;
    return { host, via: host, uncertain: false, failingSince, changes, locks, phases, decides };
  }
}
