import { type Io, NO_IO, TEST_UNIT_READY } from '../../../core/io.js';
import { Layer } from '../../../core/layer.js';
import type { Sim } from '../../../core/sim.js';
import { formatDuration } from '../../../core/units.js';
import { NFS_BADSESSION, NFS_OK } from '../../../devices/nfs-errors.js';
import type { MountState } from '../mount-state.js';
import type { NfsLinks } from './links.js';
import type { NfsLocks } from './locks.js';
import type { SessionState } from './session-state.js';

const SECOND = 1_000_000_000;

/** NFS.* settings in ns; defaults of stack-upper reference, section 9. */
export const NFS_HEARTBEAT_DEFAULTS = {
  frequencyNs: 12 * SECOND,
  timeoutNs: 5 * SECOND,
  deltaNs: 5 * SECOND,
  maxFailures: 10,
  apdStartCount: 3,
  /** Misc.APDTimeout. */
  apdTimeoutNs: 140 * SECOND,
};

export type NfsHeartbeatSettings = typeof NFS_HEARTBEAT_DEFAULTS;

/** State of an NFS device as the `state` gauge of a `device` shows it. */
export const NFS_ON = 0;
export const NFS_APD_START = 1;
export const NFS_APD_TIMEOUT = 2;

/**
 * Asks an NFS server now and then whether it is there (a GETATTR), unless it has answered anything
 * lately. Several failures in a row start all-paths-down handling, more mark the volume down.
 */
export class NfsHeartbeat extends Layer {
  state = NFS_ON;
  private answeredAt = Number.NEGATIVE_INFINITY;
  private failures = 0;
  private isDown = false;
  /** A question is with the server; */
  private outstanding = false;
  /** and its answer is not late yet. */
  private waiting = false;
  private stop: (() => void) | undefined;
  private stopTimeout: (() => void) | undefined;
  private stopApd: (() => void) | undefined;
  /** Of NFS 4.1: any answer renews the lease. */
  private locks: NfsLocks | undefined;
  private session: SessionState | undefined;
  private onAnswer: (() => void) | undefined;
  private readonly error: Uint8Array;
  private readonly life: Int32Array;
  private readonly link: Uint8Array;

  constructor(
    sim: Sim,
    private readonly volume: string,
    private readonly settings: NfsHeartbeatSettings,
    private readonly lower: Layer,
    private readonly mount: MountState,
    private readonly links: NfsLinks,
  ) {
    super(sim, `${mount.host} heartbeat of ${volume}`);
    this.error = sim.requests.column('nfs.error', Uint8Array);
    this.life = sim.requests.column('nfs.life', Int32Array);
    this.link = sim.requests.column('nfs.link', Uint8Array);
    this.start();
  }

  start(): void {
    this.stop ??= this.sim.timers.every(this.settings.frequencyNs, () => this.beat());
  }

  /** The host is dead, or has let the volume go: nobody asks any more, and nothing is wrong. */
  end(): void {
    this.stop?.();
    this.stop = undefined;
    this.stopWaiting();
    this.stopApd?.();
    this.state = NFS_ON;
    this.failures = 0;
    this.isDown = false;
  }

  /** NFS 4.1: every answer renews the lease, and every question tells whether the session lives. */
  renews(locks: NfsLocks, session: SessionState, onAnswer: () => void): void {
    this.locks = locks;
    this.session = session;
    this.onAnswer = onAnswer;
  }

  /** The server has answered a command. */
  noteAnswer(): void {
    this.answeredAt = this.sim.now;
    this.mount.set('beatAt', this.sim.now);
    this.locks?.renewed();
    this.onAnswer?.();
    if (this.waiting) this.stopWaiting();
    if (this.failures > 0) this.recover();
  }

  override submit(): void {
    const { requests, now } = this.sim;
    const io = requests.takeOwn(TEST_UNIT_READY, 0, 0, now);
    // No row is free: the host is too busy to ask, which says nothing about the server.
    if (io === NO_IO) {
      this.stopWaiting();
      return;
    }
    this.error[io] = NFS_OK;
    this.life[io] = this.session?.life ?? 0;
    this.link[io] = this.links.next();
    this.outstanding = true;
    this.enter(io);
    this.lower.submit(io);
  }

  override complete(io: Io): void {
    const { requests } = this.sim;
    const good = requests.status[io] === 0;
    const isUnknown = this.error[io] === NFS_BADSESSION && this.life[io] === this.session?.life;
    if (!good) this.links.lose(this.link[io]);
    requests.give(io);
    this.outstanding = false;
    if (this.stop === undefined) return;
    if (isUnknown) this.session?.lose();
    if (good) this.mount.add('beats', 1);
    if (good) this.noteAnswer();
    else if (this.waiting) this.fail('no connection');
  }

  private beat(): void {
    if (this.sim.now - this.answeredAt < this.settings.deltaNs) return;
    this.waiting = true;
    this.stopTimeout = this.sim.timers.delay(this.settings.timeoutNs, () => this.fail('no answer'));
    // A server that does not answer at all still has the last question.
    if (!this.outstanding) this.submit();
  }

  private fail(why: string): void {
    const { apdStartCount, apdTimeoutNs, maxFailures } = this.settings;
    this.stopWaiting();
    this.mount.add('misses', 1);
    this.failures++;
    const reason = `${this.failures} heartbeats failed: ${why}`;
    if (this.failures === apdStartCount) {
      this.state = NFS_APD_START;
      this.note('apd.start', 'lost connection to the server', reason);
      this.stopApd = this.sim.timers.delay(apdTimeoutNs, () => {
        this.state = NFS_APD_TIMEOUT;
        const span = formatDuration(apdTimeoutNs);
        this.note('apd.timeout', 'fast fail of system I/O', `no connection for ${span}`);
      });
    }
    if (this.failures === maxFailures) {
      this.isDown = true;
      this.note('nfs.server.down', 'the volume is marked down', reason);
    }
  }

  private stopWaiting(): void {
    this.waiting = false;
    this.stopTimeout?.();
  }

  private recover(): void {
    this.failures = 0;
    this.stopApd?.();
    if (this.state !== NFS_ON) this.note('apd.exit', 'connection restored', 'the server answers');
    this.state = NFS_ON;
    if (this.isDown) this.note('nfs.server.restored', 'the volume is up', 'the server answers');
    this.isDown = false;
  }

  private note(kind: string, what: string, why: string): void {
    this.sim.log.note(kind, this.volume, `${this.mount.host}: ${what}`, why);
  }
}
