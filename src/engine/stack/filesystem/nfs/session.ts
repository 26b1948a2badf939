import type { Io } from '../../../core/io.js';
import { Layer } from '../../../core/layer.js';
import type { Entity } from '../../../core/meters.js';
import type { Sim } from '../../../core/sim.js';
import { hostOf } from '../../../core/status.js';
import { defineDevice } from '../../device-entity.js';
import { NOT_HERE, type Recall, type Recaller } from '../../recall.js';
import { NFS_HEARTBEAT_DEFAULTS, NfsHeartbeat, type NfsHeartbeatSettings } from './heartbeat.js';
import type { NfsVolume } from './volume.js';

/** How long a command whose connection was lost waits before it is sent again: 1 s (model). */
const RESEND_NS = 1_000_000_000;

export interface NfsSessionOptions {
  readonly host: string;
  readonly volume: NfsVolume;
  readonly heartbeat?: Partial<NfsHeartbeatSettings>;
}

/**
 * A host's connection to the server of an NFS volume: remote procedure calls, which are the device
 * time of the volume. Commands that lose their connection are sent again until the server answers (a
 * hard mount).
 */
export class NfsSession extends Layer implements Recaller {
  /** The volume as esxtop shows it: a device without paths. */
  readonly entity: Entity;
  private readonly heartbeat: NfsHeartbeat;
  private readonly retriesSlot: number;
  /** Address at the server; layers below may rewrite `lba`. */
  private readonly address: Float64Array;
  private readonly sentAt: Float64Array;

  constructor(
    sim: Sim,
    { host, volume, heartbeat }: NfsSessionOptions,
    private readonly lower: Layer,
  ) {
    super(sim, `${host} session of ${volume.name}`);
    const labels = {
      host,
      type: 'nfs',
      datastore: volume.name,
      array: volume.plan.server,
      lun: '',
      satp: '',
      psp: '',
    };
    this.entity = defineDevice(sim, `{NFS}${volume.name}`, labels);
    const settings = { ...NFS_HEARTBEAT_DEFAULTS, ...heartbeat };
    this.heartbeat = new NfsHeartbeat(sim, host, volume.name, settings, lower);
    this.retriesSlot = this.entity.slot('retries');
    this.address = sim.requests.column('nfsSession.address', Float64Array);
    this.sentAt = sim.requests.column('nfsSession.sentAt', Float64Array);
    this.entity.refresh = () => this.entity.set('state', this.heartbeat.state);
  }

  override submit(io: Io): void {
    this.address[io] = this.sim.requests.lba[io];
    this.send(io);
  }

  /** A call the server has got cannot be taken back. */
  recall(): Recall {
    return NOT_HERE;
  }

  override complete(io: Io): void {
    const { requests, now } = this.sim;
    requests.deviceNs[io] += now - this.sentAt[io];
    if (hostOf(requests.status[io]) !== 0) {
      this.after(RESEND_NS, io);
      return;
    }
    this.heartbeat.noteAnswer();
    this.leave(io).complete(io);
  }

  /** A lost command is due again. */
  override fire(io: Io): void {
    const { requests } = this.sim;
    requests.status[io] = 0;
    requests.sense[io] = 0;
    this.entity.values[this.retriesSlot]++;
    this.send(io);
  }

  private send(io: Io): void {
    const { requests, now } = this.sim;
    this.sentAt[io] = now;
    requests.lba[io] = this.address[io];
    if (requests.readyAt[io] < now) requests.readyAt[io] = now;
    this.enter(io);
    this.lower.submit(io);
  }
}
