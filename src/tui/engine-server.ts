/**
 * The worker's side: runs a simulation at the pace the screen asks for, and sends frames. Real time
 * enters only here; when and how often frames are taken changes nothing in the simulation.
 */
import { InputError } from '../engine/core/errors.js';
import type { Command, FromEngine, StartMessage, ToEngine } from './engine.js';
import { FrameSender } from './frame-sender.js';
import { isRepeatable, type Machine } from './machine-kinds.js';
import { Pace, SLICE_MS } from './pace.js';
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

/** How often a slow pace moves on: finer than the shortest refresh. */
const TURN_MS = 10;

export class EngineServer {
  private machine: Machine | undefined;
  private readonly pace: Pace;
  private readonly frames: FrameSender;
  private turning = false;
  private timeline: Timeline | undefined;
  private stopped = false;
  /** Asked for; holds for an engine that is started anew. */
  private following = false;

  constructor(
    private readonly send: (message: FromEngine) => void,
    private readonly open: (start: StartMessage) => Machine | Promise<Machine>,
    private readonly clock: Clock = realClock,
  ) {
    const now = (): number => clock.now();
    this.pace = new Pace(now);
    this.frames = new FrameSender(send, now);
  }

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
    this.frames.adopt(machine);
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
        this.pace.speed = message.speed;
        this.anchor();
        this.turnSoon(0);
        break;
      case 'frame-interval':
        this.frames.setInterval(message.ms);
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
      this.frames.passOver(machine);
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

  private anchor(): void {
    this.pace.anchor(this.machine?.now ?? 0);
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
    if (this.pace.speed <= 0) {
      this.frame();
      return;
    }
    const behind = this.pace.slice(machine);
    this.frames.sendIfDue(machine);
    if (machine.over) {
      if (!this.frames.hasSaidDone) this.frame();
      return;
    }
    this.turnSoon(behind ? 0 : Math.min(TURN_MS, this.frames.untilDue));
  }

  private frame(): void {
    if (this.machine !== undefined) this.frames.send(this.machine);
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
