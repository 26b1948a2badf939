import { PART_MULTIPATH } from '../../../core/breakdown.js';
import type { Io } from '../../../core/io.js';
import { Layer } from '../../../core/layer.js';
import type { Entity } from '../../../core/meters.js';
import { RowList } from '../../../core/row-list.js';
import type { Sim } from '../../../core/sim.js';
import {
  CHECK,
  HOST_ABORT,
  HOST_ERROR,
  hostOf,
  hostStatus,
  PLUGIN_NOSPACE,
  pluginStatus,
  SENSE_WRITE_PROTECTED,
} from '../../../core/status.js';
import type { NfsClients } from '../../../devices/nfs-clients.js';
import {
  NFS_BADSESSION,
  NFS_GRACE,
  NFS_NOSPC,
  NFS_OK,
  NFS_ROFS,
} from '../../../devices/nfs-errors.js';
import { defineDevice } from '../../device-entity.js';
import {
  ASKED,
  COMES_BACK,
  hasSigned,
  type Recall,
  type Recaller,
  WITHDRAWN,
} from '../../recall.js';
import type { MountState } from '../mount-state.js';
import { NfsCalls } from './calls.js';
import { NFS_HEARTBEAT_DEFAULTS, NfsHeartbeat, type NfsHeartbeatSettings } from './heartbeat.js';
import { type NfsAddresses, NfsLinks } from './links.js';
import type { NfsLocks } from './locks.js';
import { SessionState } from './session-state.js';
import type { NfsVolume } from './volume.js';

/** How long a command whose connection was lost waits before it is sent again: 1 s (model). */
const RESEND_NS = 1_000_000_000;
/** Calls of a session at once where the server does not say. */
export const NFS_SLOTS = 64;

const ABORTED = hostStatus(HOST_ABORT);

/** What a mount needs of its server besides sending calls to it. */
export interface NfsTarget extends NfsAddresses {
  readonly clients: NfsClients;
  /** Takes a call out that a server which is down holds; false when it has none. */
  withdraw(io: Io): boolean;
}

export interface NfsSessionOptions {
  readonly host: string;
  readonly volume: NfsVolume;
  readonly state: MountState;
  readonly heartbeat?: Partial<NfsHeartbeatSettings>;
  /** Needed by NFS 4.1. */
  readonly server?: NfsTarget;
  readonly slots?: number;
}

/**
 * A host's connection to the server of an NFS volume: remote procedure calls, which are the device
 * time of the volume. Calls that lose their connection are sent again until the server answers (a
 * hard mount). NFS 4.1 has a session, with as many calls at once as it has slots.
 *
 * A call the server has cannot be taken back: the protocol has no such call. One whose server is down
 * ends for the guest, its slot stays in use until the server answers again, and it is not sent again.
 */
export class NfsSession extends Layer implements Recaller {
  /** The volume as esxtop shows it: a device without paths. */
  readonly entity: Entity;
  readonly calls: NfsCalls;
  readonly heartbeat: NfsHeartbeat;
  private readonly links: NfsLinks;
  private readonly server: NfsTarget | undefined;
  private session: SessionState | undefined;
  private readonly slots: number;
  private used = 0;
  /** Slots of calls that were given up while the server was down. */
  private orphans = 0;
  private readonly waiting: RowList;
  private readonly retriesSlot: number;
  /** Address at the server; layers below may rewrite `lba`. */
  private readonly address: Float64Array;
  private readonly sentAt: Float64Array;
  private readonly error: Uint8Array;
  private readonly life: Int32Array;
  private readonly link: Uint8Array;
  private readonly givenUp: Uint8Array;

  constructor(
    sim: Sim,
    private readonly options: NfsSessionOptions,
    private readonly lower: Layer,
  ) {
    const { host, volume, heartbeat, server, state } = options;
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
    this.server = server;
    const { hasSessions } = volume;
    this.calls = new NfsCalls(sim, this.name, lower, () => volume.countCall());
    const addresses = hasSessions ? (server?.addresses ?? 1) : 1;
    this.links = new NfsLinks(sim, `${host} ${volume.name}`, server, addresses);
    this.heartbeat = new NfsHeartbeat(sim, volume.name, settings, lower, state, this.links);
    this.slots = hasSessions ? (options.slots ?? NFS_SLOTS) : Number.POSITIVE_INFINITY;
    this.waiting = new RowList(sim);
    this.retriesSlot = this.entity.slot('retries');
    const { requests } = sim;
    this.address = requests.column('nfsSession.address', Float64Array);
    this.sentAt = requests.column('nfsSession.sentAt', Float64Array);
    this.error = requests.column('nfs.error', Uint8Array);
    this.life = requests.column('nfs.life', Int32Array);
    this.link = requests.column('nfs.link', Uint8Array);
    this.givenUp = requests.column('nfs.givenUp', Uint8Array);
    this.entity.refresh = () => this.entity.set('state', this.heartbeat.state);
  }

