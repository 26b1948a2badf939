/** What the engine tells the screen of itself: names once, then frames, and events and faults with them. */
import type { EntityInfo } from '../engine/core/meters.js';
import type { FromEngine } from './engine.js';
import type { Machine } from './machine-kinds.js';

/** Shortest time between two frames, ms: twice as many as anybody can read. */
const INTERVAL_MS_MIN = 50;
/** Events sent at once; the log itself is complete. */
const EVENTS_MAX = 1_000;

export class FrameSender {
  private intervalMs = 1_000;
  private dueMs = 0;
  private atMs = 0;
  private atNs = 0;
  private completed = 0;
  /** Labels of each object as the screen knows them. */
  private labels: readonly EntityInfo['labels'][] = [];
  private layoutVersion = 0;
  private faultsSent = '';
  private drillSent = '';
  private doneSent = false;

  /** @param now real time, ms */
  constructor(
    private readonly post: (message: FromEngine) => void,
    private readonly now: () => number,
  ) {}

  /** The screen knows that the machine is over. */
  get hasSaidDone(): boolean {
    return this.doneSent;
  }

  setInterval(ms: number): void {
    this.intervalMs = Math.max(INTERVAL_MS_MIN, ms);
    this.dueMs = this.now() + this.intervalMs;
  }

  /** Real time until the next frame is to go out, ms; 0 when it is late. */
  get untilDue(): number {
    return Math.max(0, this.dueMs - this.now());
  }

  /** Another run takes the place of the one so far; its names are sent anew. */
  adopt(machine: Machine): void {
    this.labels = [];
    this.doneSent = false;
    this.passOver(machine);
  }

  /** What was passed over has not been played: it says nothing about speed. */
  passOver(machine: Machine): void {
    this.atNs = machine.now;
    this.completed = machine.completed;
  }

  /**
   * Sends a frame when it is due. One that is late does not put off those that follow: that many a
   * second are meant.
   */
  sendIfDue(machine: Machine): void {
    if (this.untilDue > 0) return;
    const next = this.dueMs + this.intervalMs;
    this.send(machine);
    if (next > this.now()) this.dueMs = next;
  }

  send(machine: Machine): void {
    this.layout(machine);
    const now = this.now();
    const seconds = Math.max(0.001, (now - this.atMs) / 1_000);
    const sample = machine.sample();
    const done = machine.over;
    this.events(machine);
    this.active(machine);
    this.drill(machine);
    this.post({
      type: 'frame',
      layoutVersion: this.layoutVersion,
      at: sample.at,
      values: sample.values,
      histograms: sample.histograms,
      speed: (machine.now - this.atNs) / 1e9 / seconds,
      ioPerSecond: (machine.completed - this.completed) / seconds,
      done,
    });
    this.atMs = now;
    this.passOver(machine);
    this.dueMs = now + this.intervalMs;
    this.doneSent = done;
  }

  /** Names travel once, and again when objects have been added or belong elsewhere. */
  private layout(machine: Machine): void {
    const { entities } = machine;
    const isKnown =
      entities.length === this.labels.length &&
      entities.every(({ labels }, at) => labels === this.labels[at]);
    if (isKnown && this.layoutVersion > 0) return;
    this.labels = entities.map(({ labels }) => labels);
    this.layoutVersion++;
    this.post({
      type: 'layout',
      version: this.layoutVersion,
      // Plain copies: an Entity holds a view of the whole counter array and a function.
      entities: entities.map(
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
    if (entries.length > 0) this.post({ type: 'events', entries: entries.slice(-EVENTS_MAX) });
  }

  private active(machine: Machine): void {
    const active = machine.activeFaults();
    const text = JSON.stringify(active);
    if (text === this.faultsSent) return;
    this.faultsSent = text;
    this.post({ type: 'faults', active });
  }

  private drill(machine: Machine): void {
    const state = machine.drill?.();
    if (state === undefined) return;
    const text = JSON.stringify(state);
    if (text === this.drillSent) return;
    this.drillSent = text;
    this.post({ type: 'drill', ...state });
  }
}
