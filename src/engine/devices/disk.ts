import { PART_CONTROLLER, PART_DISK } from '../core/breakdown.js';
import { type Discipline, Fifo } from '../core/discipline.js';
import { type Io, NO_IO } from '../core/io.js';
import { Layer } from '../core/layer.js';
import type { Entity } from '../core/meters.js';
import type { Sim } from '../core/sim.js';
import { STATION_FIELDS, Station } from '../core/station.js';
import { TRAFFIC_FIELDS, Traffic } from '../core/traffic.js';
import type { ModelPlan } from '../plan/plan.js';
import { AccessOrder } from './access-order.js';
import type { DiskModel } from './model.js';
import { createModel } from './models/index.js';

export interface DiskOptions {
  readonly name: string;
  /** Names of the array (or server) and pool it belongs to. */
  readonly array: string;
  readonly pool: string;
  readonly model: ModelPlan;
  readonly capacityBlocks: number;
}

/** One spindle or SSD: commands wait for a channel and take the time its model says. */
export class Disk extends Layer {
  readonly entity: Entity;
  readonly station: Station;
  private readonly model: DiskModel;
  private readonly traffic: Traffic;
  private readonly inOrder: boolean;
  private slow = 1;
  protected stalled = false;

  /** @param discipline who is next, if not who came first; it sees every command */
  constructor(sim: Sim, options: DiskOptions, discipline?: Discipline) {
    super(sim, options.name);
    const { name, array, pool, model, capacityBlocks } = options;
    this.model = createModel(model, { stream: sim.random.stream(`disk ${name}`), capacityBlocks });
    this.entity = sim.meters.define('spindle', name, { array, pool, model: model.model }, [
      ...TRAFFIC_FIELDS,
      ...STATION_FIELDS,
      'state',
    ]);
    this.traffic = new Traffic(sim, this.entity);
    this.inOrder = discipline === undefined;
    const { channels, order } = this.model;
    const own = order === undefined ? new Fifo() : new AccessOrder(sim, order);
    this.station = new Station(sim, 'spindle', this.entity, channels, discipline ?? own);
  }

  /** Shows what the disk is to its group: 0 whole, 1 failed, 2 being rebuilt. */
  showState(state: number): void {
    this.entity.values[this.entity.slot('state')] = state;
  }

  /** Every command takes `factor` times as long; 1 is healthy. */
  setSlow(factor: number, why: string): void {
    this.slow = factor;
    const what = factor === 1 ? 'normal speed' : `${factor} times slower`;
    this.sim.log.note('disk.slow', this.name, what, why);
  }

  /** A stalled disk starts no command; those already in service end. */
  setStalled(stalled: boolean, why: string): void {
    if (stalled === this.stalled) return;
    this.stalled = stalled;
    this.sim.log.note('disk.slow', this.name, stalled ? 'stalled' : 'runs again', why);
    this.dispatch();
  }

  override submit(io: Io): void {
    const { traced, breakdown } = this.sim.requests;
    if (traced[io] !== 0) breakdown.pass(io, PART_CONTROLLER, this.sim.now);
    if (this.inOrder && !this.stalled && this.station.pass(io)) {
      this.serve(io);
    } else {
      this.station.arrive(io);
      this.dispatch();
    }
  }

  override fire(io: Io): void {
    const { op, blocks, status, traced, breakdown } = this.sim.requests;
    if (traced[io] !== 0) breakdown.pass(io, PART_DISK, this.sim.now);
    this.station.finish(io);
    const latencyNs = this.sim.now - this.station.arrivalOf(io);
    this.traffic.add(op[io], blocks[io], latencyNs, status[io]);
    this.leave(io).complete(io);
    if (this.station.queued > 0) this.dispatch();
  }

  protected dispatch(): void {
    if (this.stalled) return;
    for (let io = this.station.start(); io !== NO_IO; io = this.station.start()) this.serve(io);
  }

  private serve(io: Io): void {
    const { op, lba, blocks } = this.sim.requests;
    const ns = this.model.serviceNs(op[io], lba[io], blocks[io], this.sim.now);
    this.after(this.slow === 1 ? ns : Math.round(ns * this.slow), io);
  }
}
