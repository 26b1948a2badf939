import { type Io, NO_IO } from '../../core/io.js';
import type { Requests } from '../../core/requests.js';

/** Queues are at most a few thousand commands long: chains stay short. */
const BUCKETS = 1024;

/** Waiting rows by one block address each: a hash table chained through a column. */
export class AddressTable {
  private readonly heads = new Int32Array(BUCKETS).fill(NO_IO);
  private readonly chain: Int32Array;
  private readonly keys: Float64Array;

  /** @param name of the columns it keeps */
  constructor(requests: Requests, name: string) {
    this.chain = requests.column(`${name}.chain`, Int32Array);
    this.keys = requests.column(`${name}.key`, Float64Array);
  }

  add(io: Io, address: number): void {
    const bucket = bucketOf(address);
    this.keys[io] = address;
    this.chain[io] = this.heads[bucket];
    this.heads[bucket] = io;
  }

  remove(io: Io): void {
    const bucket = bucketOf(this.keys[io]);
    let at = this.heads[bucket];
    if (at === io) {
      this.heads[bucket] = this.chain[io];
      return;
    }
    while (this.chain[at] !== io) at = this.chain[at];
    this.chain[at] = this.chain[io];
  }

  /** The latest row with that address after `after`, which came from here; NO_IO ends. */
  next(address: number, after: Io): Io {
    let io = after === NO_IO ? this.heads[bucketOf(address)] : this.chain[after];
    while (io !== NO_IO && this.keys[io] !== address) io = this.chain[io];
    return io;
  }
}

function bucketOf(address: number): number {
  // Commands are mostly 8 blocks or more long: the low bits alone would leave buckets unused.
  const word = address >>> 0;
  return (word ^ (word >>> 10)) & (BUCKETS - 1);
}
