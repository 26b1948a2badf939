/**
 * The worker's side: runs a simulation at the pace the screen asks for, and sends frames. Real time
 * enters only here; when and how often frames are taken changes nothing in the simulation.
 */
import { InputError } from '../engine/core/errors.js';
import type { EntityInfo } from '../engine/core/meters.js';
import type { Command, FromEngine, StartMessage, ToEngine } from './engine.js';
import { isRepeatable, type Machine } from './machine-kinds.js';
import type { ToTimeline } from './time/messages.js';
import { isAboutTime, Timeline, type TimelineHost } from './time/timeline.js';

/** Time and turns; tests pass their own. */
export interface Clock {
  /** Real time, ms. */
  now(): number;
  /** Calls back after `ms`, and after messages that are waiting have been heard. */
  later(ms: number, callback: () => void): void;
}

export const realClock: Clock = {
  now: () => performance.now(),
  later: (ms, callback) => {
    if (ms <= 0) setImmediate(callback);
    else setTimeout(callback, ms);
  },
};

/** Longest real time the engine runs before it listens again. */
const SLICE_MS = 20;
/** Real time one call of the simulation should take, so that slices and paces are kept. */
const CHUNK_MS = 4;
const CHUNK_NS_MIN = 1_000;
const CHUNK_NS_MAX = 10e9;
/** Behind by more than this the debt is dropped: the machine is too slow for the pace. */
const DEBT_MS = 250;
/** How often a slow pace moves on: finer than the shortest refresh. */
const TURN_MS = 10;
/** Events sent at once; the log itself is complete. */
const EVENTS_MAX = 1_000;

export class EngineServer {
  private machine: Machine | undefined;
  private speed = 0;
  private intervalMs = 1_000;
  private anchorMs = 0;
  private anchorNs = 0;
  private chunkNs = 1e6;
  private turning = false;
  private frameAtMs = 0;
  private frameAtNs = 0;
  private frameCompleted = 0;
  private layoutSize = 0;
  private layoutVersion = 0;
  private faultsSent = '';
  private drillSent = '';
  private timeline: Timeline | undefined;
  private doneSent = false;
  private stopped = false;
  /** Asked for; holds for an engine that is started anew. */
  private following = false;

  constructor(
    private readonly send: (message: FromEngine) => void,
    private readonly open: (start: StartMessage) => Machine | Promise<Machine>,
    private readonly clock: Clock = realClock,
  ) {}

  /** Handles one message; nothing it does throws. */
  async hear(message: ToEngine): Promise<void> {
    try {
      if (message.type === 'start') await this.start(message);
      else this.obey(message);
    } catch (error) {
      this.fail(error);
    }
  }

  private async start(message: StartMessage): Promise<void> {
    const machine = await this.open(message);
    this.machine = machine;
    if (this.following) machine.setBreakdown?.(true);
    this.anchor();
    this.frame();
    // A recording has something to show at once: its first sample.
    if (machine.seek !== undefined) this.seek(1);
    if (isRepeatable(machine)) this.timeline = new Timeline(this.host(), machine, machine.saved);
    this.turnSoon(0);
  }

  private host(): TimelineHost {
    return {
      send: this.send,
      now: () => this.clock.now(),
      adopt: (machine) => this.adopt(machine),
      frame: () => this.frame(),
    };
  }

  /** Another run takes the place of the one so far; its names are sent anew. */
  private adopt(machine: Machine): void {
    this.machine = machine;
    if (this.following) machine.setBreakdown?.(true);
    this.layoutSize = 0;
    this.doneSent = false;
    this.frameAtNs = machine.now;
    this.frameCompleted = machine.completed;
    this.anchor();
    this.frame();
  }

  private obey(message: Exclude<ToEngine, StartMessage>): void {
    if (isAboutTime(message)) {
      this.time(message);
      return;
    }
    switch (message.type) {
      case 'pace':
        this.speed = message.speed;
        this.anchor();
        this.turnSoon(0);
        break;
      case 'frame-interval':
        this.intervalMs = Math.max(50, message.ms);
        break;
      case 'step':
        this.step(message.ns);
        break;
      case 'seek':
        this.seek(message.samples);
        break;
      case 'command':
        this.command(message.command);
        break;
      case 'path-history':
        this.pathHistory(message.host, message.path);
        break;
      case 'breakdown':
        this.following = message.on;
        this.machine?.setBreakdown?.(message.on);
        if (message.on) this.frame();
        break;
      case 'stop':
        this.stopped = true;
        break;
    }
  }

  private time(message: ToTimeline): void {
    const { timeline } = this;
    if (timeline === undefined) {
      this.send({ type: 'refused', lines: ['what is recorded cannot be run once more'] });
      return;
    }
    this.orRefuse(() => timeline.hear(message));
    if (message.type === 'undo') this.frame();
    this.anchor();
    this.turnSoon(0);
  }

  private step(ns: number): void {
    const { machine } = this;
    if (machine === undefined || this.timeline?.busy) return;
    if (machine.seek !== undefined) {
      this.seek(1);
      return;
    }
    machine.runUntil(Math.min(machine.now + ns, machine.plan.durationNs));
    this.anchor();
    this.frame();
  }

  /** On the way on every sample is shown, so that charts have no gaps. */
  private seek(samples: number): void {
    const { machine } = this;
    if (machine === undefined) return;
    if (machine.seek === undefined) {
      this.send({ type: 'refused', lines: ['only a recording can be moved to another sample'] });
      return;
    }
    const backward = Math.min(0, samples);
    for (let left = Math.max(1, samples); left > 0 && !(backward === 0 && machine.over); left--) {
      machine.seek(backward === 0 ? 1 : backward);
      // What was passed over has not been played: it says nothing about speed.
      this.frameAtNs = machine.now;
      this.frameCompleted = machine.completed;
      this.frame();
    }
    this.anchor();
    this.turnSoon(0);
  }

