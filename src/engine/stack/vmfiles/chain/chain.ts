import { assert } from '../../../core/assert.js';
import { type Io, NO_IO, READ, UNMAP, WRITE } from '../../../core/io.js';
import type { Layer } from '../../../core/layer.js';
import type { Sim } from '../../../core/sim.js';
import { CHECK, SENSE_INVALID_OPCODE } from '../../../core/status.js';
import { NOT_HERE, type Recall, type Recaller, recallFrom, WITHDRAWN } from '../../recall.js';
import { Splitter } from '../../splitter.js';
import type { Delta } from './delta.js';
import { entriesIn, say, toTableEnd, wholeGrains, writeRun } from './delta-entries.js';
import { GrainFill } from './grain-fill.js';
import { type GrainState, OWN, ZEROS } from './grain-tables.js';
import { GrainTurns } from './grain-turns.js';
import { LateUnmaps } from './late-unmaps.js';
import { type Link, Lookup } from './link.js';
import { TableIo } from './table-io.js';
import { TableReads } from './table-reads.js';

/** Time the VMkernel takes to answer a read of grains the guest gave back, as of a hole (model). */
const ZERO_READ_NS = 2_000;

/** How far a row has come that writes new grains; 0 for all others. */
const NONE = 0;
/** Its data is on the way to the leaf. */
const DATA = 1;
/** The grain it covers in part is being read below the leaf. */
const BELOW = 2;
/** That grain is being written as a whole. */
const WHOLE = 3;
const JOURNAL = 4;
const TABLE = 5;
const DIRECTORY = 6;
/** Between JOURNAL and TABLE, where bytes are kept: how many tables the file has. */
const NUMBER = 7;
/** Its grains count, and the table says something else of them. */
const AGAIN = 8;

/**
 * The chain of a virtual disk: an address of the disk becomes one of the file, base or delta, that
 * holds it. Writes go to the leaf; the first one of a grain also changes the leaf's tables, and the
 * grain counts only then, so a write that fails leaves what was there. Grain directories are in
 * memory, grain tables as far as they are cached (vmdk-formats reference, 9, 10 and 13).
 * First writes of one grain take turns where one is partial. Where bytes are kept, those of the tables are in
 * the deltas' images.
 */
export class Chain extends Splitter implements Recaller {
  /** Leaf first; the last is the base, except for a chain that only reads deltas. */
  links: readonly Link[] = [];
  readonly tableIo: TableIo;
  /** Reads from above, and the pieces and parts of tables they became. */
  reads = 0;
  readParts = 0;
  /** Told when a link is written for the first time since it was opened. */
  onFirstWrite: (link: Link) => void = () => {};

  private readonly found = new Lookup();
  private readonly tableReads: TableReads;
  private readonly fill: GrainFill;
  private readonly turns: GrainTurns;
  private readonly lateUnmaps: LateUnmaps;
  private readonly step: Uint8Array;
  private readonly diskLba: Float64Array;

  /**
   * @param lower takes rows addressed by file
   * @param holdsGuests whether commands of guests are held while there is no path, however long
   */
  constructor(
    sim: Sim,
    name: string,
    private readonly lower: Layer,
    private readonly holdsGuests: () => boolean,
  ) {
    super(sim, name);
    this.tableIo = new TableIo(sim, name, this, lower);
    this.tableReads = new TableReads(this.tableIo);
    this.lateUnmaps = new LateUnmaps(sim);
    this.fill = new GrainFill(sim, this.tableIo);
    this.turns = new GrainTurns(sim, this.index + 1);
    this.step = sim.requests.column('chain.step', Uint8Array);
    this.diskLba = sim.requests.column('chain.lba', Float64Array);
  }

  override submit(io: Io): void {
    this.step[io] = NONE;
    if (this.requests.op[io] === READ) this.reads++;
    this.place(io);
  }

  /** Tables on the way; a chain may be changed only when there are none. */
  get isIdle(): boolean {
    return this.tableIo.inFlight === 0 && this.turns.isIdle;
  }

  /** Whether a write of this range is one write of the leaf; redo logs may hold single sectors of it. */
  writesAtOnce(at: number, blocks: number): boolean {
    const { delta } = this.links[0];
    return delta === undefined || writeRun(delta, at, blocks) === blocks;
  }

  recall(io: Io): Recall {
    if (this.tableReads.remove(io) || this.turns.remove(io)) return WITHDRAWN;
    return this.step[io] > DATA ? NOT_HERE : recallFrom(this.lower, io);
  }

  override complete(io: Io): void {
    if (this.step[io] !== DATA) {
      super.complete(io);
      return;
    }
    const { lba, status } = this.requests;
    lba[io] = this.diskLba[io];
    if (status[io] !== 0) this.end(io);
    else this.updateTables(io);
  }

  /** Commands of the host itself are never held for long. */
  holds(token: number): boolean {
    const io = token < 0 ? this.tableReads.waitingFor(token) : token;
    return io !== NO_IO && this.requests.world[io] !== 0 && this.holdsGuests();
  }

