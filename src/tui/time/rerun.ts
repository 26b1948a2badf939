/** A run that is made once more, in slices, so that the screen stays alive and can end it. */

/** What is run. */
export interface Runnable {
  readonly now: number;
  readonly plan: { readonly durationNs: number };
  runUntil(ns: number): void;
}

/** Real time one call of the simulation should take, ms. */
const CHUNK_MS = 4;
const CHUNK_NS_MIN = 1_000;
const CHUNK_NS_MAX = 60e9;

export class Rerun<T extends Runnable> {
  private chunkNs = 10e6;
  private mark = 0;

  /**
   * @param marks instants on the way at which `onMark` is called, ascending
   * @param toNs ns; at most the scenario's end
   */
  constructor(
    readonly machine: T,
    readonly toNs: number,
    private readonly marks: readonly number[] = [],
    private readonly onMark: (machine: T) => void = () => {},
  ) {}

  /** 0 to 1. */
  get part(): number {
    return this.toNs <= 0 ? 1 : Math.min(1, this.machine.now / this.toNs);
  }

  /** Runs until `endMs` of the clock; true when it has got where it was to go. */
  slice(now: () => number, endMs: number): boolean {
    const { machine, toNs } = this;
    for (let at = now(); ; ) {
      this.pass();
      if (machine.now >= toNs) return true;
      if (at >= endMs) return false;
      const mark = this.marks[this.mark] ?? toNs;
      machine.runUntil(Math.min(toNs, mark, machine.now + this.chunkNs));
      const after = now();
      if (after - at > CHUNK_MS) this.chunkNs = Math.max(CHUNK_NS_MIN, this.chunkNs / 2);
      else if (after - at < CHUNK_MS / 4) this.chunkNs = Math.min(CHUNK_NS_MAX, this.chunkNs * 2);
      this.chunkNs = Math.floor(this.chunkNs);
      at = after;
    }
  }

  private pass(): void {
    while ((this.marks[this.mark] ?? Number.POSITIVE_INFINITY) <= this.machine.now) {
      this.mark++;
      this.onMark(this.machine);
    }
  }
}
