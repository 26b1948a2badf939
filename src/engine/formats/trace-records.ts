import { FormatError } from '../core/errors.js';
import { BLOCK_BYTES, movesData, READ, WRITE } from '../core/io.js';
import { TIME_MAX } from '../core/sim.js';
import type { TraceTable } from '../plan/plan.js';

const ADDRESS_MAX = Number.MAX_SAFE_INTEGER;
/** Blocks of one transfer, 1 GiB. Model: a longer one is damage. */
const TRANSFER_MAX = 1 << 21;
/** Blocks of a command that moves no data: what the column holds. */
const BLOCKS_MAX = 0x7fffffff;

/** What a trace holds, counted over the commands that will be replayed. */
export interface TraceSummary {
  /** Records of the trace: `reads + writes + others + skipped`. */
  readonly records: number;
  readonly reads: number;
  readonly writes: number;
  /** UNMAP, WRITE SAME and SYNCHRONIZE CACHE. */
  readonly others: number;
  /** Commands a block model has no use for, and transfers of no bytes; not in the table. */
  readonly skipped: number;
  /** Records that began or ended inside a block and were widened to whole blocks. */
  readonly rounded: number;
  /** True when the records were not in time order and have been sorted. */
  readonly sorted: boolean;
  /** In whole blocks: the trace's own bytes wherever those are multiples of 512. */
  readonly bytesRead: number;
  readonly bytesWritten: number;
  readonly spanNs: number;
  readonly units: number;
  /** First block after the highest one touched: a disk this large needs no wrapping. */
  readonly maxLbaBlocks: number;
}

/** The records of a trace while it is being decoded. */
export class TraceRecords {
  count = 0;
  skipped = 0;
  rounded = 0;
  units = 1;
  /** Where the decoder is: line or record from 1, or 0 for the trace as a whole; byte from 0. */
  record = 0;
  offset = 0;

  private at = new Float64Array(0);
  private op = new Uint8Array(0);
  private lba = new Float64Array(0);
  private blocks = new Int32Array(0);
  private unit = new Int32Array(0);
  /** Empty unless the trace has measured service times. */
  private serviceNs = new Float64Array(0);
  private lastAt = Number.NEGATIVE_INFINITY;
  private sorted = true;

  /** Makes room for that many records at once. */
  reserve(records: number): void {
    const widen = <T extends Float64Array | Int32Array | Uint8Array>(fresh: T, old: T): T => {
      fresh.set(old);
      return fresh;
    };
    this.at = widen(new Float64Array(records), this.at);
    this.op = widen(new Uint8Array(records), this.op);
    this.lba = widen(new Float64Array(records), this.lba);
    this.blocks = widen(new Int32Array(records), this.blocks);
    this.unit = widen(new Int32Array(records), this.unit);
  }

  /** @param at ns from any fixed instant of the trace; may be negative and out of order */
  add(at: number, op: number, lba: number, blocks: number, unit: number): void {
    if (!(at >= -TIME_MAX && at <= TIME_MAX)) {
      throw new FormatError('time stamp is more than 104 days away from the first record');
    }
    if (!(lba >= 0 && lba <= ADDRESS_MAX - BLOCKS_MAX)) {
      throw new FormatError(`address ${lba} (in blocks) is beyond 2^53`);
    }
    const most = movesData(op) ? TRANSFER_MAX : BLOCKS_MAX;
    if (!(blocks >= 0 && blocks <= most)) {
      const bytes = blocks * BLOCK_BYTES;
      throw new FormatError(`length of ${bytes} bytes, expected at most ${most * BLOCK_BYTES}`);
    }
    const { count } = this;
    if (count === this.at.length) this.reserve(Math.max(1024, Math.floor(count * 1.5)));
    if (at < this.lastAt) this.sorted = false;
    this.lastAt = at;
    this.at[count] = at;
    this.op[count] = op;
    this.lba[count] = lba;
    this.blocks[count] = blocks;
    this.unit[count] = unit;
    this.count = count + 1;
  }