  /** An I/O of the chain's own has ended: a table that rows wait for, or a step of one row. */
  tableDone(token: number, status: number, sense: number): void {
    if (token < 0) {
      this.tableReads.done(token, status, (io) => {
        if (status === 0) this.place(io);
        else this.answer(io, status, sense, 0);
      });
      return;
    }
    if (status === 0) {
      this.advance(token);
      return;
    }
    this.requests.status[token] = status;
    this.requests.sense[token] = sense;
    const step = this.step[token];
    if (step === TABLE || step === DIRECTORY) this.say(token, this.links[0].delta as Delta, 'now');
    this.end(token);
  }

  /** Length of the part of a row that one file holds side by side, or that is written at once. */
  protected override pieceAt(io: Io, at: number, most: number): number {
    const { op } = this.requests;
    if (op[io] === READ) {
      this.found.find(this.links, at, most);
      return this.found.length;
    }
    const { delta } = this.links[0];
    if (delta === undefined) return most;
    return op[io] === WRITE ? writeRun(delta, at, most) : toTableEnd(delta, at, most);
  }

  protected override send(piece: Io): void {
    this.step[piece] = NONE;
    this.place(piece);
  }

  private place(io: Io): void {
    const { op, lba, blocks } = this.requests;
    const at = lba[io];
    const { delta } = this.links[0];
    if (op[io] > UNMAP || (op[io] === UNMAP && delta?.format.unmaps === false)) {
      this.answer(io, CHECK, SENSE_INVALID_OPCODE, 0);
    } else if (op[io] === READ) {
      this.read(io, at);
    } else if (delta === undefined) {
      this.forward(io, this.links[0], at);
    } else if (this.pieceAt(io, at, blocks[io]) < blocks[io]) {
      this.split(io);
    } else if (delta.misses(delta.tableOf(at))) {
      this.tableReads.fetch(io, delta, delta.tableOf(at));
    } else if (op[io] === WRITE) {
      this.write(io, delta, at);
    } else {
      this.unmap(io, delta, at);
    }
  }

  private read(io: Io, at: number): void {
    const { found, links } = this;
    const { blocks, data, readyAt } = this.requests;
    found.find(links, at, blocks[io]);
    assert(found.index >= 0, `${this.name} has nothing at ${at}`);
    if (found.length < blocks[io]) {
      this.split(io);
      return;
    }
    for (let index = 0; index <= found.index; index++) {
      const { delta } = links[index];
      if (delta?.misses(delta.tableOf(at)) !== true) continue;
      this.tableReads.fetch(io, delta, delta.tableOf(at));
      return;
    }
    this.readParts++;
    if (!found.zeros) {
      this.forward(io, links[found.index], found.block);
      return;
    }
    const carriedNs = Math.max(0, readyAt[io] - this.sim.now);
    if (data[io] > 0) this.sim.arena!.clear(data[io], blocks[io]);
    this.answer(io, 0, 0, carriedNs + ZERO_READ_NS);
  }

  private write(io: Io, delta: Delta, at: number): void {
    const { grainBlocks } = delta.format;
    const { blocks } = this.requests;
    const grain = Math.floor(at / grainBlocks);
    const offset = at - grain * grainBlocks;
    if (delta.tables.stateOf(grain) === OWN) {
      this.forward(io, this.links[0], delta.blockOf(delta.tables.placeOf(grain)) + offset);
      return;
    }
    const count = Math.ceil((offset + blocks[io]) / grainBlocks);
    const isPart = blocks[io] % grainBlocks !== 0;
    if (this.turns.waits(io, grain, count, isPart, delta.tables.placeOf(grain) !== 0)) return;
    this.turns.begin(io, grain, count, isPart);
    delta.needPlaces(grain, count);
    this.diskLba[io] = at;
    this.lateUnmaps.begin(io);
    if (!isPart) {
      this.step[io] = DATA;
      this.enter(io);
      this.forward(io, this.links[0], delta.blockOf(delta.tables.placeOf(grain)));
      return;
    }
    if (delta.image !== undefined) {
      this.fill.begin(io, grainBlocks);
      this.step[io] = BELOW;
      this.advance(io);
      return;
    }
    if (delta.tables.stateOf(grain) === ZEROS || this.links.length === 1) {
      this.writeWhole(io, delta, grain);
      return;
    }
    this.step[io] = BELOW;
    const { found } = this;
    found.find(this.links, grain * grainBlocks, grainBlocks);
    if (found.index < 0 || found.zeros) this.writeWhole(io, delta, grain);
    else this.tableIo.send(READ, this.links[found.index].file, found.block, found.length, io);
  }

  private writeWhole(io: Io, delta: Delta, grain: number): void {
    const { grainBlocks } = delta.format;
    this.step[io] = WHOLE;
    const block = delta.blockOf(delta.tables.placeOf(grain));
    const bytes = delta.image && this.fill.whole(io, this.diskLba[io] - grain * grainBlocks);
    this.tableIo.send(WRITE, delta.file, block, grainBlocks, io, bytes);
  }

