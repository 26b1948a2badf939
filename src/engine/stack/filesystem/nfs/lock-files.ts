import type { Sim } from '../../../core/sim.js';
import { formatDuration } from '../../../core/units.js';
import type { NfsCalls } from './calls.js';
import type { LockKeeping, NfsLockSettings, NfsLocks } from './locks.js';

/**
 * NFS 3: a file `.lck-<file id>` beside each open file. The host writes all of its own anew every
 * NFS.DiskFileLockUpdateFreq; one that was not for some times may be taken by others.
 */
export class LockFiles {
  private outstanding = 0;
  private failures = 0;
  private stop: (() => void) | undefined;
  private stopTimeout: (() => void) | undefined;

  constructor(
    private readonly sim: Sim,
    private readonly calls: NfsCalls,
    private readonly locks: NfsLocks,
    private readonly settings: NfsLockSettings,
    private readonly volume: string,
  ) {}

  start(): void {
    this.stop ??= this.sim.timers.every(this.settings.updateNs, () => this.update());
  }

  end(): void {
    this.stop?.();
    this.stopTimeout?.();
    this.stop = undefined;
    this.failures = 0;
    this.locks.state.set('lost', 0);
  }

  /** Writes every lock file, once those of the last time are done. */
  private update(): void {
    const { size } = this.locks.held;
    if (size === 0) return;
    this.stopTimeout = this.sim.timers.delay(this.settings.timeoutNs, () => {
      if (this.outstanding > 0) this.fail();
    });
    if (this.outstanding > 0) return;
    this.outstanding = size;
    let good = true;
    for (let file = 0; file < size; file++) {
      this.calls.call((ok) => {
        good &&= ok;
        if (--this.outstanding === 0) this.written(good);
      });
    }
  }

  private written(good: boolean): void {
    if (this.stop === undefined) return;
    this.stopTimeout?.();
    if (!good) {
      this.fail();
      return;
    }
    const { state } = this.locks;
    this.locks.renewed();
    state.add('beats', 1);
    state.set('beatAt', this.sim.now);
    this.failures = 0;
    if (state.get('lost') === 0) return;
    state.set('lost', 0);
    this.note('nfs.lock.renewed', 'its lock files are up to date again', 'the server answers');
  }

  private fail(): void {
    const { state } = this.locks;
    state.add('misses', 1);
    this.failures++;
    if (this.failures !== this.settings.maxFailures) return;
    state.set('lost', 1);
    const span = formatDuration(this.settings.updateNs);
    const why = `${this.failures} updates in a row have failed, one every ${span}`;
    this.note('nfs.lock.stale', 'other hosts may take its locks', why);
  }

  private note(kind: string, what: string, why: string): void {
    this.sim.log.note(kind, this.volume, `${this.locks.host}: ${what}`, why);
  }
}

/** A lock file that stood still for the interval times the failures, and a time-out, is stale. */
export function lockFileKeeping({
  updateNs,
  maxFailures,
  timeoutNs,
}: NfsLockSettings): LockKeeping {
  const staleNs = updateNs * maxFailures + timeoutNs;
  return {
    takeCalls: 2,
    how: `its lock file was not written for ${formatDuration(staleNs)}`,
    brokenAt: (_owner, sinceNs) => sinceNs + staleNs,
  };
}
