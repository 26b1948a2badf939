import { type Io, NO_IO } from '../core/io.js';

/** A copy of `old` with room for `length` numbers, the new ones `fill`. */
export function wider(old: Float64Array, length: number, fill = 0): Float64Array<ArrayBuffer> {
  const array = new Float64Array(length).fill(fill);
  array.set(old);
  return array;
}

/**
 * One first-come-first-served queue per client, linked through the request table's `next`, and how
 * many commands of each client are in flight.
 */
export class ClientQueues {
  /** First row of each client, or NO_IO. */
  heads = new Int32Array(8).fill(NO_IO);
  /** Commands in flight. */
  active = new Int32Array(8);
  /** 1 while none of the client's commands may start. */
  held = new Uint8Array(8);
  /** Clients that have commands waiting. */
  waiting = 0;

  private tails = new Int32Array(8).fill(NO_IO);

  /** @param next the request table's column */
  constructor(private readonly next: Int32Array) {}

  /** Makes room for clients 0 to `count` - 1; the room there is. */
  reserve(count: number): number {
    const { heads, tails, active, held } = this;
    if (count <= heads.length) return heads.length;
    const length = Math.max(count, heads.length * 2);
    this.heads = new Int32Array(length).fill(NO_IO);
    this.tails = new Int32Array(length).fill(NO_IO);
    this.active = new Int32Array(length);
    this.held = new Uint8Array(length);
    this.heads.set(heads);
    this.tails.set(tails);
    this.active.set(active);
    this.held.set(held);
    return length;
  }

  /** Adds a row; true when it is the client's first. */
  push(client: number, io: Io): boolean {
    this.next[io] = NO_IO;
    const isFirst = this.heads[client] === NO_IO;
    if (isFirst) {
      this.heads[client] = io;
      this.waiting++;
    } else {
      this.next[this.tails[client]] = io;
    }
    this.tails[client] = io;
    return isFirst;
  }

  /** Takes the client's first row. */
  shift(client: number): Io {
    const io = this.heads[client];
    this.heads[client] = this.next[io];
    if (this.heads[client] === NO_IO) this.waiting--;
    return io;
  }

  /** Takes out a row that is not the client's first; false when it is not here. */
  cut(client: number, io: Io): boolean {
    for (let before = this.heads[client]; before !== NO_IO; before = this.next[before]) {
      if (this.next[before] !== io) continue;
      this.next[before] = this.next[io];
      if (this.tails[client] === io) this.tails[client] = before;
      return true;
    }
    return false;
  }
}
