import type { Sim } from '../../../core/sim.js';
import { formatStatus } from '../../../core/status.js';
import { formatDuration } from '../../../core/units.js';
import { datastoreSlot } from '../datastore.js';
import type { MetadataClient, MetadataIo } from './metadata-io.js';
import type { VmfsVolume } from './volume.js';

const HEARTBEATS_DONE = datastoreSlot('heartbeats');

/** Stack-upper reference, section 6.1. */
export const HEARTBEAT_NS = 3_000_000_000;
export const HEARTBEAT_TIMEOUT_NS = 16_000_000_000;

/**
 * While a host has a file open on a volume it renews its heartbeat there. A host that cannot do so
 * for 16 s has lost the volume.
 */
export class Heartbeat implements MetadataClient {
  private readonly lba: number;
  private stop: (() => void) | undefined;
  private stopWatch: (() => void) | undefined;
  private outstanding = false;
  private lost = false;
  private renewedAt = 0;
  private trouble = 'no answer';

  constructor(
    private readonly sim: Sim,
    private readonly host: string,
    private readonly volume: VmfsVolume,
    private readonly slot: number,
    private readonly metadata: MetadataIo,
  ) {
    this.lba = volume.heartbeatAddress(slot);
  }

  start(): void {
    if (this.stop !== undefined) return;
    this.renewedAt = this.sim.now;
    this.stop = this.sim.timers.every(HEARTBEAT_NS, () => this.beat());
    this.watch();
  }

  end(): void {
    this.stop?.();
    this.stopWatch?.();
    this.stop = undefined;
    this.lost = false;
  }

  metadataDone(_token: number, status: number, sense: number): void {
    this.outstanding = false;
    if (status !== 0) {
      this.trouble = formatStatus(status, sense);
      return;
    }
    const lateNs = this.sim.now - this.renewedAt;
    this.volume.values[HEARTBEATS_DONE]++;
    this.renewedAt = this.sim.now;
    this.trouble = 'no answer';
    if (!this.lost) return;
    this.lost = false;
    const what = `${this.host} has access to the volume again`;
    const why = `heartbeat renewed after ${formatDuration(lateNs)}`;
    this.sim.log.note('vmfs.heartbeat.recovered', this.volume.name, what, why);
    this.watch();
  }

  /** One heartbeat is under way at a time. */
  private beat(): void {
    if (this.outstanding) return;
    this.outstanding = true;
    this.metadata.testAndSet(this.lba, this, 0, this.volume.heartbeatBytes(this.slot));
  }

  /** Looks again when the newest renewal gets too old. */
  private watch(): void {
    this.stopWatch = this.sim.timers.at(this.renewedAt + HEARTBEAT_TIMEOUT_NS, () => {
      if (this.sim.now - this.renewedAt < HEARTBEAT_TIMEOUT_NS) {
        this.watch();
        return;
      }
      this.lost = true;
      const what = `${this.host} lost access to the volume`;
      const why = `heartbeat not renewed for ${formatDuration(HEARTBEAT_TIMEOUT_NS)}: ${this.trouble}`;
      this.sim.log.note('vmfs.heartbeat.timedout', this.volume.name, what, why);
    });
  }
}
