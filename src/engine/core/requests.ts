import { assert } from './assert.js';
import { Breakdown } from './breakdown.js';
import { DATA_BLOCKS } from './data-arena.js';
import { type Io, NO_IO } from './io.js';
import { isPayload } from './payloads.js';

/** Distance between the handles of two rows; also how many columns share an array. */
export const ROW_STRIDE = 8;
/** Layers that may sign a row's route at once; the longest stack of today uses ten. */
export const ROUTE_DEPTH = 16;
/** Handles count in steps of ROW_STRIDE, routes in steps of ROUTE_DEPTH. */
export const ROUTE_SCALE = ROUTE_DEPTH / ROW_STRIDE;

/** Depth of a row that nobody owns: more than any legal route, so giving back twice is caught. */
const FREE = 0xff;

type Column = Float64Array | Int32Array | Uint32Array | Int16Array | Uint8Array;
type ColumnType<T extends Column> = new (length: number) => T;

/** Room for ROW_STRIDE columns of one type, the fields of a row side by side. */
interface Block {
  readonly array: Column;
  used: number;
}

/**
 * The request table: one row per I/O in flight, one typed array per field. Nothing is allocated
 * after construction, so memory is flat and running out of rows is back-pressure, not growth.
 *
 * A handle is the row's number times ROW_STRIDE, and a column is a view into an array it shares with
 * others, shifted by its place in the row. So `lba[io]` and `readyAt[io]` are neighbours in memory,
 * and a row is a few cache lines instead of one per field.
 */
export class Requests {
  readonly op: Uint8Array;
  /** Host, device and plug-in status in one word (status.ts); 0 is good. */
  readonly status: Int32Array;
  readonly sense: Int32Array;
  /** Block address in the address space of the layer that holds the row, in 512-byte blocks. */
  readonly lba: Float64Array;
  /** Length in 512-byte blocks. */
  readonly blocks: Int32Array;
  /** Index of the world (VM) on whose behalf the row runs; system I/O has a world of its own. */
  readonly world: Int32Array;
  /** Index of the virtual disk, or -1 for rows that belong to none. */
  readonly disk: Int32Array;
  /** When the guest (or the layer that made the row) issued it, ns. */
  readonly arrivedAt: Float64Array;
  /** File handle the row goes to, from the virtual machine files down to the file system. */
  readonly file: Int32Array;
  /** Path the multipathing layer chose: index into the host-wide path list. */
  readonly path: Int32Array;
  /** Layer index of the I_T nexus the driver sends the row over. */
  readonly nexus: Int32Array;
  /** Layer index of the LUN behind the target port. */
  readonly lun: Int32Array;
  /**
   * A delay that is known but not worth an event of its own: the row counts as handed on at this
   * time, and the next layer that asks for an event adds it. Never before `now`.
   */
  readonly readyAt: Float64Array;
  /** Time spent below the driver's entry, ns: the DAVG part, summed over retries. */
  readonly deviceNs: Float64Array;
  /** Links rows that wait: a row waits in one list at a time. */
  readonly next: Int32Array;

  /** Whether the row's time is followed (breakdown.ts); 0 when nobody looks. */
  readonly traced: Uint8Array;
  readonly breakdown: Breakdown;

  /**
   * What the row carries: index of its first stamp in the arena, 0 for nothing that is verified, -1 for
   * zeros, further below a payload (payloads.ts).
   */
  readonly data: Int32Array;

  /** Layer indices that asked to see the row again, ROUTE_DEPTH per row. */
  readonly route: Int16Array;
  /** How many of them are set. */
  readonly depth: Uint8Array;
  /** Handles lie below this: the length of an array indexed by them. */
  readonly handleLimit: number;

  private readonly parent: Int32Array;
  private readonly children: Int32Array;
  private readonly free: Int32Array;
  private freeCount: number;
  private readonly columns = new Map<string, Column>();
  private readonly blocksOfColumns: Block[] = [];

