import type { Io } from '../../../core/io.js';
import type { Entity } from '../../../core/meters.js';
import type { Sim } from '../../../core/sim.js';
import { TRAFFIC_FIELDS, Traffic } from '../../../core/traffic.js';
import {
  PATH_ACTIVE,
  PATH_DEAD,
  PATH_OFF,
  PATH_STATE_NAMES,
  PATH_UNOPTIMIZED,
} from './path-state.js';
import type { PathAdapter, PathLun, PathNexus } from './target.js';

export interface PathOptions {
  readonly host: string;
  /** `vmhba1:C0:T0:L5`; unique on its host. */
  readonly name: string;
  /** Number over all paths of the host: the value of `path[io]`. */
  readonly index: number;
  /** UID of the device. */
  readonly device: string;
  /** Name of the adapter, `vmhba1`. */
  readonly adapter: string;
  readonly array: string;
  /** Number of the LUN, the L of the path's name. */
  readonly lun: number;
  readonly controller: number;
  /** Port of that controller. */
  readonly port: number;
}

/** Place of `readNs` among TRAFFIC_FIELDS; `writeNs` follows. */
const READ_NS = TRAFFIC_FIELDS.indexOf('readNs');

/** Who decides about a path's administrative state: its device. */
export interface PathOwner {
  setAdminState(path: Path, want: 'on' | 'off'): string | undefined;
  /** Something the choice of paths depends on has changed. */
  pathsChanged(why: string): void;
}

/** Something that happened to a path. */
export interface PathEvent {
  /** ns. */
  readonly at: number;
  readonly what: string;
  readonly why: string;
}

/** Events a path remembers. */
const REMEMBERED = 32;

/** One way from an adapter over a nexus to a LUN: its state and its traffic. */
export class Path {
  readonly name: string;
  /** Name in the event log: host and path. */
  readonly title: string;
  readonly index: number;
  readonly controller: number;
  readonly port: number;
  readonly entity: Entity;
  readonly nexusIndex: number;
  readonly lunIndex: number;

  /** One of PATH_ACTIVE, PATH_UNOPTIMIZED, ... */
  state: number = PATH_ACTIVE;
  /** Commands on this path. */
  active = 0;
  /** The path selection policy sends commands here. */
  working = false;
  /** A command failed and the probe that tells whether the path did too is under way. */
  doubted = false;
  /** The target said that the LUN is gone for good. */
  lost = false;
  /** The target is moving the LUN (02/04/0A): ask again soon. */
  transitioning = false;
  /** Since when it has been moving, ns; -1 when it is not. */
  transitionSince = -1;
  /** Too many commands failed here: used only when there is no sound path. */
  degraded = false;
  /** Paths of higher rank come first (MRU, FIXED). */
  rank = 0;
  /** Probes in a row that came back with a transient error. */
  failedProbes = 0;
  /** The last things that happened to it, oldest first. */
  readonly history: PathEvent[] = [];
  /** Failures of commands sent before this time are old news: the path has answered since. */
  provenAt = Number.NEGATIVE_INFINITY;
  /** When a probe last cleared a doubt. */
  clearedAt = Number.NEGATIVE_INFINITY;
  owner: PathOwner | undefined;
  private finishedThen = 0;
  private silentSince = 0;

  private readonly traffic: Traffic;
  private readonly failuresSlot: number;
  private readonly lastStatusSlot: number;
  private readonly sentAt: Float64Array;

