/** How far a simulation runs: as far as real time asks at a speed, in slices between which it listens. */
import type { Machine } from './machine-kinds.js';

/** Longest real time the engine runs before it listens again. */
export const SLICE_MS = 20;
/** Real time one call of the simulation should take, so that slices and paces are kept. */
const CHUNK_MS = 4;
const CHUNK_NS_MIN = 1_000;
const CHUNK_NS_MAX = 10e9;
/** Behind by more than this the debt is dropped: the machine is too slow for the pace. */
const DEBT_MS = 250;

export class Pace {
  /** Simulated seconds per real second; Infinity is as fast as possible, 0 is paused. */
  speed = 0;
  private anchorMs = 0;
  private anchorNs = 0;
  private chunkNs = 1e6;

  /** @param now real time, ms */
  constructor(private readonly now: () => number) {}

  /** From here simulated time is counted against real time. */
  anchor(ns: number): void {
    this.anchorMs = this.now();
    this.anchorNs = ns;
  }

  /**
   * Runs one slice, at most as far as it should be by now: what becomes due meanwhile is the next
   * slice's, or an engine that keeps up would chase the clock with all of a core.
   * @returns true when it is behind
   */
  slice(machine: Machine): boolean {
    const began = this.now();
    const goal = Math.min(machine.plan.durationNs, this.dueNs(began));
    for (let now = began; now - began < SLICE_MS; ) {
      if (machine.now >= goal || machine.over) return false;
      machine.runUntil(Math.min(goal, machine.now + this.chunkNs));
      const after = this.now();
      if (after - now > CHUNK_MS) this.chunkNs = Math.max(CHUNK_NS_MIN, this.chunkNs / 2);
      else if (after - now < CHUNK_MS / 4) this.chunkNs = Math.min(CHUNK_NS_MAX, this.chunkNs * 2);
      this.chunkNs = Math.floor(this.chunkNs);
      now = after;
    }
    const debt = this.dueNs(this.now()) - machine.now;
    if (debt > DEBT_MS * 1e6 * this.speed) this.anchor(machine.now);
    return true;
  }

  /** Where simulated time should be by now. */
  private dueNs(now: number): number {
    if (this.speed === Number.POSITIVE_INFINITY) return this.speed;
    return this.anchorNs + Math.floor((now - this.anchorMs) * 1e6 * this.speed);
  }
}
