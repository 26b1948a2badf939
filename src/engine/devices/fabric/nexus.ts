import type { Lane } from '../../core/events.js';
import { BLOCK_BYTES, type Io, READ, WRITE } from '../../core/io.js';
import { Layer } from '../../core/layer.js';
import type { Entity } from '../../core/meters.js';
import type { Stream } from '../../core/random.js';
import type { Sim } from '../../core/sim.js';
import { HOST_ERROR, HOST_NO_CONNECT, hostStatus } from '../../core/status.js';
import type { TargetPort } from '../array/target-port.js';

export interface NexusOptions {
  readonly host: string;
  readonly adapter: string;
  readonly array: string;
  /** One way. */
  readonly latencyNs: number;
  readonly bytesPerSecond: number;
}

const NO_CONNECT = hostStatus(HOST_NO_CONNECT);
const LOST_COMMAND = hostStatus(HOST_ERROR);

/**
 * The connection between one adapter of a host and one port of an array (I_T nexus): latency, and a
 * link each way on which transfers follow one another. Going out takes one event; coming back the
 * row carries the time of its arrival in `readyAt`, and the driver waits for it.
 */
export class Nexus extends Layer {
  readonly entity: Entity;
  readonly host: string;
  readonly adapter: string;
  private readonly lane: Lane;
  private readonly errors: Stream;
  private readonly blockNs: number;
  private readonly latencyNs: number;
  private readonly firstSlot: number;
  /** When each direction of the link is free, ns. */
  private outUntil = 0;
  private backUntil = 0;
  private lastArrival = 0;

  private linkUp = true;
  private wasUp = true;
  private extraNs = 0;
  private errorRate = 0;
  private readonly blocked = new Set<number>();
  /** Something is wrong: look twice at every row. */
  private impaired = false;
  private readonly listeners: (() => void)[] = [];

  constructor(
    sim: Sim,
    options: NexusOptions,
    readonly port: TargetPort,
  ) {
    super(sim, `${options.host}:${options.adapter}-${port.name}`);
    this.host = options.host;
    this.adapter = options.adapter;
    this.latencyNs = Math.round(options.latencyNs);
    this.blockNs = (BLOCK_BYTES * 1e9) / options.bytesPerSecond;
    const { host, adapter, array } = options;
    this.entity = sim.meters.define('nexus', this.name, { host, adapter, array, port: port.name }, [
      'up',
      'bytesOut',
      'bytesIn',
      'commands',
    ]);
    this.firstSlot = this.entity.slot('up');
    this.entity.values[this.firstSlot] = 1;
    this.lane = sim.lane(this);
    this.errors = sim.random.stream(`nexus ${this.name}`);
    port.onChange(() => this.changed());
  }

  get controller(): number {
    return this.port.controller;
  }

  /** True while this connection and the port at its end work. */
  get up(): boolean {
    return this.linkUp && this.port.up;
  }

  setUp(up: boolean, why: string): void {
    if (up === this.linkUp) return;
    this.linkUp = up;
    this.sim.log.note('nexus.state', this.name, up ? 'up' : 'down', why);
    this.changed();
  }

  /** Cuts off or restores one LUN, by its layer index, on this connection only. */
  setLunReachable(lun: number, reachable: boolean, why: string): void {
    if (reachable === this.isLunReachable(lun)) return;
    if (reachable) this.blocked.delete(lun);
    else this.blocked.add(lun);
    const what = `LUN ${this.sim.layers[lun].name} ${reachable ? 'reachable' : 'not reachable'}`;
    this.sim.log.note('nexus.state', this.name, what, why);
    this.impaired = this.isImpaired();
    if (!reachable) this.port.releaseHeld(this.index, lun);
    this.notify();
  }

  isLunReachable(lun: number): boolean {
    return !this.blocked.has(lun);
  }

  /** Adds to the latency of each direction. */
  setExtraDelay(ns: number, why: string): void {
    if (ns === this.extraNs) return;
    this.extraNs = Math.round(ns);
    this.sim.log.note('nexus.state', this.name, `${ns} ns of extra delay`, why);
  }

  /** Share of commands that are lost on the way and come back with a host error, 0..1. */
  setErrorRate(rate: number, why: string): void {
    if (rate === this.errorRate) return;
    this.errorRate = rate;
    this.sim.log.note('nexus.state', this.name, `error rate ${rate}`, why);
    this.impaired = this.isImpaired();
  }

  /** Calls `listener` after each change of `up` or of a LUN's reachability. */
  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  override submit(io: Io): void {
    const { op, blocks, status, sense, readyAt } = this.sim.requests;
    const ready = Math.max(this.sim.now, readyAt[io]);
    status[io] = 0;
    sense[io] = 0;
    if (this.impaired && !this.up) {
      status[io] = NO_CONNECT;
      this.sim.events.push(ready, this.index, io);
      return;
    }
    const { values } = this.entity;
    const { firstSlot } = this;
    values[firstSlot + 3]++;
    let sent = Math.max(ready, this.outUntil);
    if (op[io] === WRITE) {
      values[firstSlot + 1] += blocks[io] * BLOCK_BYTES;
      sent += Math.round(blocks[io] * this.blockNs);
    }
    this.outUntil = sent;
    const arrival = sent + this.latencyNs + this.extraNs;
    if (arrival >= this.lastArrival) {
      this.lastArrival = arrival;
      this.lane.push(arrival, io);
    } else {
      this.sim.events.push(arrival, this.index, io);
    }
  }

  /** The row arrives at the port, or does not. */
  override fire(io: Io): void {
    const { status } = this.sim.requests;
    if (this.impaired && status[io] === 0) status[io] = this.mishap(io);
    if (status[io] !== 0) {
      this.sim.requests.readyAt[io] = this.sim.now;
      this.leave(io).complete(io);
      return;
    }
    this.enter(io);
    this.port.submit(io);
  }

  override complete(io: Io): void {
    const { op, blocks, status, sense, readyAt, lun } = this.sim.requests;
    if (this.impaired && (!this.up || this.blocked.has(lun[io]))) {
      status[io] = NO_CONNECT;
      sense[io] = 0;
    }
    let transferNs = 0;
    if (op[io] === READ && status[io] === 0) {
      this.entity.values[this.firstSlot + 2] += blocks[io] * BLOCK_BYTES;
      transferNs = Math.round(blocks[io] * this.blockNs);
    }
    // The link's turn counts from now, so that a row carrying a delay does not hold up the others.
    this.backUntil = Math.max(this.sim.now, this.backUntil) + transferNs;
    const back = Math.max(this.backUntil, readyAt[io] + transferNs);
    readyAt[io] = back + this.latencyNs + this.extraNs;
    this.leave(io).complete(io);
  }

  /** What befalls a command on a connection that is not well; 0 is nothing. */
  private mishap(io: Io): number {
    if (!this.up || this.blocked.has(this.sim.requests.lun[io])) return NO_CONNECT;
    if (this.errorRate > 0 && this.errors.unit() < this.errorRate) return LOST_COMMAND;
    return 0;
  }

  private isImpaired(): boolean {
    return !this.up || this.blocked.size > 0 || this.errorRate > 0;
  }

  private changed(): void {
    this.impaired = this.isImpaired();
    if (this.up === this.wasUp) return;
    this.wasUp = this.up;
    this.entity.values[this.firstSlot] = this.up ? 1 : 0;
    if (!this.up) this.port.releaseHeld(this.index);
    this.notify();
  }

  private notify(): void {
    for (const listener of this.listeners) listener();
  }
}