  constructor(
    private readonly sim: Sim,
    options: PathOptions,
    readonly adapter: PathAdapter,
    readonly nexus: PathNexus,
    readonly lun: PathLun,
  ) {
    const { host, name } = options;
    this.name = name;
    this.title = `${host} ${name}`;
    this.index = options.index;
    this.controller = options.controller;
    this.port = options.port;
    this.nexusIndex = nexus.index;
    this.lunIndex = lun.index;
    this.entity = sim.meters.define(
      'path',
      name,
      {
        host,
        adapter: options.adapter,
        device: options.device,
        lun: String(options.lun),
        array: options.array,
        port: `${options.controller}:${options.port}`,
      },
      [
        ...TRAFFIC_FIELDS,
        ...['active', 'state', 'working', 'failures', 'degraded', 'rank'],
        ...['lastStatus', 'lastSense', 'lastErrorAt'],
        // Its adapter fills these in.
        ...['issued', 'errors', 'queued', 'mergedFront', 'mergedBack', 'split'],
      ],
    );
    const active = this.entity.slot('active');
    this.failuresSlot = this.entity.slot('failures');
    this.lastStatusSlot = this.entity.slot('lastStatus');
    this.entity.refresh = () => {
      const { values } = this.entity;
      values[active] = this.active;
      values[active + 1] = this.state;
      values[active + 2] = this.working ? 1 : 0;
      values[active + 4] = this.degraded ? 1 : 0;
      values[active + 5] = this.rank;
    };
    this.traffic = new Traffic(sim, this.entity);
    this.sentAt = sim.requests.column('adapter.arrivedAt', Float64Array);
  }

  /** Commands may be sent down this path. */
  get usable(): boolean {
    return this.state === PATH_ACTIVE || this.state === PATH_UNOPTIMIZED;
  }

  get stateName(): string {
    return PATH_STATE_NAMES[this.state];
  }

  /** Reads and writes that have come back. */
  get finished(): number {
    return this.entity.values[0] + this.entity.values[1];
  }

  /** Sum of their latencies. */
  get finishedNs(): number {
    return this.entity.values[READ_NS] + this.entity.values[READ_NS + 1];
  }

  /** Writes an event to the log and into the path's history. */
  note(kind: string, what: string, why: string): void {
    if (this.history.length === REMEMBERED) this.history.shift();
    this.history.push({ at: this.sim.now, what, why });
    this.sim.log.note(kind, this.title, what, why);
  }

  /** Moves to a state and says so; nothing happens when it is there already. */
  move(state: number, why: string): void {
    if (state === this.state) return;
    const what = `${this.stateName} -> ${PATH_STATE_NAMES[state]}`;
    // A path that is switched on counts as dead until it has been probed, which is no failure.
    if (state === PATH_DEAD && this.state !== PATH_OFF) this.entity.values[this.failuresSlot]++;
    this.state = state;
    this.note('path.state', what, why);
  }

  /** Sets the path's rank among those of its device. */
  setRank(rank: number): void {
    if (rank === this.rank) return;
    this.rank = rank;
    this.owner?.pathsChanged(`rank of ${this.name} set to ${rank}`);
  }

  /** Switches the path off or on; says why when it may not be switched off. */
  setAdminState(want: 'on' | 'off'): string | undefined {
    if (want === (this.state === PATH_OFF ? 'off' : 'on')) return undefined;
    return this.owner === undefined
      ? 'path belongs to no device'
      : this.owner.setAdminState(this, want);
  }

  /** A command is about to be sent here: its route columns and its time. */
  send(io: Io): void {
    const { now, requests } = this.sim;
    requests.path[io] = this.index;
    requests.nexus[io] = this.nexusIndex;
    requests.lun[io] = this.lunIndex;
    this.sentAt[io] = now;
    this.active++;
  }

  /** A command sent here has come back. */
  returned(io: Io): void {
    const { now, requests } = this.sim;
    const { op, blocks, status, sense } = requests;
    this.active--;
    if (status[io] !== 0) this.keepError(status[io], sense[io]);
    this.traffic.add(op[io], blocks[io], now - this.sentAt[io], status[io]);
  }

  /** True when the command was sent before the path last proved that it works. */
  isOldNews(io: Io): boolean {
    return this.sentAt[io] < this.provenAt;
  }

  /** True when commands are here and none has come back for `spanNs`; asked from time to time. */
  isSilent(spanNs: number): boolean {
    const { values } = this.entity;
    const finished = values[0] + values[1] + values[2];
    if (finished !== this.finishedThen || this.active === 0) {
      this.finishedThen = finished;
      this.silentSince = this.sim.now;
    }
    return this.sim.now - this.silentSince >= spanNs;
  }

  /** Keeps how a command or a probe ended that was no success, for the screens. */
  keepError(status: number, sense: number): void {
    const { values } = this.entity;
    values[this.lastStatusSlot] = status;
    values[this.lastStatusSlot + 1] = sense;
    values[this.lastStatusSlot + 2] = this.sim.now;
  }
}
