import { PART_CONTROLLER, PART_FABRIC, PART_PORT } from '../core/breakdown.js';
import { Fifo } from '../core/discipline.js';
import { BLOCK_BYTES, type Io, movesData, NO_IO, READ, WRITE, XCOPY } from '../core/io.js';
import { Layer } from '../core/layer.js';
import type { Entity } from '../core/meters.js';
import type { Sim } from '../core/sim.js';
import { STATION_FIELDS, Station } from '../core/station.js';
import { CHECK, HOST_NO_CONNECT, hostStatus, SENSE_INVALID_OPCODE } from '../core/status.js';
import { TRAFFIC_FIELDS, Traffic } from '../core/traffic.js';
import type { NfsServerPlan } from '../plan/plan.js';
import { Disk } from './disk.js';
import { type DataFault, Media } from './media.js';
import { NfsClients } from './nfs-clients.js';
import { NFS_BADSESSION, NFS_GRACE, NFS_OK } from './nfs-errors.js';
import { NfsLink } from './nfs-link.js';
import { Space } from './space.js';

/** Time of a request that touches no file data: attributes, heartbeats (model). */
const METADATA_NS = 50_000;

/** What the event of a row means. */
const REQUEST = 0;
const METADATA = 1;
const ANSWER = 2;
const LOST = 3;

/** How long until a client's TCP gives a connection up over which nothing comes: 10 s (model). */
const CONNECTION_LOSS_NS = 10_000_000_000;
/** RFC 8881 leaves it to the server; as long as its lease (stack-upper reference, section 10). */
const GRACE_NS = 90_000_000_000;

/**
 * An NFS server: half a round trip and the transfer, a thread, a disk, and back. While it is down it
 * gives no answers; they come when it is up again (hard mount, stack-lower reference 4.5).
 */
export class NfsServer extends Layer {
  readonly entity: Entity;
  readonly station: Station;
  readonly disk: Disk;
  /** Room for files; the mount takes and gives blocks. */
  readonly space: Space;
  private readonly traffic: Traffic;
  private readonly upSlot: number;
  private readonly phase: Uint8Array;
  private readonly copyBlockNs: number;
  /** By number of the address. */
  private readonly links: readonly NfsLink[];
  /** Of NFS 4.1. */
  readonly clients: NfsClients;
  /** Address a call goes to. */
  private readonly link: Uint8Array;
  private readonly error: Uint8Array;
  /** Life of the server a call's session belongs to; 0 for calls without a session. */
  private readonly life: Int32Array;
  /** The client waits for the answer no more. */
  private readonly givenUp: Uint8Array;
  private running = true;
  private readonly held = new Fifo();
  private heldCount = 0;
  private readonly listeners: (() => void)[] = [];
  /** What each file holds, by its number, in runs that verify data. */
  private readonly files: Map<number, Media> | undefined;
  private readonly fileLba: Float64Array;
  /** EXTENDED COPY stands for the plug-in's call: the file to copy to. */
  private readonly copyTarget: Float64Array;
  /** The vendor's plug-in: files are cloned here, and space is reserved. */
  readonly plugin: boolean;
  /** It knows the plug-in, and says no. */
  refusesClones = false;
  private readonly dataFaults = new Map<DataFault, number>();

