import { assert } from '../core/assert.js';
import { DATA_BLOCKS, type DataArena, NO_DATA } from '../core/data-arena.js';
import { FLUSH, type Io, READ, UNMAP, WRITE } from '../core/io.js';
import type { Sim } from '../core/sim.js';
import { readStamp, STAMP_BLOCKS, STAMP_GUESTS, stampOf, writeOf } from '../core/stamp.js';
import { BlockHistory, type Wrong } from './history.js';

/** Something a guest saw that must not be. */
export interface Violation {
  readonly kind: Wrong | 'twice' | 'unread';
  /** Job that saw it. */
  readonly guest: string;
  /** Address on the virtual disk, in 512-byte blocks. */
  readonly lba: number;
  /** When the read was issued and when it ended, ns. */
  readonly beganAt: number;
  readonly at: number;
  /** The whole story in words. */
  readonly text: string;
}

/** Violations kept of each guest; more are only counted. */
const KEPT = 20;

/**
 * Of the blocks an UNMAP names those read as zeros that lie in a whole aligned 1 MB of the disk;
 * the others may be left as they are (stack-upper reference, 22: guest UNMAP).
 */
const UNMAP_UNIT = 2048;

export interface VerifierOptions {
  /** Name of the job. */
  readonly name: string;
  /** Number of the verifying guest in the run, from 0. */
  readonly guest: number;
  /** The part of the disk it has for itself. */
  readonly startBlock: number;
  readonly blocks: number;
  /** Longest command. */
  readonly longestBlocks: number;
}

/**
 * Checks what one guest reads. It knows only what the guest issued and got back: for each 4 KiB
 * block a history, by which every read is judged (architecture, section 7).
 *
 * A checker, not part of the I/O path: it allocates as it likes.
 */
export class Verifier {
  readonly violations: Violation[] = [];
  /** All of them, those not kept too. */
  violationCount = 0;
  /** Reads and writes of 4 KiB blocks that were judged, and the ones that ended in an error. */
  blocksRead = 0;
  blocksWritten = 0;
  /** Blocks of 4 KiB given back, of which only zeros may be read until they are written again. */
  blocksUnmapped = 0;
  /** Everything is being read back. */
  readingBack = false;
  /** Blocks read back that might as well have held something else, as writes to them overlapped. */
  blocksUnsure = 0;
  readonly startBlock: number;
  readonly endBlock: number;

  private readonly arena: DataArena;
  private histories: (BlockHistory | undefined)[] = [];
  /** Places in the arena that no row uses. */
  private readonly places: number[] = [];
  private readonly placeSize: number;
  /** Step at which each row was issued; 0 for rows that are not with this guest. */
  private readonly began: Float64Array;
  private readonly writeNumber: Int32Array;
  /** Steps at which the reads in flight began. */
  private readonly reading = new Set<number>();
  private steps = 0;
  private writes = 0;
  /** Rows issued up to this step belong to a time that was undone: nothing is learnt from them. */
  private undoneTo = 0;
  /** Writes in flight, by their number. */
  private readonly writing = new Map<number, { first: number; count: number; zeros: boolean }>();
  /** What the disk held at each snapshot, as far as this guest knows. */
  private readonly saved = new Map<string, (BlockHistory | undefined)[]>();

  constructor(
    private readonly sim: Sim,
    private readonly options: VerifierOptions,
  ) {
    const { guest, startBlock, blocks, longestBlocks } = options;
    assert(sim.arena !== undefined, 'a guest verifies data nobody keeps track of');
    assert(guest < STAMP_GUESTS, `at most ${STAMP_GUESTS} guests verify data`);
    assert(startBlock % DATA_BLOCKS === 0, 'verified parts begin at a multiple of 4 KiB');
    this.arena = sim.arena;
    this.startBlock = startBlock;
    this.endBlock = startBlock + blocks - (blocks % DATA_BLOCKS);
    assert(blocks / DATA_BLOCKS <= STAMP_BLOCKS, 'verified parts are at most 1 GiB');
    this.placeSize = Math.ceil(longestBlocks / DATA_BLOCKS);
    this.began = sim.requests.column('verifier.began', Float64Array);
    this.writeNumber = sim.requests.column('verifier.write', Int32Array);
  }

