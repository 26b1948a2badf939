import { PART_CONTROLLER, PART_PORT } from '../../core/breakdown.js';
import { ABORT, type Io, LUN_RESET, NO_IO } from '../../core/io.js';
import { Layer } from '../../core/layer.js';
import type { Entity } from '../../core/meters.js';
import type { Stream } from '../../core/random.js';
import type { Sim } from '../../core/sim.js';
import { STATION_FIELDS, Station } from '../../core/station.js';
import { deviceStatus, HOST_NO_CONNECT, hostStatus, TASK_SET_FULL } from '../../core/status.js';
import { TRAFFIC_FIELDS, Traffic } from '../../core/traffic.js';
import { RowBag } from './row-bag.js';

/** Time to turn a command away (model). */
const REFUSAL_NS = 1_000;

export interface TargetPortOptions {
  readonly name: string;
  readonly array: string;
  readonly controller: number;
  /** Number of the port on its controller, from 0. */
  readonly number: number;
  readonly queueDepth: number;
}

/** Who holds commands without an answer and lets them go when their connection breaks. */
export interface HeldCommands {
  /** @param lun layer index of the only LUN concerned, undefined for all */
  releaseHeld(nexus: number, lun: number | undefined): void;
}

/** A port of a controller: takes as many commands as its queue is deep, and passes them to LUNs. */
export class TargetPort extends Layer {
  readonly entity: Entity;
  readonly station: Station;
  readonly controller: number;
  readonly number: number;
  private readonly traffic: Traffic;
  private readonly upSlot: number;
  private readonly fullSlot: number;
  private readonly controllerOf: Uint8Array;
  private linkUp = true;
  private controllerUp = true;
  private readonly listeners: (() => void)[] = [];
  private readonly refusals: Stream;
  /** Gives no answers: what arrives and what is done waits, in that order. */
  private hung = false;
  private readonly arrivals = new RowBag();
  private readonly answers = new RowBag();
  /** Share of the commands that get TASK SET FULL although there is room. */
  private fullRate = 0;
  /** Something is wrong: look twice at every command. */
  private impaired = false;

  constructor(
    sim: Sim,
    options: TargetPortOptions,
    private readonly held: HeldCommands,
  ) {
    super(sim, options.name);
    this.controller = options.controller;
    this.number = options.number;
    this.entity = sim.meters.define(
      'port',
      options.name,
      { array: options.array, controller: String(options.controller) },
      [...TRAFFIC_FIELDS, ...STATION_FIELDS, 'up', 'queueFull'],
    );
    this.traffic = new Traffic(sim, this.entity);
    this.station = new Station(sim, 'port', this.entity, options.queueDepth);
    this.controllerOf = sim.requests.column('array.controller', Uint8Array);
    this.refusals = sim.random.stream(`port ${options.name}`);
    this.upSlot = this.entity.slot('up');
    this.fullSlot = this.entity.slot('queueFull');
    this.entity.values[this.upSlot] = 1;
  }

  /** True while the link has light and the controller runs. */
  get up(): boolean {
    return this.linkUp && this.controllerUp;
  }

  /** False for a port that hangs: it does not answer logins either. */
  get answering(): boolean {
    return !this.hung;
  }

  setUp(up: boolean, why: string): void {
    if (up === this.linkUp) return;
    this.linkUp = up;
    this.changed(why);
  }

  /** Called by the array when the controller fails or comes back. */
  setControllerUp(up: boolean, why: string): void {
    if (up === this.controllerUp) return;
    this.controllerUp = up;
    this.changed(why);
  }

  /** Calls `listener` after each change of `up`, and when a port that hung answers again. */
  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  /** A port that hangs has light and gives no answers, not even to task management. */
  setHung(hung: boolean, why: string): void {
    if (hung === this.hung) return;
    this.hung = hung;
    this.look();
    this.sim.log.note('port.state', this.name, hung ? 'hangs' : 'answers again', why);
    if (hung) return;
    for (let io = this.answers.pop(); io !== NO_IO; io = this.answers.pop()) this.finish(io);
    for (let io = this.arrivals.pop(); io !== NO_IO; io = this.arrivals.pop()) this.submit(io);
    for (const listener of this.listeners) listener();
  }

