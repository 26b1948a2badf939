/** Reads a machine's counters again and again; real time, which the engine has none of, is here. */
import type { HostSource, Reading } from './source.js';

/** A reading and when it was taken. */
export interface Moment {
  readonly reading: Reading;
  /** ns since the first reading. */
  readonly at: number;
}

const NS_PER_MS = 1e6;

export class Watch {
  private readonly startMs = performance.now();
  last: Moment;

  private constructor(
    private readonly source: HostSource,
    reading: Reading,
  ) {
    this.last = { reading, at: 0 };
  }

  static async start(source: HostSource): Promise<Watch> {
    return new Watch(source, await source.read());
  }

  /** The next reading, with the one before it. */
  async next(): Promise<{ readonly before: Moment; readonly after: Moment }> {
    const reading = await this.source.read();
    const before = this.last;
    const at = Math.round((performance.now() - this.startMs) * NS_PER_MS);
    // A window is never empty.
    this.last = { reading, at: Math.max(at, before.at + 1) };
    return { before, after: this.last };
  }
}