  /** The guest is about to issue a row. */
  issue(io: Io): void {
    const { requests } = this.sim;
    const { op, blocks, data } = requests;
    this.began[io] = ++this.steps;
    if (op[io] === FLUSH) return;
    const first = this.firstOf(io);
    const count = blocks[io] / DATA_BLOCKS;
    if (op[io] === UNMAP) {
      this.writeNumber[io] = ++this.writes;
      this.writing.set(this.writes, { first, count, zeros: true });
      for (let index = 0; index < count; index++) {
        this.historyOf(first + index).begin(this.writes, this.steps, true);
      }
      return;
    }
    const place = this.places.pop() ?? this.arena.reserve(this.placeSize);
    const { stamps } = this.arena;
    data[io] = place;
    if (op[io] === READ) {
      this.reading.add(this.steps);
      // What the medium does not fill in was never executed.
      for (let index = 0; index < count; index++) stamps[place + index] = Number.NaN;
      return;
    }
    assert(op[io] === WRITE, 'a verifying guest reads, writes, gives back and flushes');
    const write = ++this.writes;
    this.writeNumber[io] = write;
    this.writing.set(write, { first, count, zeros: false });
    for (let index = 0; index < count; index++) {
      stamps[place + index] = stampOf(this.options.guest, first + index, write);
      this.historyOf(first + index).begin(write, this.steps);
    }
  }

  /** A row has come back; the guest has not given it back yet. */
  settle(io: Io): void {
    const { op, status, lba, data } = this.sim.requests;
    const began = this.began[io];
    const now = ++this.steps;
    if (began === 0) {
      this.report('twice', lba[io], `row ${io} came back without having been issued`, this.sim.now);
      return;
    }
    this.began[io] = 0;
    if (op[io] === READ) this.reading.delete(began);
    else if (op[io] !== FLUSH) this.writing.delete(this.writeNumber[io]);
    if (status[io] === 0 && began > this.undoneTo) {
      if (op[io] === READ) this.judge(io, began, now);
      else if (op[io] === WRITE) this.acknowledge(io, now);
      else if (op[io] === UNMAP) this.acknowledgeUnmap(io, now);
    }
    if (data[io] !== NO_DATA) this.places.push(data[io]);
  }

  /** The machine's disks are at rest for a snapshot. */
  save(snapshot: string): void {
    this.saved.set(
      snapshot,
      this.histories.map((history) => history?.copy()),
    );
  }

  forget(snapshot: string): void {
    this.saved.delete(snapshot);
  }

  /**
   * The disks hold again what they held at the snapshot. Commands still in flight may have been
   * done before that and be undone, or may be done yet: what they write is never sure.
   */
  restore(snapshot: string): void {
    const saved = this.saved.get(snapshot);
    assert(saved !== undefined, `nothing was kept of snapshot ${snapshot}`);
    this.undoneTo = ++this.steps;
    this.histories = saved.map((history) => history?.copy());
    for (const [write, { first, count, zeros }] of this.writing) {
      for (let block = first; block < first + count; block++) {
        this.historyOf(block).reopen(write, this.steps, zeros);
      }
    }
  }

  /** Parts of the disks hold again what they held at the snapshot; nobody knows which. */
  mix(snapshot: string): void {
    const saved = this.saved.get(snapshot);
    assert(saved !== undefined, `nothing was kept of snapshot ${snapshot}`);
    const now = ++this.steps;
    const blocks = Math.max(saved.length, this.histories.length);
    for (let block = 0; block < blocks; block++) {
      const old = saved[block];
      if (old === undefined && this.histories[block] === undefined) continue;
      this.historyOf(block).mix(old ?? new BlockHistory(), now);
    }
  }

  /**
   * Stamps the 4 KiB at an address of the disk may hold now, to who reads it: one where no writes to it
   * overlapped or ended in an error.
   * @param snapshot as it was then, one this guest was told of; as it is now when left out
   */
  stampsAt(lba: number, snapshot?: string): number[] {
    const block = (lba - this.startBlock) / DATA_BLOCKS;
    const histories = snapshot === undefined ? this.histories : this.saved.get(snapshot);
    assert(histories !== undefined, `nothing was kept of snapshot ${snapshot}`);
    const allowed = histories[block]?.allowed(this.steps + 1) ?? [0];
    return allowed.map((write) => (write === 0 ? 0 : stampOf(this.options.guest, block, write)));
  }

