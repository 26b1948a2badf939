import { BLOCK_BYTES, type Io, movesData } from '../../../core/io.js';
import { spreadPaths } from './choice.js';
import type { PathSelector, SelectorContext } from './define.js';
import type { Path } from './path.js';

/**
 * Paths that take turns. Only reads and writes count and switch; other commands go with the path
 * whose turn it is (from memory).
 */
abstract class Rotation implements PathSelector {
  protected turn: readonly Path[] = [];
  protected at = 0;
  protected readonly op: Uint8Array;
  private readonly paths: readonly Path[];

  constructor(
    { sim, paths }: SelectorContext,
    private readonly useUnoptimized: boolean,
    private readonly format: (rotation: RotationState) => string,
  ) {
    this.op = sim.requests.op;
    this.paths = paths;
  }

  get working(): Path | undefined {
    return this.turn[this.at];
  }

  abstract select(io: Io): Path | undefined;

  update(): void {
    const current = this.working;
    this.turn = spreadPaths(this.paths, this.useUnoptimized);
    const kept = current === undefined ? -1 : this.turn.indexOf(current);
    this.at = kept < 0 ? 0 : kept;
    if (kept < 0) this.restart();
  }

  uses(path: Path): boolean {
    return this.turn.includes(path);
  }

  config(): string {
    const { working } = this;
    const lastPathIndex = working === undefined ? 0 : this.paths.indexOf(working);
    return this.format({ lastPathIndex, ...this.pending() });
  }

  /** Counts begin anew. */
  protected abstract restart(): void;

  /** What counts towards the next switch. */
  protected abstract pending(): { readonly ios: number; readonly bytes: number };

  protected advance(): void {
    this.at = this.at + 1 === this.turn.length ? 0 : this.at + 1;
  }
}

export interface RotationState {
  readonly lastPathIndex: number;
  readonly ios: number;
  readonly bytes: number;
}

/** The next path after `iops` commands. */
export class CountRotation extends Rotation {
  private left: number;

  constructor(
    context: SelectorContext,
    private readonly iops: number,
    useUnoptimized: boolean,
    format: (state: RotationState) => string,
  ) {
    super(context, useUnoptimized, format);
    this.left = iops;
  }

  override select(io: Io): Path | undefined {
    if (this.turn.length === 0) return undefined;
    if (movesData(this.op[io])) {
      if (this.left === 0) {
        this.advance();
        this.left = this.iops;
      }
      this.left--;
    }
    return this.turn[this.at];
  }

  protected override restart(): void {
    this.left = this.iops;
  }

  protected override pending(): { ios: number; bytes: number } {
    return { ios: this.iops - this.left, bytes: 0 };
  }
}

/**
 * The next path after so many bytes or so many commands, whichever comes first. A command larger
 * than what is left goes out whole.
 */
export class ByteRotation extends Rotation {
  private readonly blocks: Int32Array;
  private ios = 0;
  private sent = 0;

  constructor(
    context: SelectorContext,
    private readonly bytes: number,
    private readonly iops: number,
    useUnoptimized: boolean,
    format: (state: RotationState) => string,
  ) {
    super(context, useUnoptimized, format);
    this.blocks = context.sim.requests.blocks;
  }

  override select(io: Io): Path | undefined {
    if (this.turn.length === 0) return undefined;
    if (movesData(this.op[io])) {
      if (this.sent >= this.bytes || this.ios >= this.iops) {
        this.advance();
        this.restart();
      }
      this.ios++;
      this.sent += this.blocks[io] * BLOCK_BYTES;
    }
    return this.turn[this.at];
  }

  protected override restart(): void {
    this.ios = 0;
    this.sent = 0;
  }

  protected override pending(): { ios: number; bytes: number } {
    return { ios: this.ios, bytes: this.sent };
  }
}