  constructor(
    sim: Sim,
    readonly plan: NfsServerPlan,
  ) {
    super(sim, plan.name);
    this.plugin = plan.plugin === true;
    this.copyTarget = sim.requests.column('xcopy.target', Float64Array);
    this.space = new Space(Math.floor(plan.capacityBytes / BLOCK_BYTES));
    this.disk = new Disk(sim, {
      name: `${plan.name}:disk`,
      array: plan.name,
      pool: '',
      model: plan.disk,
      capacityBlocks: Math.max(1, this.space.capacityBlocks),
    });
    this.entity = sim.meters.define('port', plan.name, { array: plan.name, controller: '' }, [
      ...TRAFFIC_FIELDS,
      ...STATION_FIELDS,
      'up',
      'queueFull',
    ]);
    this.traffic = new Traffic(sim, this.entity);
    this.station = new Station(sim, 'nfs', this.entity, plan.threads);
    this.phase = sim.requests.column('nfs.phase', Uint8Array);
    this.files = sim.arena && new Map();
    this.fileLba = sim.requests.column('nfs.fileLba', Float64Array);
    this.copyBlockNs = (BLOCK_BYTES * 1e9) / plan.copyBytesPerSecond;
    const wayNs = Math.round(plan.rttNs / 2);
    const addresses = Array.from({ length: plan.addresses ?? 1 });
    this.links = addresses.map(() => new NfsLink(sim, this, plan.bytesPerSecond, wayNs));
    this.clients = new NfsClients(sim, plan.name, plan.graceNs ?? GRACE_NS);
    this.link = sim.requests.column('nfs.link', Uint8Array);
    this.error = sim.requests.column('nfs.error', Uint8Array);
    this.life = sim.requests.column('nfs.life', Int32Array);
    this.givenUp = sim.requests.column('nfs.givenUp', Uint8Array);
    this.upSlot = this.entity.slot('up');
    this.entity.values[this.upSlot] = 1;
  }

  get up(): boolean {
    return this.running;
  }

  setUp(up: boolean, why: string): void {
    if (up === this.running) return;
    this.running = up;
    this.entity.values[this.upSlot] = up ? 1 : 0;
    this.sim.log.note('port.state', this.name, up ? 'up' : 'down', why);
    if (up) for (; this.heldCount > 0; this.heldCount--) this.after(0, this.held.pop());
    for (const listener of this.listeners) listener();
  }

  /**
   * It goes down and forgets what it was told and not done, sessions included; the hosts notice when
   * it is up again, as their connections are reset.
   */
  restart(why: string): () => void {
    this.setUp(false, why);
    return () => {
      for (; this.heldCount > 0; this.heldCount--) this.lose(this.held.pop(), 0);
      this.clients.restart(why);
      this.setUp(true, `${why} healed`);
    };
  }

  get addresses(): number {
    return this.links.length;
  }

  linkUp(address: number): boolean {
    return this.links[address].up;
  }

  /** What is on its way over the address waits for the link; clients give up after a while. */
  setLinkUp(address: number, up: boolean, why: string): void {
    const link = this.links[address];
    if (link.up === up) return;
    link.up = up;
    link.stopWaiting?.();
    if (up) {
      link.isCut = false;
      for (let io = link.held.pop(); io !== NO_IO; io = link.held.pop()) this.after(0, io);
    } else {
      link.stopWaiting = this.sim.timers.delay(CONNECTION_LOSS_NS, () => this.cut(link));
    }
    const what = `address ${address} is ${up ? 'up' : 'down'}`;
    this.sim.log.note('port.state', this.name, what, why);
  }

  /** Clients have given up what was on its way. */
  private cut(link: NfsLink): void {
    link.isCut = true;
    for (let io = link.held.pop(); io !== NO_IO; io = link.held.pop()) this.lose(io, 0);
  }

  /** Takes a call out that it has got, but cannot answer as it or the link is down; false when it has none. */
  withdraw(io: Io): boolean {
    if (this.links[this.link[io]].held.remove(io)) return true;
    if (!this.held.remove(io)) return false;
    this.heldCount--;
    return true;
  }

  /** Calls `listener` after each change of `up`. */
  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  /** What one of its files holds; nothing that was never written or in runs that do not verify. */
  mediaOfFile(file: number): Media | undefined {
    return this.files?.get(file);
  }

  /** What its files hold. */
  get media(): readonly Media[] {
    return this.files === undefined ? [] : [...this.files.values()];
  }

  /** @param rate share of the reads (bit rot) or writes that are spoilt, 0..1 */
  setDataFault(fault: DataFault, rate: number): void {
    this.dataFaults.set(fault, rate);
    for (const media of this.media) media.setFault(fault, rate);
  }

  override submit(io: Io): void {
    const { op, blocks } = this.sim.requests;
    this.phase[io] = REQUEST;
    this.links[this.link[io]].send(io, op[io] === WRITE ? blocks[io] : 0);
  }