  /** A block could not be read although everything has been healed. */
  reportUnread(io: Io, status: string): void {
    const { lba, arrivedAt } = this.sim.requests;
    this.report('unread', lba[io], `cannot be read after healing: ${status}`, arrivedAt[io]);
  }

  private acknowledge(io: Io, now: number): void {
    const first = this.firstOf(io);
    const count = this.sim.requests.blocks[io] / DATA_BLOCKS;
    const oldest = this.oldestRead(now);
    for (let block = first; block < first + count; block++) {
      this.historyOf(block).acknowledge(this.writeNumber[io], now, oldest);
    }
    this.blocksWritten += count;
  }

  private acknowledgeUnmap(io: Io, now: number): void {
    const { lba, blocks } = this.sim.requests;
    const wholeFrom = Math.ceil(lba[io] / UNMAP_UNIT) * UNMAP_UNIT;
    const wholeTo = Math.floor((lba[io] + blocks[io]) / UNMAP_UNIT) * UNMAP_UNIT;
    const first = this.firstOf(io);
    const oldest = this.oldestRead(now);
    for (let index = 0; index < blocks[io] / DATA_BLOCKS; index++) {
      const at = lba[io] + index * DATA_BLOCKS;
      const history = this.historyOf(first + index);
      const write = this.writeNumber[io];
      if (at >= wholeFrom && at < wholeTo) {
        history.acknowledge(write, now, oldest);
        this.blocksUnmapped++;
      } else {
        history.conclude(write, now, oldest);
      }
    }
  }

  private judge(io: Io, began: number, now: number): void {
    const { blocks, data, lba, arrivedAt } = this.sim.requests;
    const first = this.firstOf(io);
    const count = blocks[io] / DATA_BLOCKS;
    const { guest } = this.options;
    const oldest = this.oldestRead(now);
    for (let index = 0; index < count; index++) {
      const block = first + index;
      const stamp = this.arena.stamps[data[io] + index];
      const write = writeOf(stamp, guest, block);
      const history = this.historyOf(block);
      if (this.readingBack && history.allowed(began).length > 1) this.blocksUnsure++;
      const known = write >= 0 && write <= this.writes;
      const wrong = known ? history.read(write, began, now, oldest) : 'foreign';
      if (wrong === undefined) continue;
      const allowed = history.allowed(began).map(nameOfWrite).join(' or ');
      const text = `found ${this.describe(stamp, block)} where ${allowed} had to be`;
      this.report(wrong, lba[io] + index * DATA_BLOCKS, text, arrivedAt[io]);
    }
    this.blocksRead += count;
  }

  private describe(stamp: number, block: number): string {
    const { guest } = this.options;
    if (Number.isNaN(stamp)) return 'nothing: no medium was asked';
    if (stamp === 0) return nameOfWrite(0);
    const found = readStamp(stamp);
    if (found === undefined) return `content no guest wrote (${stamp})`;
    const whose = found.guest === guest ? '' : ` of guest ${found.guest}`;
    const where = found.block === block ? '' : ` to its block ${found.block}`;
    return `${nameOfWrite(found.write)}${whose}${where}`;
  }

  private report(kind: Violation['kind'], lba: number, what: string, beganAt: number): void {
    this.violationCount++;
    if (this.violations.length >= KEPT) return;
    const { name } = this.options;
    const { now, log } = this.sim;
    const text = `${kind}: block at ${lba} of ${name}, read from ${beganAt} to ${now} ns: ${what}`;
    this.violations.push({ kind, guest: name, lba, beganAt, at: now, text });
    log.note('data.violation', name, text, 'verifier');
  }

  private oldestRead(now: number): number {
    for (const began of this.reading) return began;
    return now;
  }

  private firstOf(io: Io): number {
    return (this.sim.requests.lba[io] - this.startBlock) / DATA_BLOCKS;
  }

  private historyOf(block: number): BlockHistory {
    this.histories[block] ??= new BlockHistory();
    return this.histories[block];
  }
}

function nameOfWrite(write: number): string {
  return write === 0 ? 'zeros' : `write ${write}`;
}
