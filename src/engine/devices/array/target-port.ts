import type { Io } from '../../core/io.js';
import { Layer } from '../../core/layer.js';
import type { Entity } from '../../core/meters.js';
import type { Sim } from '../../core/sim.js';
import { STATION_FIELDS, Station } from '../../core/station.js';
import { deviceStatus, TASK_SET_FULL } from '../../core/status.js';
import { TRAFFIC_FIELDS, Traffic } from '../../core/traffic.js';

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
    this.upSlot = this.entity.slot('up');
    this.fullSlot = this.entity.slot('queueFull');
    this.entity.values[this.upSlot] = 1;
  }

  /** True while the link has light and the controller runs. */
  get up(): boolean {
    return this.linkUp && this.controllerUp;
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

  /** Calls `listener` after each change of `up`. */
  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  /** Answers commands that are held without an answer and came over a connection now broken. */
  releaseHeld(nexus: number, lun?: number): void {
    this.held.releaseHeld(nexus, lun);
  }

  override submit(io: Io): void {
    if (!this.station.pass(io)) {
      this.entity.values[this.fullSlot]++;
      this.sim.requests.status[io] = deviceStatus(TASK_SET_FULL);
      this.after(REFUSAL_NS, io);
      return;
    }
    this.controllerOf[io] = this.controller;
    this.enter(io);
    this.sim.layers[this.sim.requests.lun[io]].submit(io);
  }

  override complete(io: Io): void {
    const { op, blocks, status } = this.sim.requests;
    this.station.finish(io);
    const latencyNs = this.sim.now - this.station.arrivalOf(io);
    this.traffic.add(op[io], blocks[io], latencyNs, status[io]);
    this.leave(io).complete(io);
  }

  /** A command that was turned away. */
  override fire(io: Io): void {
    this.leave(io).complete(io);
  }

  private changed(why: string): void {
    const value = this.up ? 1 : 0;
    if (this.entity.values[this.upSlot] === value) return;
    this.entity.values[this.upSlot] = value;
    this.sim.log.note('port.state', this.name, this.up ? 'up' : 'down', why);
    for (const listener of this.listeners) listener();
  }
}