  /**
   * @param capacity rows; the most I/Os in flight at once
   * @param reserve rows that guests may not take, so that the stack can always split what it has
   */
  constructor(
    readonly capacity: number,
    private readonly reserve = 0,
  ) {
    assert(capacity > 0 && capacity <= 1 << 24, `request table of ${capacity} rows`);
    assert(reserve < capacity, `a reserve of ${reserve} leaves guests no rows`);
    this.handleLimit = capacity * ROW_STRIDE;
    this.op = this.column('op', Uint8Array);
    this.depth = this.column('depth', Uint8Array);
    this.traced = this.column('traced', Uint8Array);
    this.breakdown = new Breakdown(this);
    this.lba = this.column('lba', Float64Array);
    this.arrivedAt = this.column('arrivedAt', Float64Array);
    this.readyAt = this.column('readyAt', Float64Array);
    this.deviceNs = this.column('deviceNs', Float64Array);
    this.status = this.column('status', Int32Array);
    this.sense = this.column('sense', Int32Array);
    this.blocks = this.column('blocks', Int32Array);
    this.world = this.column('world', Int32Array);
    this.disk = this.column('disk', Int32Array);
    this.file = this.column('file', Int32Array);
    this.path = this.column('path', Int32Array);
    this.nexus = this.column('nexus', Int32Array);
    this.lun = this.column('lun', Int32Array);
    this.next = this.column('next', Int32Array);
    this.parent = this.column('parent', Int32Array);
    this.children = this.column('children', Int32Array);
    this.data = this.column('data', Int32Array);
    this.route = new Int16Array(capacity * ROUTE_DEPTH);
    for (let io = 0; io < this.handleLimit; io += ROW_STRIDE) this.depth[io] = FREE;
    this.free = Int32Array.from(
      { length: capacity },
      (_, index) => (capacity - 1 - index) * ROW_STRIDE,
    );
    this.freeCount = capacity;
  }

  /** Rows in flight. */
  get inFlight(): number {
    return this.capacity - this.freeCount;
  }

  /** Bytes of all columns for one row, unused places included. */
  get bytesPerRow(): number {
    let bytes = 2 * ROUTE_DEPTH + this.free.BYTES_PER_ELEMENT;
    for (const { array } of this.blocksOfColumns) bytes += array.BYTES_PER_ELEMENT * ROW_STRIDE;
    return bytes;
  }

  /**
   * A private field for one kind of layer. Columns belong to the kind, not to the instance, because
   * a row is inside at most one layer of a kind at a time; asking twice gives the same column.
   */
  column<T extends Column>(name: string, type: ColumnType<T>): T {
    let column = this.columns.get(name);
    if (column === undefined) {
      column = this.place(type);
      this.columns.set(name, column);
    }
    assert(column instanceof type, `column ${name} has two types`);
    return column as T;
  }

  private place<T extends Column>(type: ColumnType<T>): Column {
    let block = this.blocksOfColumns.find(
      ({ array, used }) => array instanceof type && used < ROW_STRIDE,
    );
    if (block === undefined) {
      block = { array: new type(this.handleLimit), used: 0 };
      this.blocksOfColumns.push(block);
    }
    return block.array.subarray(block.used++);
  }

  /** A row for a guest, or NO_IO when there are none to spare: the guest waits and tries again. */
  takeForGuest(): Io {
    return this.freeCount > this.reserve ? this.take() : NO_IO;
  }

  /** A clean row, or NO_IO when all are in flight: the caller waits and tries again. */
  take(): Io {
    if (this.freeCount === 0) return NO_IO;
    const io = this.free[--this.freeCount];
    this.status[io] = 0;
    this.sense[io] = 0;
    this.depth[io] = 0;
    this.parent[io] = NO_IO;
    this.children[io] = 0;
    this.data[io] = 0;
    this.traced[io] = 0;
    return io;
  }