  private command(command: Command): void {
    const { machine } = this;
    if (machine === undefined) return;
    this.orRefuse(() => {
      this.timeline?.beforeCommand();
      machine.command(command);
      this.timeline?.tell();
    });
    this.frame();
  }

  private pathHistory(host: string, path: string): void {
    const { machine } = this;
    if (machine === undefined) return;
    this.orRefuse(() => {
      const entries = machine.pathHistory(host, path);
      this.send({ type: 'path-history', host, path, entries });
    });
  }

  /** What names something that is not there is refused, and all goes on. */
  private orRefuse(action: () => void): void {
    try {
      action();
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      this.send({ type: 'refused', lines: error.message.split('\n') });
    }
  }

  /** From here simulated time is counted against real time. */
  private anchor(): void {
    this.anchorMs = this.clock.now();
    this.anchorNs = this.machine?.now ?? 0;
  }

  private turnSoon(ms: number): void {
    if (this.turning || this.stopped || this.machine === undefined) return;
    this.turning = true;
    this.clock.later(ms, () => {
      this.turning = false;
      try {
        this.turn();
      } catch (error) {
        this.fail(error);
      }
    });
  }

  /** Runs one slice, sends a frame when it is due, and asks for the next turn. */
  private turn(): void {
    const { machine } = this;
    if (machine === undefined || this.stopped) return;
    if (this.timeline?.busy) {
      this.timeline.work(this.clock.now() + SLICE_MS);
      this.anchor();
      this.turnSoon(0);
      return;
    }
    if (this.speed <= 0) {
      this.frame();
      return;
    }
    const behind = this.runSlice(machine);
    if (this.clock.now() - this.frameAtMs >= this.intervalMs) this.frame();
    if (machine.over) {
      if (!this.doneSent) this.frame();
      return;
    }
    this.turnSoon(behind ? 0 : Math.min(TURN_MS, this.intervalMs));
  }

  /** True when the engine is behind its pace. */
  private runSlice(machine: Machine): boolean {
    const began = this.clock.now();
    const end = machine.plan.durationNs;
    for (let now = began; now - began < SLICE_MS; ) {
      const due = this.dueNs(now);
      const target = Math.min(end, due, machine.now + this.chunkNs);
      if (target <= machine.now || machine.over) return false;
      machine.runUntil(target);
      const after = this.clock.now();
      if (after - now > CHUNK_MS) this.chunkNs = Math.max(CHUNK_NS_MIN, this.chunkNs / 2);
      else if (after - now < CHUNK_MS / 4) this.chunkNs = Math.min(CHUNK_NS_MAX, this.chunkNs * 2);
      this.chunkNs = Math.floor(this.chunkNs);
      now = after;
    }
    const debt = this.dueNs(this.clock.now()) - machine.now;
    if (debt > DEBT_MS * 1e6 * this.speed) this.anchor();
    return true;
  }

  /** Where simulated time should be by now. */
  private dueNs(now: number): number {
    if (this.speed === Number.POSITIVE_INFINITY) return this.speed;
    return this.anchorNs + Math.floor((now - this.anchorMs) * 1e6 * this.speed);
  }

  private frame(): void {
    const { machine } = this;
    if (machine === undefined) return;
    this.layout(machine);
    const now = this.clock.now();
    const seconds = Math.max(0.001, (now - this.frameAtMs) / 1_000);
    const sample = machine.sample();
    const done = machine.over;
    this.events(machine);
    this.active(machine);
    this.drill(machine);
    this.send({
      type: 'frame',
      layoutVersion: this.layoutVersion,
      at: sample.at,
      values: sample.values,
      histograms: sample.histograms,
      speed: (machine.now - this.frameAtNs) / 1e9 / seconds,
      ioPerSecond: (machine.completed - this.frameCompleted) / seconds,
      done,
    });
    this.frameAtMs = now;
    this.frameAtNs = machine.now;
    this.frameCompleted = machine.completed;
    this.doneSent = done;
  }

  /** Names travel once, and again when objects have been added. */
  private layout(machine: Machine): void {
    if (machine.entities.length === this.layoutSize && this.layoutVersion > 0) return;
    this.layoutSize = machine.entities.length;
    this.layoutVersion++;
    this.send({
      type: 'layout',
      version: this.layoutVersion,
      // Plain copies: an Entity holds a view of the whole counter array and a function.
      entities: machine.entities.map(
        ({ index, scope, name, labels, fields, base, histogram }): EntityInfo => ({
          index,
          scope,
          name,
          labels,
          fields,
          base,
          histogram,
        }),
      ),
      plan: machine.plan,
      faults: machine.faults,
    });
  }

  private events(machine: Machine): void {
    const entries = machine.takeEvents();
    if (entries.length > 0) this.send({ type: 'events', entries: entries.slice(-EVENTS_MAX) });
  }

  private active(machine: Machine): void {
    const active = machine.activeFaults();
    const text = JSON.stringify(active);
    if (text === this.faultsSent) return;
    this.faultsSent = text;
    this.send({ type: 'faults', active });
  }

  private drill(machine: Machine): void {
    const state = machine.drill?.();
    if (state === undefined) return;
    const text = JSON.stringify(state);
    if (text === this.drillSent) return;
    this.drillSent = text;
    this.send({ type: 'drill', ...state });
  }

  private fail(error: unknown): void {
    this.stopped = true;
    if (error instanceof InputError) {
      this.send({ type: 'problem', lines: error.message.split('\n') });
    } else {
      const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
      this.send({ type: 'crash', message });
    }
  }
}
