import { type Io, movesData } from '../../../core/io.js';
import { spreadPaths } from './choice.js';
import type { PathSelector, SelectorContext } from './define.js';
import type { Path } from './path.js';

export interface QuickestOptions {
  /** From one round of sampling to the next. */
  readonly evaluateNs: number;
  /** Commands each path gets in a round. */
  readonly samples: number;
  readonly useUnoptimized: boolean;
}

/** So many commands on a path make the next one wait as long again as a sampled one (model). */
const REFERENCE_DEPTH = 16;

/** What a round of sampling found out about a path. */
interface Sampled {
  readonly path: Path;
  /** Reads and writes the path had finished, and their time, when the round began. */
  readonly finishedThen: number;
  readonly timeThen: number;
  /** Mean latency in the round; 0 until the path has answered all of its samples. */
  latencyNs: number;
}

/**
 * The path on which a command should end first. Every `evaluateNs` each path gets `samples`
 * commands and its mean latency is taken; until the next round a command goes where
 * `latency * (1 + commands there / 16)` is least (stack-lower reference, 3.6; the formula is model).
 */
export class Quickest implements PathSelector {
  working: Path | undefined;
  private readonly op: Uint8Array;
  private turn: Sampled[] = [];
  /** Path being sampled, and commands it still gets; past the last one the round is over. */
  private at = 0;
  private left = 0;
  private nextRoundAt = 0;

  constructor(
    private readonly context: SelectorContext,
    private readonly options: QuickestOptions,
    private readonly format: (choice: Quickest) => string,
  ) {
    this.op = context.sim.requests.op;
  }

  /** Samples the path in turn has got. */
  get cycle(): number {
    return this.at < this.turn.length ? this.options.samples - this.left : this.options.samples;
  }

  /** As sampled last, ns; 0 when not known yet. */
  latencyOf(path: Path | undefined): number {
    return this.turn.find((entry) => entry.path === path)?.latencyNs ?? 0;
  }

  select(io: Io): Path | undefined {
    if (this.turn.length === 0) return undefined;
    if (!movesData(this.op[io])) return this.working;
    if (this.context.sim.now >= this.nextRoundAt) this.sample();
    this.working = this.at < this.turn.length ? this.sampled() : this.best();
    return this.working;
  }

  update(): void {
    const paths = spreadPaths(this.context.paths, this.options.useUnoptimized);
    const same =
      paths.length === this.turn.length && paths.every((path) => this.turn.some(isOf(path)));
    if (same) return;
    this.turn = paths.map(begin);
    this.sample();
    if (this.working === undefined || !paths.includes(this.working)) this.working = paths[0];
  }

  uses(path: Path): boolean {
    return this.turn.some(isOf(path));
  }

  config(): string {
    return this.format(this);
  }

  /** Begins a round. */
  private sample(): void {
    this.turn = this.turn.map(({ path }) => begin(path));
    this.at = 0;
    this.left = this.options.samples;
    this.nextRoundAt = this.context.sim.now + this.options.evaluateNs;
  }

  private sampled(): Path {
    const { path } = this.turn[this.at];
    if (--this.left === 0) {
      this.at++;
      this.left = this.options.samples;
    }
    return path;
  }

  private best(): Path {
    let best = this.turn[0];
    let least = Number.POSITIVE_INFINITY;
    for (let index = 0; index < this.turn.length; index++) {
      const entry = this.turn[index];
      if (entry.latencyNs === 0) this.measure(entry);
      // A path that still owes answers to samples is not known to be quick.
      const latency = entry.latencyNs === 0 ? Number.MAX_VALUE / 1e9 : entry.latencyNs;
      const expected = latency * (1 + entry.path.active / REFERENCE_DEPTH);
      if (expected < least) {
        least = expected;
        best = entry;
      }
    }
    return best.path;
  }

  private measure(entry: Sampled): void {
    const { path, finishedThen, timeThen } = entry;
    const finished = path.finished - finishedThen;
    if (finished >= this.options.samples) {
      entry.latencyNs = Math.max(1, (path.finishedNs - timeThen) / finished);
    }
  }
}

function begin(path: Path): Sampled {
  return { path, finishedThen: path.finished, timeThen: path.finishedNs, latencyNs: 0 };
}

function isOf(path: Path): (entry: Sampled) => boolean {
  return (entry) => entry.path === path;
}