  /**
   * A row for the VMkernel's own command, which no guest waits for: the caller adds what it carries,
   * signs and submits it. NO_IO when the table is full.
   *
   * @param at ns; when it is issued
   */
  takeOwn(op: number, lba: number, blocks: number, at: number): Io {
    const io = this.take();
    if (io === NO_IO) return NO_IO;
    this.own(io, op, lba, blocks, at);
    return io;
  }

  /** Makes a row that was taken the VMkernel's own, as `takeOwn` does. */
  own(io: Io, op: number, lba: number, blocks: number, at: number): void {
    this.op[io] = op;
    this.lba[io] = lba;
    this.blocks[io] = blocks;
    this.world[io] = 0;
    this.disk[io] = -1;
    this.file[io] = -1;
    this.arrivedAt[io] = at;
    this.readyAt[io] = at;
    this.deviceNs[io] = 0;
  }

  /** Gives a row back. Its route must have been walked to the end: completed exactly once. */
  give(io: Io): void {
    // Messages are only put together when needed: on the I/O path they cost as much as the rest.
    if (this.depth[io] !== 0) {
      assert(false, `row ${io} given back with ${this.depth[io]} layers waiting for it`);
    }
    if (this.children[io] !== 0) assert(false, `row ${io} given back before its children`);
    this.depth[io] = FREE;
    this.free[this.freeCount++] = io;
  }

  /** True while the row is in flight. */
  live(io: Io): boolean {
    return this.depth[io] !== FREE;
  }

  /**
   * A child of `io` with the same command, world, disk and arrival. The caller sets address and
   * length, signs and submits it. NO_IO when the table is full.
   */
  split(io: Io): Io {
    const child = this.take();
    if (child === NO_IO) return NO_IO;
    this.op[child] = this.op[io];
    this.lba[child] = this.lba[io];
    this.blocks[child] = this.blocks[io];
    this.world[child] = this.world[io];
    this.disk[child] = this.disk[io];
    this.file[child] = this.file[io];
    this.data[child] = this.data[io];
    this.deviceNs[child] = 0;
    this.arrivedAt[child] = this.arrivedAt[io];
    this.parent[child] = io;
    if (this.traced[io] !== 0) this.breakdown.fork(io, child);
    this.children[io]++;
    return child;
  }

  /** The child begins `blocks` into its parent: so does what it carries. Only for rows with data. */
  cutData(child: Io, blocks: number): void {
    if (this.data[child] <= 0) {
      if (isPayload(this.data[child])) this.data[child] -= blocks;
      return;
    }
    if (blocks % DATA_BLOCKS !== 0) assert(false, `row ${child} cuts a block of data in two`);
    this.data[child] += blocks / DATA_BLOCKS;
  }

  /**
   * Folds a finished child into its parent, frees it, and returns the parent when it was the last
   * one, NO_IO otherwise. The first failure among the children is the parent's.
   */
  join(child: Io): Io {
    const io = this.parent[child];
    if (io === NO_IO) assert(false, `row ${child} has no parent`);
    if (this.status[io] === 0 && this.status[child] !== 0) {
      this.status[io] = this.status[child];
      this.sense[io] = this.sense[child];
    }
    // Children run side by side: the parent waited for the slowest of them.
    if (this.deviceNs[child] > this.deviceNs[io]) this.deviceNs[io] = this.deviceNs[child];
    const isLast = --this.children[io] === 0;
    if (isLast && this.traced[io] !== 0 && this.traced[child] !== 0) {
      this.breakdown.join(child, io);
    }
    this.give(child);
    return isLast ? io : NO_IO;
  }

  /** True while it has children that are not back. */
  isSplit(io: Io): boolean {
    return this.children[io] !== 0;
  }

  /** The row this one was split from, or NO_IO. */
  parentOf(io: Io): Io {
    return this.parent[io];
  }
}
