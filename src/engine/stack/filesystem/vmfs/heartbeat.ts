import type { Sim } from '../../../core/sim.js';
import { formatStatus } from '../../../core/status.js';
import { formatDuration } from '../../../core/units.js';
import { datastoreSlot } from '../datastore.js';
import type { MountState } from '../mount-state.js';
import type { MetadataClient, MetadataIo } from './metadata-io.js';
import type { VmfsVolume } from './volume.js';

const HEARTBEATS_DONE = datastoreSlot('heartbeats');

/** Stack-upper reference, section 6.1. */
export const HEARTBEAT_NS = 3_000_000_000;
export const HEARTBEAT_TIMEOUT_NS = 16_000_000_000;
/** From then on a heartbeat's I/O is late (same section, from memory). */
const LATE_NS = 8_000_000_000;

/**
 * While a host has a file open on a volume it renews its heartbeat there. A host that cannot do so
 * for 16 s has lost the volume.
 */
export class Heartbeat implements MetadataClient {
  /** What the slot holds: changes with every renewal, which is how other hosts see it is alive. */
  stamp = 0;
  private stop: (() => void) | undefined;
  private stopWatch: (() => void) | undefined;
  private outstanding = false;
  private lost = false;
  private renewedAt = 0;
  private askedAt = 0;
  private trouble = 'no answer';

  constructor(
    private readonly sim: Sim,
    private readonly volume: VmfsVolume,
    private readonly slot: number,
    private readonly metadata: MetadataIo,
    private readonly state: MountState,
    /** VMFS3.UseATSForHBOnVMFS5. */
    private readonly byAts: boolean,
  ) {
    state.set('slot', slot);
  }

  /** Where the host's slot is in the volume. */
  get lba(): number {
    return this.volume.heartbeatAddress(this.slot);
  }

  start(): void {
    if (this.stop !== undefined) return;
    this.renewedAt = this.sim.now;
    this.state.set('beatAt', this.sim.now);
    this.stop = this.sim.timers.every(HEARTBEAT_NS, () => this.beat());
    this.watch();
  }

  end(): void {
    this.stop?.();
    this.stopWatch?.();
    this.stop = undefined;
    this.lost = false;
    this.state.set('lost', 0);
    this.state.set('beatAt', Number.NaN);
  }

  /** The host is dead: the slot stays as it is. */
  crash(): void {
    const at = this.state.get('beatAt');
    this.end();
    this.state.set('lost', 2);
    this.state.set('beatAt', at);
  }

  metadataDone(_token: number, status: number, sense: number): void {
    this.outstanding = false;
    if (this.stop === undefined) return;
    if (status !== 0) {
      this.trouble = formatStatus(status, sense);
      this.state.add('misses', 1);
      return;
    }
    const lateNs = this.sim.now - this.renewedAt;
    this.volume.values[HEARTBEATS_DONE]++;
    this.stamp++;
    this.renewedAt = this.sim.now;
    this.state.set('beatAt', this.sim.now);
    this.state.add('beats', 1);
    if (this.sim.now - this.askedAt >= LATE_NS) this.state.add('misses', 1);
    this.trouble = 'no answer';
    if (!this.lost) return;
    this.lost = false;
    this.state.set('lost', 0);
    const what = `${this.state.host} has access to the volume again`;
    const why = `heartbeat renewed after ${formatDuration(lateNs)}`;
    this.sim.log.note('vmfs.heartbeat.recovered', this.volume.name, what, why);
    this.watch();
  }

  /** One heartbeat is under way at a time. */
  private beat(): void {
    // Something may still open a file for a host that has died.
    if (this.outstanding || this.metadata.isDead) return;
    this.outstanding = true;
    this.askedAt = this.sim.now;
    const bytes = this.volume.heartbeatBytes(this.slot);
    if (this.byAts) this.metadata.testAndSet(this.lba, 'heartbeatIos', this, 0, bytes);
    else this.metadata.write(this.lba, 1, 'heartbeatIos', this, 0, bytes?.bytes);
  }

  /** Looks again when the newest renewal gets too old. */
  private watch(): void {
    this.stopWatch = this.sim.timers.at(this.renewedAt + HEARTBEAT_TIMEOUT_NS, () => {
      if (this.sim.now - this.renewedAt < HEARTBEAT_TIMEOUT_NS) {
        this.watch();
        return;
      }
      this.lost = true;
      this.state.set('lost', 1);
      const what = `${this.state.host} lost access to the volume`;
      const why = `heartbeat not renewed for ${formatDuration(HEARTBEAT_TIMEOUT_NS)}: ${this.trouble}`;
      this.sim.log.note('vmfs.heartbeat.timedout', this.volume.name, what, why);
    });
  }
}