  /** An UNMAP of whole grains changes their entries; what is left over at its ends stays. */
  private unmap(io: Io, delta: Delta, at: number): void {
    const { grainBlocks } = delta.format;
    this.diskLba[io] = at;
    if (wholeGrains(at, this.requests.blocks[io], grainBlocks) <= 0) {
      this.answer(io, 0, 0, 0);
      return;
    }
    delta.needTable(delta.tableOf(at));
    this.updateTables(io);
  }

  private updateTables(io: Io): void {
    const delta = this.links[0].delta as Delta;
    const { file, layout, image } = delta;
    const { journalBlocks } = delta.format;
    this.step[io] = JOURNAL;
    if (journalBlocks === 0) this.advance(io);
    else this.tableIo.send(WRITE, file, layout.journalAt, journalBlocks, io, image?.journal);
  }

  /** The step the row was at has been done. */
  private advance(io: Io): void {
    const delta = this.links[0].delta as Delta;
    const { file, image, layout } = delta;
    const { grainBlocks, entryBytes, tableBlocks } = delta.format;
    const at = this.diskLba[io];
    const table = delta.tableOf(at);
    const step = this.step[io];
    // Rows side by side each write a new table: none is done before the directory names it.
    const isNew = !delta.isListed(table);
    if (step === BELOW) {
      const grain = Math.floor(at / grainBlocks);
      if (image !== undefined && this.fill.readOn(io, this.links, grain * grainBlocks)) return;
      this.writeWhole(io, delta, grain);
    } else if (step === WHOLE) {
      this.updateTables(io);
    } else if (step === AGAIN) {
      this.settle(io, delta);
    } else if (step === JOURNAL && isNew && image?.volatileAt !== undefined) {
      this.step[io] = NUMBER;
      this.tableIo.send(WRITE, file, image.volatileAt, 1, io, image.volatile);
    } else if (step === JOURNAL || step === NUMBER) {
      // Its data is on the device.
      this.say(io, delta, this.requests.op[io] === WRITE ? OWN : ZEROS);
      this.step[io] = isNew ? TABLE : DIRECTORY;
      if (isNew) {
        this.tableIo.send(WRITE, file, delta.tableAt(table), tableBlocks, io, image?.table(table));
        return;
      }
      this.writeEntries(io, delta);
    } else if (step === TABLE) {
      this.step[io] = DIRECTORY;
      const block = Math.floor((table * entryBytes) / 512);
      this.tableIo.send(WRITE, file, layout.directoryAt + block, 1, io, image?.name(table));
    } else {
      delta.list(table);
      this.count(io, delta, at);
    }
  }

  private writeEntries(io: Io, delta: Delta): void {
    const at = this.diskLba[io];
    const table = delta.tableOf(at);
    const { first, length } = entriesIn(delta, at, this.requests.blocks[io]);
    const bytes = delta.image?.table(table, first, length);
    this.tableIo.send(WRITE, delta.file, delta.tableAt(table) + first, length, io, bytes);
  }

  private say(io: Io, delta: Delta, what: GrainState | 'now'): boolean {
    const { op, blocks } = this.requests;
    return say(delta, op[io] === WRITE, this.diskLba[io], blocks[io], what);
  }

  /** The tables say so: from now on the grains count. */
  private count(io: Io, delta: Delta, at: number): void {
    const { grainBlocks } = delta.format;
    const { blocks, op } = this.requests;
    const [leaf] = this.links;
    if (op[io] === WRITE) {
      const grain = Math.floor(at / grainBlocks);
      const end = Math.ceil((at + blocks[io]) / grainBlocks);
      this.lateUnmaps.mark(io, delta.tables, grain, end - grain);
    } else {
      const first = Math.ceil(at / grainBlocks);
      const count = wholeGrains(at, blocks[io], grainBlocks);
      delta.tables.mark(first, count, ZEROS);
      this.lateUnmaps.unmapped(first, count);
    }
    if (!leaf.written) {
      leaf.written = true;
      this.onFirstWrite(leaf);
    }
    this.settle(io, delta);
  }

  /** Of a write and an UNMAP that overlap the last to count is the one: the table has to say so too. */
  private settle(io: Io, delta: Delta): void {
    if (!this.say(io, delta, 'now')) {
      this.end(io);
      return;
    }
    this.step[io] = AGAIN;
    this.writeEntries(io, delta);
  }

  /** The row is done, well or not. */
  private end(io: Io): void {
    this.step[io] = NONE;
    if (this.requests.op[io] === WRITE) this.lateUnmaps.done(io);
    if (this.turns.end(io)) this.fill.forget(io);
    if (!this.turns.isIdle) for (const row of this.turns.takeWaiting()) this.place(row);
    this.leave(io).complete(io);
  }

  private forward(io: Io, { file }: Link, block: number): void {
    this.requests.file[io] = file.index;
    this.requests.lba[io] = block;
    this.lower.submit(io);
  }
}