  override fire(io: Io): void {
    const phase = this.phase[io];
    const { traced, breakdown, op, status } = this.sim.requests;
    if (traced[io] !== 0 && phase !== METADATA) breakdown.pass(io, PART_FABRIC, this.sim.now);
    if (phase === METADATA) {
      if (op[io] === XCOPY) this.clone(io);
      this.served(io);
    } else if (phase === LOST) {
      status[io] = hostStatus(HOST_NO_CONNECT);
      this.leave(io).complete(io);
    } else if (!this.links[this.link[io]].up) {
      this.strand(this.links[this.link[io]], io);
    } else if (!this.running && this.givenUp[io] !== 0) {
      this.lose(io, 0);
    } else if (!this.running) {
      this.held.push(io);
      this.heldCount++;
    } else if (phase === REQUEST) {
      if (this.life[io] !== 0) this.checkSession(io);
      this.station.arrive(io);
      this.dispatch();
    } else {
      this.leave(io).complete(io);
    }
  }

  /** Nothing passes over the link now. */
  private strand({ isCut, held }: NfsLink, io: Io): void {
    if (isCut || this.givenUp[io] !== 0) this.lose(io, 0);
    else held.push(io);
  }

  /** The client hears of nothing but the end of its connection. */
  private lose(io: Io, delayNs: number): void {
    this.phase[io] = LOST;
    this.after(delayNs, io);
  }

  private checkSession(io: Io): void {
    if (this.error[io] !== NFS_OK) return;
    if (this.life[io] !== this.clients.life) this.error[io] = NFS_BADSESSION;
    else if (this.clients.inGrace && movesData(this.sim.requests.op[io])) {
      this.error[io] = NFS_GRACE;
    }
  }

  override complete(io: Io): void {
    if (this.files !== undefined && this.sim.requests.status[io] === 0) {
      const { file } = this.sim.requests;
      this.mediaOf(file[io], this.files).execute(io, this.fileLba[io]);
    }
    this.served(io);
  }

  /** Files share addresses on the disk, so each has media of its own. */
  private mediaOf(file: number, files: Map<number, Media>): Media {
    let media = files.get(file);
    if (media === undefined) {
      media = new Media(this.sim, `${this.name} file ${file}`, this.sim.arena!);
      for (const [fault, rate] of this.dataFaults) media.setFault(fault, rate);
      files.set(file, media);
    }
    return media;
  }

  private get clones(): boolean {
    return this.plugin && !this.refusesClones;
  }

  /** Full File Clone: a range of a file becomes that of another. */
  private clone(io: Io): void {
    const { blocks, status, sense } = this.sim.requests;
    if (!this.clones) {
      status[io] = CHECK;
      sense[io] = SENSE_INVALID_OPCODE;
    } else if (this.files !== undefined) {
      const source = this.mediaOf(this.sim.requests.file[io], this.files);
      const target = this.mediaOf(this.copyTarget[io], this.files);
      source.copy(this.fileLba[io], this.fileLba[io], blocks[io], target);
    }
  }

  private dispatch(): void {
    const { op, blocks, traced, breakdown } = this.sim.requests;
    for (let io = this.station.start(); io !== NO_IO; io = this.station.start()) {
      if (traced[io] !== 0) breakdown.pass(io, PART_PORT, this.sim.now);
      if (movesData(op[io]) && this.error[io] === NFS_OK) {
        this.enter(io);
        this.disk.submit(io);
      } else {
        this.phase[io] = METADATA;
        const copied = op[io] === XCOPY && this.clones ? blocks[io] : 0;
        this.after(METADATA_NS + Math.round(copied * this.copyBlockNs), io);
      }
    }
  }

  private served(io: Io): void {
    const { op, blocks, status, traced, breakdown } = this.sim.requests;
    if (traced[io] !== 0) breakdown.pass(io, PART_CONTROLLER, this.sim.now);
    this.station.finish(io);
    const latencyNs = this.sim.now - this.station.arrivalOf(io);
    this.traffic.add(op[io], blocks[io], latencyNs, status[io]);
    this.phase[io] = ANSWER;
    const isData = op[io] === READ && this.error[io] === NFS_OK;
    this.links[this.link[io]].answer(io, isData ? blocks[io] : 0);
    this.dispatch();
  }
}