  /** The mount's locks, which NFS 4.1 keeps alive with every call. */
  keep(locks: NfsLocks): void {
    const { server, state, volume } = this.options;
    if (!volume.hasSessions || server === undefined) return;
    const go = (): void => this.pump();
    const { clients } = server;
    this.session = new SessionState(this.sim, volume.name, clients, this.calls, locks, state, go);
    state.set('slots', this.slots);
    this.heartbeat.renews(locks, this.session, () => this.freeOrphans());
  }

  /** Calls that have a slot, and slots in use without one. */
  get slotsUsed(): number {
    return this.used;
  }

  override submit(io: Io): void {
    this.address[io] = this.sim.requests.lba[io];
    this.givenUp[io] = 0;
    if (this.mayGo) this.send(io);
    else this.waiting.push(io);
  }

  recall(io: Io): Recall {
    if (this.givenUp[io] !== 0) return ASKED;
    if (this.waiting.remove(io)) {
      this.sim.requests.status[io] = ABORTED;
      return WITHDRAWN;
    }
    this.givenUp[io] = 1;
    if (hasSigned(this.sim.requests, io, this) && this.server?.withdraw(io)) return WITHDRAWN;
    return COMES_BACK;
  }

  override complete(io: Io): void {
    const { requests, now } = this.sim;
    const { status, sense } = requests;
    requests.deviceNs[io] += now - this.sentAt[io];
    if (this.givenUp[io] !== 0) {
      // Its slot is free only when the server has said something about it.
      if (status[io] === ABORTED && this.session !== undefined) this.orphans++;
      else this.used--;
      status[io] = ABORTED;
      sense[io] = 0;
      this.leave(io).complete(io);
      this.pump();
      return;
    }
    this.used--;
    if (hostOf(status[io]) !== 0) {
      this.after(this.links.lose(this.link[io]) ? 0 : RESEND_NS, io);
      return;
    }
    this.heartbeat.noteAnswer();
    const error = this.error[io];
    if (error === NFS_BADSESSION || error === NFS_GRACE) {
      if (error === NFS_BADSESSION && this.life[io] === this.session?.life) this.session.lose();
      this.after(RESEND_NS, io);
      return;
    }
    if (error !== NFS_OK) {
      status[io] = statusOf(error);
      sense[io] = error === NFS_ROFS ? SENSE_WRITE_PROTECTED : 0;
    }
    this.leave(io).complete(io);
    this.pump();
  }

  /** A call is due again. */
  override fire(io: Io): void {
    const { status, sense, traced, breakdown } = this.sim.requests;
    if (traced[io] !== 0) breakdown.pass(io, PART_MULTIPATH, this.sim.now);
    if (this.givenUp[io] !== 0) {
      status[io] = ABORTED;
      sense[io] = 0;
      this.leave(io).complete(io);
      return;
    }
    status[io] = 0;
    sense[io] = 0;
    if (this.error[io] === NFS_BADSESSION || this.error[io] === NFS_GRACE) this.error[io] = NFS_OK;
    this.entity.values[this.retriesSlot]++;
    if (this.mayGo) this.send(io);
    else this.waiting.push(io);
  }

  private get mayGo(): boolean {
    return this.used < this.slots && (this.session === undefined || this.session.isUp);
  }

  /** Something has come from the server: it has said, too, what became of calls that were given up. */
  private freeOrphans(): void {
    if (this.orphans === 0) return;
    this.used -= this.orphans;
    this.orphans = 0;
    this.pump();
  }

  private pump(): void {
    const { traced, breakdown } = this.sim.requests;
    while (this.mayGo) {
      const io = this.waiting.shift();
      if (io < 0) return;
      if (traced[io] !== 0) breakdown.pass(io, PART_MULTIPATH, this.sim.now);
      this.send(io);
    }
  }

  private send(io: Io): void {
    const { requests, now } = this.sim;
    this.used++;
    this.sentAt[io] = now;
    this.life[io] = this.session?.life ?? 0;
    this.link[io] = this.links.next();
    requests.lba[io] = this.address[io];
    if (requests.readyAt[io] < now) requests.readyAt[io] = now;
    this.enter(io);
    this.lower.submit(io);
  }
}

/** What the layers above are told; a stale handle is an error without sense (from memory). */
function statusOf(error: number): number {
  if (error === NFS_NOSPC) return pluginStatus(PLUGIN_NOSPACE);
  return error === NFS_ROFS ? CHECK : hostStatus(HOST_ERROR);
}
