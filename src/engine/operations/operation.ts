import type { Sim } from '../core/sim.js';
import { formatStatus } from '../core/status.js';
import { type DataMover, type Move, type MoverClient, OUTSTANDING } from './data-mover.js';

/** How an operation ended: what went wrong, or nothing. */
export type Ended = (problem: string | undefined) => void;

/**
 * Work of the data mover in pieces, several at once. Each piece has a slot from 0 to
 * OUTSTANDING - 1; after a failure, or the death of its host, the pieces under way come to their end
 * and no others begin.
 */
export abstract class Operation implements MoverClient {
  private problem: string | undefined;
  private readonly busy = new Array<boolean>(OUTSTANDING).fill(false);
  private hasEnded = false;

  constructor(
    protected readonly sim: Sim,
    protected readonly mover: DataMover,
    private readonly ended: Ended,
  ) {
    mover.add('running', 1);
  }

  /** Begins the next piece in this slot; false when there is none left. */
  protected abstract begin(slot: number): boolean;

  abstract moved(slot: number, status: number, sense: number): void;

  /** Nothing more is to be begun. */
  protected get isOver(): boolean {
    return this.problem !== undefined;
  }

  /** Everything has come to its end; before `ended` is told. */
  protected atEnd(_problem: string | undefined): void {}

  protected send(slot: number, move: Move): void {
    this.mover.send(move, this, slot);
  }

  /** Fills all free slots. */
  protected run(): void {
    if (this.mover.isDead) this.problem ??= `${this.mover.host} is dead`;
    for (let slot = 0; slot < OUTSTANDING; slot++) {
      if (!this.busy[slot] && this.problem === undefined) this.busy[slot] = this.begin(slot);
    }
    if (this.hasEnded || this.busy.includes(true)) return;
    this.hasEnded = true;
    const { problem } = this;
    this.atEnd(problem);
    this.mover.add('running', -1);
    this.mover.add(problem === undefined ? 'finished' : 'failed', 1);
    this.ended(problem);
  }

  /** The piece in this slot is done. */
  protected free(slot: number): void {
    this.busy[slot] = false;
    this.run();
  }

  /** The piece has failed, and the operation with it. */
  protected fail(slot: number, what: string, status: number, sense: number): void {
    this.problem ??= `${what}: ${formatStatus(status, sense)}`;
    this.free(slot);
  }

  /** The operation ends before it has begun. */
  protected refuse(problem: string): void {
    this.problem ??= problem;
    this.run();
  }
}