  /** @param rate share of commands that get TASK SET FULL, 0..1 */
  setFullRate(rate: number, why: string): void {
    if (rate === this.fullRate) return;
    this.fullRate = rate;
    this.look();
    this.sim.log.note('port.state', this.name, `turns away ${rate} of its commands`, why);
  }

  /** Answers commands that are held without an answer and came over a connection now broken. */
  releaseHeld(nexus: number, lun?: number): void {
    const { nexus: nexuses, lun: luns, status } = this.sim.requests;
    const isMeant = (io: Io): boolean =>
      nexuses[io] === nexus && (lun === undefined || luns[io] === lun);
    for (const io of this.arrivals.takeAll(isMeant)) {
      status[io] = hostStatus(HOST_NO_CONNECT);
      this.after(0, io);
    }
    for (const io of this.answers.takeAll(isMeant)) {
      status[io] = hostStatus(HOST_NO_CONNECT);
      this.finish(io);
    }
    this.held.releaseHeld(nexus, lun);
  }

  override submit(io: Io): void {
    if (this.impaired && this.stops(io)) return;
    const { traced, breakdown, lun } = this.sim.requests;
    if (traced[io] !== 0) breakdown.pass(io, PART_PORT, this.sim.now);
    if (this.station.pass(io)) {
      this.controllerOf[io] = this.controller;
      this.enter(io);
      this.sim.layers[lun[io]].submit(io);
    } else if (this.isTask(io)) {
      // Task management does not queue.
      this.controllerOf[io] = this.controller;
      this.sim.layers[lun[io]].submit(io);
    } else {
      this.turnAway(io);
    }
  }

  override complete(io: Io): void {
    const { readyAt, traced, breakdown } = this.sim.requests;
    if (traced[io] !== 0) {
      breakdown.pass(io, PART_CONTROLLER, Math.max(this.sim.now, readyAt[io]));
    }
    if (this.impaired && this.hung) this.answers.push(io);
    else this.finish(io);
  }

  private finish(io: Io): void {
    const { op, blocks, status, traced, breakdown } = this.sim.requests;
    if (traced[io] !== 0) breakdown.pass(io, PART_PORT, this.sim.now);
    this.station.finish(io);
    const latencyNs = this.sim.now - this.station.arrivalOf(io);
    this.traffic.add(op[io], blocks[io], latencyNs, status[io]);
    this.leave(io).complete(io);
  }

  /** A command that was turned away. */
  override fire(io: Io): void {
    const { traced, breakdown } = this.sim.requests;
    if (traced[io] !== 0) breakdown.pass(io, PART_PORT, this.sim.now);
    this.leave(io).complete(io);
  }

  private turnAway(io: Io): void {
    this.entity.values[this.fullSlot]++;
    this.sim.requests.status[io] = deviceStatus(TASK_SET_FULL);
    this.after(REFUSAL_NS, io);
  }

  private isTask(io: Io): boolean {
    const op = this.sim.requests.op[io];
    return op === ABORT || op === LUN_RESET;
  }

  private look(): void {
    this.impaired = this.hung || this.fullRate > 0;
  }

  /** Looks twice at a command; true when it gets no further. */
  private stops(io: Io): boolean {
    if (this.hung) {
      this.arrivals.push(io);
      return true;
    }
    if (this.isTask(io) || this.refusals.unit() >= this.fullRate) return false;
    this.turnAway(io);
    return true;
  }

  private changed(why: string): void {
    const value = this.up ? 1 : 0;
    if (this.entity.values[this.upSlot] === value) return;
    this.entity.values[this.upSlot] = value;
    this.sim.log.note('port.state', this.name, this.up ? 'up' : 'down', why);
    for (const listener of this.listeners) listener();
  }
}
