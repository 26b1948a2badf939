import type { Sim } from '../../../core/sim.js';
import { formatDuration } from '../../../core/units.js';
import type { LockAnswer } from '../mount.js';
import type { MountState } from '../mount-state.js';
import type { NfsCalls } from './calls.js';
import type { NfsFile } from './volume.js';

const SECOND = 1_000_000_000;

/** NFS.* settings of lock files; defaults of stack-upper reference, section 9. */
export const NFS_LOCK_DEFAULTS = {
  updateNs: 10 * SECOND,
  maxFailures: 3,
  timeoutNs: 5 * SECOND,
};

export type NfsLockSettings = typeof NFS_LOCK_DEFAULTS;

/** Time between two looks at a lock that is held (model). */
const LOOK_NS = 5 * SECOND;
/** An owner seen alive so often keeps its lock (model). */
const LIVE_LOOKS = 3;
/** A call whose connection was lost is made again after 1 s (model). */
const AGAIN_NS = SECOND;

/** How locks of one version of NFS are kept alive, and when those of a dead host may be taken. */
export interface LockKeeping {
  /** Calls that take a lock: a lock file is created, then written; an OPEN is one. */
  readonly takeCalls: number;
  /** Instant from which a lock of `owner`, watched since `sinceNs`, may be broken. */
  brokenAt(owner: NfsLocks, sinceNs: number): number;
  /** What the log says of how it was broken. */
  readonly how: string;
}

/** The locks a host has on an NFS volume, whichever way they are kept. */
export class NfsLocks {
  readonly held = new Set<NfsFile>();
  isDead = false;
  /** It has died at some time: what it had open then may be open no more. */
  hasDied = false;
  /** Renewals so far, and the last: how others see that the host is alive. */
  renewals = 0;
  renewedAt = 0;

  constructor(
    private readonly sim: Sim,
    private readonly calls: NfsCalls,
    readonly state: MountState,
    private readonly keeping: LockKeeping,
  ) {}

  get host(): string {
    return this.state.host;
  }

  /** A lock nobody holds; its calls are made as soon as the simulation runs, I/O does not wait. */
  take(file: NfsFile): void {
    file.holder = this;
    this.held.add(file);
    this.show();
    this.repeat(this.keeping.takeCalls);
    this.state.add('taken', 1);
  }

  /** The same for a file that was open before the simulation began to run. */
  found(file: NfsFile): void {
    file.holder = this;
    this.held.add(file);
    this.show();
  }

  release(file: NfsFile): void {
    this.forget(file);
    this.repeat(1);
  }

  forget(file: NfsFile): void {
    file.holder = undefined;
    this.held.delete(file);
    this.show();
  }

  renewed(): void {
    if (this.isDead) return;
    this.renewals++;
    this.renewedAt = this.sim.now;
  }

  /** Takes a lock that another host may hold. */
  wait(file: NfsFile, answer: LockAnswer): void {
    const { state } = this;
    state.add('waiting', 1);
    const since = this.sim.now;
    let seen = -1;
    let quietSince = since;
    let looks = 0;
    const end = (problem: string | undefined): void => {
      state.add('waiting', -1);
      answer(problem);
    };
    const look = (): void => {
      if (this.isDead) return;
      this.calls.call((ok) => {
        if (this.isDead) return;
        if (ok) judge();
        else this.sim.timers.delay(AGAIN_NS, look);
      });
    };
    const judge = (): void => {
      const owner = file.holder;
      const { now, timers, log } = this.sim;
      if (owner === undefined || owner === this) {
        if (owner === undefined) this.take(file);
        end(undefined);
        return;
      }
      if (seen < 0) {
        log.note('nfs.lock.wait', file.path, `held by ${owner.host}`, `opened by ${this.host}`);
      } else if (owner.renewals !== seen) {
        quietSince = now;
        if (++looks === LIVE_LOOKS) {
          end(`locked by ${owner.host}, which keeps its lock alive`);
          return;
        }
      }
      seen = owner.renewals;
      const breakAt = this.keeping.brokenAt(owner, quietSince);
      if (now < breakAt) {
        timers.delay(Math.min(LOOK_NS, breakAt - now), look);
        return;
      }
      owner.forget(file);
      state.add('broken', 1);
      const span = formatDuration(now - since);
      const why = `${this.keeping.how}; ${this.host} has waited ${span}`;
      log.note('nfs.lock.broken', file.path, `lock of ${owner.host} broken`, why);
      this.take(file);
      end(undefined);
    };
    look();
  }

  private show(): void {
    this.state.set('locks', this.held.size);
  }

  private repeat(times: number): void {
    if (times === 0 || this.isDead) return;
    this.calls.call((ok) => {
      if (ok) this.repeat(times - 1);
      else this.sim.timers.delay(AGAIN_NS, () => this.repeat(times));
    });
  }
}
