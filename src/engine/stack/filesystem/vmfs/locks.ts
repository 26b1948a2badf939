import type { Sim } from '../../../core/sim.js';
import { deviceOf, RESERVATION_CONFLICT, SENSE_MISCOMPARE } from '../../../core/status.js';
import type { MountState } from '../mount-state.js';
import type { VmfsFile } from './file.js';
import type { Heartbeat } from './heartbeat.js';
import type { MetadataClient, MetadataIo } from './metadata-io.js';
import { RETRY_NS, refused } from './retry.js';
import type { VmfsVolume } from './volume.js';

/** First pause before a lock is looked at again whose file is on its way to the disk; it doubles (model). */
const MOVING_NS = 1_000_000;

/**
 * The on-disk locks of the files a host has open: each is taken and given up by setting the lock
 * block of the file's descriptor. I/O does not wait for it.
 */
export class FileLocks implements MetadataClient {
  /** Files this host has the lock of, as their lock blocks say. */
  readonly held = new Set<VmfsFile>();
  /** The host is dead: whoever finds its locks has to wait for its lease. */
  isDead = false;
  /** It has died at some time: what it had open then may be open no more. */
  hasDied = false;

  constructor(
    private readonly sim: Sim,
    private readonly metadata: MetadataIo,
    readonly volume: VmfsVolume,
    readonly slot: number,
    readonly heartbeat: Heartbeat,
    readonly state: MountState,
  ) {}

  get host(): string {
    return this.state.host;
  }

  /** The host dies: its locks and its heartbeat's slot stay as they are. */
  die(): void {
    this.isDead = true;
    this.hasDied = true;
    this.heartbeat.crash();
  }

  /** Takes a lock nobody holds, on the disk as soon as the simulation runs. */
  take(file: VmfsFile): void {
    file.holder = this;
    this.held.add(file);
    this.change(file);
  }

  release(file: VmfsFile): void {
    this.forget(file);
    this.change(file);
  }

  /** The lock is no longer this host's, without an I/O of its own. */
  forget(file: VmfsFile): void {
    file.holder = undefined;
    this.held.delete(file);
    this.state.set('locks', this.held.size);
  }

  metadataDone(descriptor: number, status: number, sense: number): void {
    const { state } = this;
    if (status === 0) {
      state.add('taken', 1);
      return;
    }
    if (sense === SENSE_MISCOMPARE) state.add('miscompares', 1);
    if (deviceOf(status) === RESERVATION_CONFLICT) state.add('conflicts', 1);
    if (refused(status) && sense !== SENSE_MISCOMPARE) return;
    state.add('retries', 1);
    this.sim.timers.delay(RETRY_NS, () => this.set(descriptor));
  }

  private change(file: VmfsFile): void {
    this.state.set('locks', this.held.size);
    this.sim.timers.delay(0, () => this.set(file.descriptor));
  }

  private set(descriptor: number, pauseNs = MOVING_NS): void {
    if (this.isDead) return;
    const { volume } = this;
    if (volume.isMoving(descriptor)) {
      const nextNs = Math.min(RETRY_NS, 2 * pauseNs);
      this.sim.timers.delay(pauseNs, () => this.set(descriptor, nextNs));
      return;
    }
    const bytes = volume.lockBytes(descriptor, this.slot);
    this.metadata.testAndSet(volume.lockAddress(descriptor), 'lockIos', this, descriptor, bytes);
  }
}
