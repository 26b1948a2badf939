import type { Sim } from '../../../../core/sim.js';
import { HEARTBEAT_TIMEOUT_NS } from '../heartbeat.js';
import type { Swap } from '../metadata-io.js';
import { Commits, type HostsState } from './commits.js';
import { beat, giveLock, holderOf, lookAt, takeLock } from './host-blocks.js';
import type { VolumeBytes } from './volume-bytes.js';

/** The locks and heartbeats of the hosts of a volume whose bytes are kept, beside what they change. */
export class RecordedHosts implements HostsState {
  readonly commits: Commits;
  /** Files that are open, by where their locks are; with the host. */
  private readonly locks = new Map<number, number>();
  /** When each host last sent a heartbeat, ns. */
  private readonly beatAt: number[] = [];

  /** @param journalFreed told of a file block that only a dead host's journal was in */
  constructor(
    private readonly sim: Sim,
    private readonly bytes: VolumeBytes,
    readonly journalFreed: (block: number) => void,
  ) {
    this.commits = new Commits(sim, bytes, this);
  }

  /** Where the locks of open files are, in blocks of the volume. */
  get open(): Iterable<number> {
    return this.locks.keys();
  }

  isOpen(lock: number): boolean {
    return this.locks.has(lock);
  }

  /** What a host sends to take or give up the lock of a file, or to look whether it can be reached. */
  lockBytes(descriptor: number, slot: number, isOpen: boolean): Swap {
    const { bytes, commits } = this;
    if (isOpen) this.locks.set(descriptor, slot);
    else this.locks.delete(descriptor);
    const isOwn = holderOf(bytes, descriptor) === slot && !commits.wantsLock(descriptor);
    if (isOpen && !isOwn) return takeLock(bytes, descriptor, slot, this.sim.now);
    return isOpen ? lookAt(bytes, descriptor) : giveLock(bytes, descriptor, slot);
  }

  /** What it sends every three seconds. @param lba of its slot, in blocks of the volume */
  heartbeatBytes(slot: number, lba: number): Swap {
    const { bytes, commits } = this;
    // Others have taken it for dead while it had no access.
    if (commits.isDead(slot)) commits.reboot(slot);
    this.beatAt[slot] = this.sim.now;
    const isGone = bytes.gone.has(slot) || commits.isRecovered(slot);
    return isGone ? lookAt(bytes, lba) : beat(bytes, slot, this.sim.now);
  }

  breakableAt(slot: number): number {
    return (this.beatAt[slot] ?? 0) + HEARTBEAT_TIMEOUT_NS;
  }

  recovered(slot: number): void {
    for (const [descriptor, host] of this.locks) if (host === slot) this.locks.delete(descriptor);
  }
}