  /** States how long the last record added took on the real device, ns. */
  measured(serviceNs: number): void {
    if (!(serviceNs >= 0 && serviceNs <= TIME_MAX)) {
      throw new FormatError('service time is longer than 104 days');
    }
    if (this.serviceNs.length < this.at.length) {
      const fresh = new Float64Array(this.at.length);
      fresh.set(this.serviceNs);
      this.serviceNs = fresh;
    }
    this.serviceNs[this.count - 1] = serviceNs;
  }

  /**
   * A transfer given in bytes: widened to the blocks it touches; of no bytes, skipped.
   * @param offset byte address
   */
  addBytes(at: number, op: number, offset: number, bytes: number, unit: number): void {
    if (bytes === 0) {
      this.skipped++;
      return;
    }
    const first = Math.floor(offset / BLOCK_BYTES);
    const inside = offset - first * BLOCK_BYTES;
    const blocks = Math.ceil((inside + bytes) / BLOCK_BYTES);
    if (inside !== 0 || bytes !== blocks * BLOCK_BYTES) this.rounded++;
    this.add(at, op, first, blocks, unit);
  }

  /** The finished table: in time order (stable), times from 0. The records are used up. */
  finish(): { table: TraceTable; summary: TraceSummary } {
    this.record = 0;
    const { sorted } = this;
    if (!sorted) this.sort();
    const { count } = this;
    const table = {
      count,
      at: cut(this.at, count),
      op: cut(this.op, count),
      lba: cut(this.lba, count),
      blocks: cut(this.blocks, count),
      unit: cut(this.unit, count),
      units: this.units,
      ...(this.serviceNs.length > 0 ? { serviceNs: cut(this.serviceNs, count) } : {}),
    };
    const first = table.at[0] ?? 0;
    const span = count === 0 ? 0 : table.at[count - 1] - first;
    if (span > TIME_MAX) throw new FormatError('the trace spans more than 104 days');
    for (let index = 0; index < count; index++) table.at[index] -= first;
    return { table, summary: this.summarise(table, !sorted) };
  }

  private summarise(table: TraceTable, sorted: boolean): TraceSummary {
    const { count, op, blocks, lba } = table;
    const commands = [0, 0, 0];
    const moved = [0, 0, 0];
    let end = 0;
    for (let index = 0; index < count; index++) {
      const kind = op[index] < 2 ? op[index] : 2;
      commands[kind]++;
      moved[kind] += blocks[index];
      end = Math.max(end, lba[index] + blocks[index]);
    }
    return {
      records: count + this.skipped,
      reads: commands[READ],
      writes: commands[WRITE],
      others: commands[2],
      skipped: this.skipped,
      rounded: this.rounded,
      sorted,
      bytesRead: moved[READ] * BLOCK_BYTES,
      bytesWritten: moved[WRITE] * BLOCK_BYTES,
      spanNs: count === 0 ? 0 : table.at[count - 1],
      units: table.units,
      maxLbaBlocks: end,
    };
  }

  private sort(): void {
    const { at, count } = this;
    const order = Uint32Array.from({ length: count }, (_, index) => index);
    order.sort((one, other) => at[one] - at[other] || one - other);
    const pick = <T extends Float64Array | Int32Array | Uint8Array>(fresh: T, old: T): T => {
      for (let index = 0; index < count; index++) fresh[index] = old[order[index]];
      return fresh;
    };
    this.at = pick(new Float64Array(count), at);
    this.op = pick(new Uint8Array(count), this.op);
    this.lba = pick(new Float64Array(count), this.lba);
    this.blocks = pick(new Int32Array(count), this.blocks);
    this.unit = pick(new Int32Array(count), this.unit);
    if (this.serviceNs.length > 0) {
      this.serviceNs = pick(new Float64Array(count), this.serviceNs);
    }
  }
}

/** A column of exactly `count` entries, so that what is kept is what is used. */
function cut<T extends Float64Array | Int32Array | Uint8Array>(column: T, count: number): T {
  return column.length === count ? column : (column.slice(0, count) as T);
}
