import { PART_DRIVER, PART_FABRIC } from '../../core/breakdown.js';
import { Fifo } from '../../core/discipline.js';
import type { Lane } from '../../core/events.js';
import { BLOCK_BYTES, type Io, NO_IO, READ, WRITE } from '../../core/io.js';
import { Layer } from '../../core/layer.js';
import type { Entity } from '../../core/meters.js';
import type { Stream } from '../../core/random.js';
import type { Sim } from '../../core/sim.js';
import { HOST_ERROR, HOST_NO_CONNECT, HOST_RETRY, hostStatus } from '../../core/status.js';
import { formatDuration } from '../../core/units.js';
import type { TargetPort } from '../array/target-port.js';
import type { LinkLoss } from './protocols.js';

export interface NexusOptions {
  readonly host: string;
  readonly adapter: string;
  readonly array: string;
  /** One way. */
  readonly latencyNs: number;
  readonly bytesPerSecond: number;
  /** How the connection's protocol loses its target; at once when left out. */
  readonly loss?: LinkLoss;
}

const NO_CONNECT = hostStatus(HOST_NO_CONNECT);
const RETRY = hostStatus(HOST_RETRY);
const LOST_COMMAND = hostStatus(HOST_ERROR);

/** Phases of a connection that breaks; a healthy one is WELL. */
const WELL = 0;
/** Commands hang: the host has not noticed. */
const SILENT = 1;
/** Commands come back with RETRY: the target may return. */
const RETRYING = 2;
/** Commands come back with NO_CONNECT. */
const GONE = 3;

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
  /** The host has dropped its session and the target does not answer the next login. */
  private loggedOut = false;
  /** The host has given the target up and does not notice that it is back. */
  private givenUp = false;
  private wasUp = true;
  private extraNs = 0;
  private errorRate = 0;
  private readonly blocked = new Set<number>();
  /** Something is wrong: look twice at every row. */
  private impaired = false;
  private phase = WELL;
  private readonly loss: LinkLoss | undefined;
  private cancelTimer: (() => void) | undefined;
  /** A command has hung since the break: the host will ask the target whether it is there. */
  private asking = false;
  /** Commands and answers on their way while the connection is silent. */
  private readonly lostOut = new Fifo();
  private readonly lostBack = new Fifo();
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
    this.loss = options.loss;
    this.errors = sim.random.stream(`nexus ${this.name}`);
    port.onChange(() => {
      if (this.loggedOut && port.answering) this.logIn();
      this.changed();
    });
  }

  get controller(): number {
    return this.port.controller;
  }

  /** True while this connection and the port at its end work. */
  get up(): boolean {
    return this.linkUp && this.port.up && !this.loggedOut && !this.givenUp;
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

  /** Logs out of the target and in again: commands the target holds come back. */
  dropSession(why: string): void {
    const what = 'logged out, commands the target holds come back';
    this.sim.log.note('nexus.reset', this.name, what, why);
    this.port.releaseHeld(this.index);
    if (this.port.answering || this.loggedOut) return;
    this.loggedOut = true;
    this.sim.log.note('nexus.state', this.name, 'down', 'the target does not answer the login');
    if (!this.wasUp) return;
    this.impaired = true;
    this.wasUp = false;
    this.entity.values[this.firstSlot] = 0;
    this.enterPhase(GONE);
  }

  /** Somebody looks for targets: one that was given up is found again, if it is there. */
  rediscover(): void {
    if (!this.givenUp) return;
    this.givenUp = false;
    this.sim.log.note('nexus.loss', this.name, 'looked for again', 'rescan');
    this.changed();
  }

  isLunReachable(lun: number): boolean {
    return !this.blocked.has(lun);
  }

  /** The host's own port has lost its link: nobody waits for what the target holds back. */
  hostPortDown(): void {
    this.port.releaseHeld(this.index);
  }

  /** Adds to the latency of each direction. */
  setExtraDelay(ns: number, why: string): void {
    if (ns === this.extraNs) return;
    this.extraNs = Math.round(ns);
    this.sim.log.note('nexus.state', this.name, `${formatDuration(ns)} of extra delay`, why);
  }

  /** Share of commands that are lost on the way and come back with a host error, 0..1. */
  setErrorRate(rate: number, why: string): void {
    if (rate === this.errorRate) return;
    this.errorRate = rate;
    this.sim.log.note('nexus.state', this.name, `error rate ${rate}`, why);
    this.impaired = this.isImpaired();
  }

  /** Calls `listener` after each change of what the host knows of `up` or of a LUN. */
  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  override submit(io: Io): void {
    const { op, blocks, status, sense, readyAt, traced, breakdown } = this.sim.requests;
    const ready = Math.max(this.sim.now, readyAt[io]);
    if (traced[io] !== 0) breakdown.pass(io, PART_DRIVER, ready);
    status[io] = 0;
    sense[io] = 0;
    if (this.impaired && this.phase > SILENT) {
      status[io] = this.lossStatus;
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
    const { status, traced, breakdown } = this.sim.requests;
    if (traced[io] !== 0) breakdown.pass(io, PART_FABRIC, this.sim.now);
    if (this.impaired && status[io] === 0) {
      if (this.phase === SILENT) {
        this.hang(this.lostOut, io);
        return;
      }
      status[io] = this.mishap(io);
    }
    if (status[io] !== 0) {
      this.sim.requests.readyAt[io] = this.sim.now;
      this.leave(io).complete(io);
      return;
    }
    this.enter(io);
    this.port.submit(io);
  }

  override complete(io: Io): void {
    const { op, blocks, status, sense, readyAt, lun, traced, breakdown } = this.sim.requests;
    if (this.impaired && (!this.up || this.blocked.has(lun[io]))) {
      if (this.phase === SILENT) {
        this.hang(this.lostBack, io);
        return;
      }
      status[io] = this.phase === WELL ? NO_CONNECT : this.lossStatus;
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
    if (traced[io] !== 0) breakdown.pass(io, PART_FABRIC, readyAt[io]);
    this.leave(io).complete(io);
  }

  private logIn(): void {
    this.loggedOut = false;
    this.sim.log.note('nexus.state', this.name, 'up', 'the target answers the login');
  }

  /** What befalls a command on a connection that is not well; 0 is nothing. */
  private mishap(io: Io): number {
    if (!this.up) return this.lossStatus;
    if (this.blocked.has(this.sim.requests.lun[io])) return NO_CONNECT;
    if (this.errorRate > 0 && this.errors.unit() < this.errorRate) return LOST_COMMAND;
    return 0;
  }

  private isImpaired(): boolean {
    return !this.up || this.blocked.size > 0 || this.errorRate > 0;
  }

  private get lossStatus(): number {
    return this.phase === RETRYING ? RETRY : NO_CONNECT;
  }

  private changed(): void {
    this.impaired = this.isImpaired();
    if (this.up === this.wasUp) return;
    this.wasUp = this.up;
    this.entity.values[this.firstSlot] = this.up ? 1 : 0;
    this.cancelTimer?.();
    this.cancelTimer = undefined;
    if (this.up) {
      this.enterPhase(WELL);
      return;
    }
    this.port.releaseHeld(this.index);
    this.asking = false;
    if (this.loss === undefined || this.loss.noticeNs === 0) {
      this.notice();
    } else {
      this.phase = SILENT;
      this.wakeAfter(this.loss.idleNoticeNs, () => this.notice());
    }
  }

  /** A command or an answer gets lost; the first of them makes the host ask. */
  private hang(lost: Fifo, io: Io): void {
    lost.push(io);
    if (this.asking) return;
    this.asking = true;
    this.cancelTimer?.();
    this.wakeAfter(this.loss!.noticeNs, () => this.notice());
  }

  /** The host knows that the connection is broken. */
  private notice(): void {
    const retryNs = this.loss?.retryNs ?? 0;
    if (retryNs > 0) {
      this.wakeAfter(retryNs, () => this.enterPhase(GONE));
      this.enterPhase(RETRYING);
    } else {
      this.enterPhase(GONE);
    }
  }

  private enterPhase(phase: number): void {
    this.phase = phase;
    if (phase !== WELL && this.loss !== undefined) {
      const what = phase === RETRYING ? 'commands are retried' : 'commands fail';
      this.sim.log.note('nexus.loss', this.name, what, 'no connection to the target');
    }
    const giveUpNs = this.loss?.giveUpNs ?? 0;
    if (phase === GONE && giveUpNs > 0) this.wakeAfter(giveUpNs, () => this.giveUp(giveUpNs));
    this.releaseLost();
    this.notify();
  }

  private giveUp(afterNs: number): void {
    this.givenUp = true;
    const why = `no connection for ${formatDuration(afterNs)}`;
    this.sim.log.note('nexus.loss', this.name, 'given up until somebody looks for it', why);
  }

  /** What hung goes on, or comes back as the phase says. */
  private releaseLost(): void {
    for (let io = this.lostOut.pop(); io !== NO_IO; io = this.lostOut.pop()) this.fire(io);
    for (let io = this.lostBack.pop(); io !== NO_IO; io = this.lostBack.pop()) this.complete(io);
  }

  private wakeAfter(delayNs: number, action: () => void): void {
    this.cancelTimer = this.sim.timers.delay(delayNs, () => {
      this.cancelTimer = undefined;
      action();
    });
  }

  private notify(): void {
    for (const listener of this.listeners) listener();
  }
}
