import { type Io, NO_IO, WRITE } from '../../../core/io.js';
import { Layer } from '../../../core/layer.js';
import type { Sim } from '../../../core/sim.js';
import { Station } from '../../../core/station.js';
import {
  CHECK,
  hostOf,
  PLUGIN_NOSPACE,
  pluginStatus,
  SENSE_INVALID_OPCODE,
  SENSE_LBA_OUT_OF_RANGE,
} from '../../../core/status.js';
import { sumTraffic } from '../../../core/traffic.js';
import { defineDevice } from '../../device-entity.js';
import type { FileHandle } from '../../files.js';
import { NOT_HERE, type Recall, type Recaller, WITHDRAWN } from '../../recall.js';
import { FILE_BLOCK } from '../file.js';
import type { Mount } from '../mount.js';
import { NFS_HEARTBEAT_DEFAULTS, NfsHeartbeat, type NfsHeartbeatSettings } from './heartbeat.js';
import type { NfsVolume } from './volume.js';

/** NFS.MaxQueueDepth. */
export const NFS_MAX_QUEUE_DEPTH = 4_294_967_295;

/** How long a command whose connection was lost waits before it is sent again: 1 s (model). */
const RESEND_NS = 1_000_000_000;

export interface NfsMountOptions {
  readonly host: string;
  /** Commands outstanding at the server at once (NFS.MaxQueueDepth). */
  readonly maxQueueDepth?: number;
  readonly heartbeat?: Partial<NfsHeartbeatSettings>;
}

/**
 * An NFS volume as one host has it mounted. esxtop shows it as a device without paths: what waits
 * for NFS.MaxQueueDepth is its queue, the remote procedure calls are its device time. Commands that
 * lose their connection are sent again until the server answers (a hard mount).
 */
export class NfsMount extends Layer implements Mount, Recaller {
  readonly datastore: NfsVolume;
  /** Counters of the open files. */
  private readonly parts: Float64Array[] = [];

  private readonly station: Station;
  private readonly heartbeat: NfsHeartbeat;
  private readonly values: Float64Array;
  private readonly deviceSlot: number;
  private readonly queueSlot: number;
  private readonly retriesSlot: number;
  /** Address at the server; layers below may rewrite `lba`. */
  private readonly address: Float64Array;
  /** Address in the file. */
  private readonly fileLba: Float64Array;
  private readonly sentAt: Float64Array;
  /** What each command at the server has waited here; counted when it is done, as its latency is. */
  private readonly waitedNs: Float64Array;

  constructor(
    sim: Sim,
    options: NfsMountOptions,
    volume: NfsVolume,
    private readonly lower: Layer,
  ) {
    const { host, maxQueueDepth = NFS_MAX_QUEUE_DEPTH } = options;
    super(sim, `${host} mount ${volume.name}`);
    const labels = {
      host,
      type: 'nfs',
      datastore: volume.name,
      array: volume.plan.server,
      lun: '',
      satp: '',
      psp: '',
    };
    const entity = defineDevice(sim, `{NFS}${volume.name}`, labels);
    volume.addMount(entity);
    this.datastore = volume;
    this.station = new Station(sim, 'nfsMount', entity, maxQueueDepth);
    const settings = { ...NFS_HEARTBEAT_DEFAULTS, ...options.heartbeat };
    this.heartbeat = new NfsHeartbeat(sim, host, volume.name, settings, lower);
    this.values = entity.values;
    this.deviceSlot = entity.slot('deviceReadNs');
    this.queueSlot = entity.slot('queueReadNs');
    this.retriesSlot = entity.slot('retries');
    this.address = sim.requests.column('nfsMount.address', Float64Array);
    this.fileLba = sim.requests.column('nfs.fileLba', Float64Array);
    this.sentAt = sim.requests.column('nfsMount.sentAt', Float64Array);
    this.waitedNs = sim.requests.column('nfsMount.waitedNs', Float64Array);
    const stateSlot = entity.slot('state');
    const earlier = entity.refresh;
    entity.refresh = () => {
      earlier?.();
      sumTraffic(entity.values, this.parts);
      entity.values[stateSlot] = this.heartbeat.state;
    };
  }

  /** NFS 3 keeps a lock file beside the file; its rare updates are not worth commands of their own. */
  open(handle: FileHandle, traffic?: Float64Array): void {
    this.datastore.fileOf(handle);
    if (traffic !== undefined) this.parts.push(traffic);
  }

  close(handle: FileHandle): void {
    this.datastore.fileOf(handle);
  }

  override submit(io: Io): void {
    const { requests } = this.sim;
    const file = this.datastore.fileAt(requests.file[io]);
    requests.deviceNs[io] = 0;
    const start = requests.lba[io];
    const end = start + requests.blocks[io];
    if (end > file.sizeBlocks) {
      this.answer(io, CHECK, SENSE_LBA_OUT_OF_RANGE);
      return;
    }
    if (requests.op[io] > WRITE) {
      this.answer(io, CHECK, SENSE_INVALID_OPCODE);
      return;
    }
    if (requests.op[io] === WRITE) {
      const first = (start / FILE_BLOCK) | 0;
      const last = ((end - 1) / FILE_BLOCK) | 0;
      if (!this.datastore.grow(file, first, last)) {
        this.datastore.noteFull(`${file.path} is written for the first time at ${first} MB`);
        this.answer(io, pluginStatus(PLUGIN_NOSPACE), 0);
        return;
      }
    }
    this.fileLba[io] = start;
    this.address[io] = this.datastore.addressOf(file, start);
    this.station.arrive(io);
    this.dispatch();
  }

  /** A waiting command is given back; a call the server has got cannot be taken back. */
  recall(io: Io): Recall {
    return this.station.withdraw(io) ? WITHDRAWN : NOT_HERE;
  }

  override complete(io: Io): void {
    const { requests, now } = this.sim;
    requests.deviceNs[io] += now - this.sentAt[io];
    if (hostOf(requests.status[io]) !== 0) {
      // Signed again, so that the resend finds its way back; the slot stays taken.
      this.enter(io);
      this.sentAt[io] = -1;
      this.after(RESEND_NS, io);
      return;
    }
    this.heartbeat.noteAnswer();
    const kind = requests.op[io];
    this.values[this.deviceSlot + kind] += requests.deviceNs[io];
    this.values[this.queueSlot + kind] += this.waitedNs[io];
    this.station.finish(io);
    this.leave(io).complete(io);
    this.dispatch();
  }

  /** A lost command is due again, or a command is answered without asking the server. */
  override fire(io: Io): void {
    const { requests } = this.sim;
    if (this.sentAt[io] !== -1) {
      this.leave(io).complete(io);
      return;
    }
    requests.status[io] = 0;
    requests.sense[io] = 0;
    this.values[this.retriesSlot]++;
    this.send(io);
  }

  private dispatch(): void {
    const { station } = this;
    for (let io = station.start(); io !== NO_IO; io = station.start()) {
      this.waitedNs[io] = this.sim.now - station.arrivalOf(io);
      this.enter(io);
      this.send(io);
    }
  }

  private send(io: Io): void {
    const { requests, now } = this.sim;
    this.sentAt[io] = now;
    requests.lba[io] = this.address[io];
    if (requests.readyAt[io] < now) requests.readyAt[io] = now;
    this.lower.submit(io);
  }

  private answer(io: Io, status: number, sense: number): void {
    const { requests } = this.sim;
    requests.status[io] = status;
    requests.sense[io] = sense;
    this.sentAt[io] = this.sim.now;
    this.after(0, io);
  }
}
