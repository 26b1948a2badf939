import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Io, NO_IO, READ, UNMAP, WRITE } from '../../../src/engine/core/io.js';
import { Layer } from '../../../src/engine/core/layer.js';
import { Sim } from '../../../src/engine/core/sim.js';
import type { DeltaFormatName } from '../../../src/engine/plan/commands.js';
import type { FileHandle } from '../../../src/engine/stack/files.js';
import { Chain } from '../../../src/engine/stack/vmfiles/chain/chain.js';
import { Delta } from '../../../src/engine/stack/vmfiles/chain/delta.js';
import { DELTA_FORMATS, layoutOf } from '../../../src/engine/stack/vmfiles/chain/delta-format.js';
import {
  chainFrom,
  cidProblem,
  grainRuns,
  Link,
  Lookup,
} from '../../../src/engine/stack/vmfiles/chain/link.js';

/** 3 MiB: two tables of a vmfsSparse, one of a seSparse. */
const CAPACITY = 6144;

/**
 * The number a command's payload begins at, by the tag of its content: a piece of it that begins some
 * blocks later has a number as many below (`Requests.cutData`), and more than a disk has blocks to go.
 */
const payloadOf = (tag: number): number => -2 - tag * 2 * CAPACITY;
const tagOf = (payload: number): number => Math.floor((-2 - payload) / (2 * CAPACITY));

/** Files by number: what each block was written with last, and how many commands came. */
class Files extends Layer {
  readonly contents = new Map<number, Float64Array>();
  readonly commands: { op: number; file: number; lba: number; blocks: number }[] = [];

  override submit(io: Io): void {
    this.after(1000, io);
  }

  override fire(io: Io): void {
    const { op, file, lba, blocks, data } = this.sim.requests;
    this.commands.push({ op: op[io]!, file: file[io]!, lba: lba[io]!, blocks: blocks[io]! });
    if (op[io] === WRITE) {
      const content = this.contents.get(file[io]!) as Float64Array;
      expect(lba[io]! + blocks[io]!).toBeLessThanOrEqual(content.length);
      content.fill(tagOf(data[io]!), lba[io], lba[io]! + blocks[io]!);
    }
    this.leave(io).complete(io);
  }
}

/** A guest with one command at a time. */
class Guest extends Layer {
  done = 0;
  onDone: () => void = () => {};

  constructor(
    sim: Sim,
    private readonly lower: Layer,
  ) {
    super(sim, 'guest');
  }

  override submit(): void {}

  /** @param tag content of a write */
  issue(op: number, lba: number, blocks: number, tag = 0): void {
    const { requests } = this.sim;
    const io = requests.take();
    expect(io).not.toBe(NO_IO);
    requests.op[io] = op;
    requests.lba[io] = lba;
    requests.blocks[io] = blocks;
    requests.data[io] = payloadOf(tag);
    requests.readyAt[io] = this.sim.now;
    this.enter(io);
    this.lower.submit(io);
  }

  override complete(io: Io): void {
    expect(this.sim.requests.status[io]).toBe(0);
    this.sim.requests.give(io);
    this.done++;
    this.onDone();
  }
}

class Rig {
  readonly sim = new Sim(1, 256);
  readonly files = new Files(this.sim, 'files');
  readonly chain = new Chain(this.sim, 'chain', this.files, () => true);
  readonly guest = new Guest(this.sim, this.chain);
  readonly grown: [number, number][] = [];
  leaf: Link;

  constructor() {
    const file = this.file(0, CAPACITY);
    this.leaf = new Link('base', file, undefined, { cid: 7, parent: undefined, createdAt: 0 });
    this.chain.links = [this.leaf];
  }

  snapshot(format: DeltaFormatName): void {
    const number = this.files.contents.size;
    const kind = DELTA_FORMATS[format];
    const file = this.file(number, layoutOf(kind, CAPACITY).sizeBlocks);
    const extend = (_: FileHandle, first: number, end: number) => this.grown.push([first, end]) > 0;
    const delta = new Delta(kind, file, CAPACITY, { extend });
    const { cid } = this.leaf;
    this.leaf = new Link(`d${number}`, file, delta, { cid, parent: this.leaf, createdAt: 0 });
    this.chain.links = chainFrom(this.leaf);
  }

  /** Issues commands all at once and waits for them. */
  do(commands: readonly (readonly [op: number, lba: number, blocks: number, tag?: number])[]) {
    const before = this.guest.done;
    this.files.commands.length = 0;
    for (const [op, lba, blocks, tag] of commands) this.guest.issue(op, lba, blocks, tag);
    this.sim.runUntil(this.sim.now + 1e9);
    expect(this.guest.done - before).toBe(commands.length);
    expect(this.sim.requests.inFlight).toBe(0);
    return [...this.files.commands];
  }

  /** What the guest sees at each block. */
  view(links = this.chain.links): number[] {
    const found = new Lookup();
    const seen: number[] = [];
    while (seen.length < CAPACITY) {
      const at = seen.length;
      found.find(links, at, CAPACITY - at);
      const { index, block, length, zeros } = found;
      expect(length).toBeGreaterThan(0);
      const content = this.files.contents.get(links[index]!.file.index)!;
      for (let offset = 0; offset < length; offset++) {
        seen.push(zeros ? 0 : content[block + offset]!);
      }
    }
    return seen;
  }

  private file(index: number, sizeBlocks: number): FileHandle {
    this.files.contents.set(index, new Float64Array(sizeBlocks));
    return { index, path: `f${index}`, sizeBlocks, allocatedBlocks: 0, toBeZeroedBlocks: 0 };
  }
}

const place = (unit: number) =>
  fc.tuple(fc.nat(CAPACITY / unit - 1), fc.integer({ min: 1, max: 64 })).map(([at, count]) => {
    const lba = at * unit;
    return { lba, blocks: Math.min(count * unit, CAPACITY - lba) };
  });

describe('a chain of deltas', () => {
  for (const [format, unit] of [
    ['vmfsSparse', 1],
    ['seSparse', 8],
  ] as const) {
    it(`shows what a flat disk would, at every snapshot (${format})`, () => {
      const action = fc.oneof(
        {
          weight: 8,
          arbitrary: place(unit).map((range) => ({ kind: 'write' as const, ...range })),
        },
        { weight: 2, arbitrary: place(8).map((range) => ({ kind: 'unmap' as const, ...range })) },
        { weight: 2, arbitrary: fc.constant({ kind: 'snapshot' as const, lba: 0, blocks: 0 }) },
      );
      fc.assert(
        fc.property(fc.array(action, { minLength: 4, maxLength: 40 }), (actions) => {
          const rig = new Rig();
          rig.snapshot(format);
          const flat = new Array<number>(CAPACITY).fill(0);
          const kept: { links: readonly Link[]; view: number[] }[] = [];
          for (const [index, { kind, lba, blocks }] of actions.entries()) {
            if (kind === 'snapshot') {
              kept.push({ links: rig.chain.links, view: [...flat] });
              rig.snapshot(format);
            } else if (kind === 'write') {
              rig.do([[WRITE, lba, blocks, index + 1]]);
              flat.fill(index + 1, lba, lba + blocks);
            } else if (format === 'seSparse') {
              rig.do([[UNMAP, lba, blocks]]);
              flat.fill(0, lba, lba + blocks);
            }
          }
          expect(rig.view()).toEqual(flat);
          for (const { links, view } of kept) expect(rig.view(links)).toEqual(view);
          rig.do([[READ, 0, CAPACITY]]);
        }),
        { numRuns: 40, seed: 11 },
      );
    });

    it(`lists its grains, each once and where its data lies (${format})`, () => {
      const rig = new Rig();
      rig.snapshot(format);
      rig.do([[WRITE, 4088, 24, 5]]);
      rig.do([[WRITE, 0, 8, 6]]);
      const runs = [...grainRuns(rig.leaf, CAPACITY)];
      // A table of a vmfsSparse ends at 4096 blocks (vmdk-formats reference, 9).
      const parts = format === 'vmfsSparse' ? [8, 8, 16] : [8, 24];
      expect(runs.map(({ blocks }) => blocks)).toEqual(parts);
      expect(runs.map(({ lba }) => lba)).toEqual(
        format === 'vmfsSparse' ? [0, 4088, 4096] : [0, 4088],
      );
      const content = rig.files.contents.get(rig.leaf.file.index)!;
      expect(runs.map(({ fileBlock }) => content[fileBlock!])).toEqual(
        format === 'vmfsSparse' ? [6, 5, 5] : [6, 5],
      );
    });
  }

  it('keeps writes that come at once apart or together as a disk may', () => {
    const rig = new Rig();
    rig.snapshot('seSparse');
    rig.do([
      [WRITE, 0, 16, 1],
      [WRITE, 8, 16, 2],
      [WRITE, 4, 2, 3],
      [WRITE, 6, 1, 4],
    ]);
    const seen = rig.view().slice(0, 24);
    expect(seen[16]).toBe(2);
    expect([1, 2]).toContain(seen[8]);
  });
});

describe('the cost of a chain', () => {
  it('of a first write: data, journal, and a table with its directory entry, then only data', () => {
    const rig = new Rig();
    rig.snapshot('seSparse');
    const { directoryAt, tablesAt, journalAt, grainsAt } = (rig.leaf.delta as Delta).layout;
    const where = (of: ReturnType<Rig['do']>) => of.map(({ op, lba, blocks }) => [op, lba, blocks]);
    // vmdk-formats reference, 10 and 13: 4 KiB grains; journal record, then the entry.
    expect(where(rig.do([[WRITE, 80, 8, 1]]))).toEqual([
      [WRITE, grainsAt, 8],
      [WRITE, journalAt, 1],
      [WRITE, tablesAt, 64],
      [WRITE, directoryAt, 1],
    ]);
    // Another grain of that table: its entry, number 11 of 8 bytes, is in the first sector.
    expect(where(rig.do([[WRITE, 88, 8, 1]]))).toEqual([
      [WRITE, grainsAt + 8, 8],
      [WRITE, journalAt, 1],
      [WRITE, tablesAt, 1],
    ]);
    expect(where(rig.do([[WRITE, 80, 16, 1]]))).toEqual([[WRITE, grainsAt, 16]]);
  });

  it('of first writes side by side: none is done before the directory names their table', () => {
    const rig = new Rig();
    rig.snapshot('seSparse');
    const { directoryAt } = (rig.leaf.delta as Delta).layout;
    const named: boolean[] = [];
    rig.guest.onDone = () => {
      named.push(rig.files.commands.some(({ op, lba }) => op === WRITE && lba === directoryAt));
    };
    rig.do([
      [WRITE, 80, 8, 1],
      [WRITE, 800, 8, 2],
      [WRITE, 8, 8, 3],
    ]);
    // Power lost earlier, a table nobody names would be lost, and with it what was acknowledged.
    expect(named).toEqual([true, true, true]);
  });

  it('of a first write of part of a 4 KiB grain: the parent is read and all of it written', () => {
    const rig = new Rig();
    rig.snapshot('seSparse');
    const { grainsAt } = (rig.leaf.delta as Delta).layout;
    const [read, write] = rig.do([[WRITE, 81, 2, 1]]);
    expect(read).toEqual({ op: READ, file: 0, lba: 80, blocks: 8 });
    expect(write).toEqual({ op: WRITE, file: 1, lba: grainsAt, blocks: 8 });
  });

  it('of a redo log: a table of 16 KiB for each 2 MiB, and space 16 MiB at a time', () => {
    const rig = new Rig();
    rig.snapshot('vmfsSparse');
    const [data, table, directory, ...more] = rig.do([[WRITE, 5, 3, 1]]);
    expect(more).toEqual([]);
    expect(data).toMatchObject({ op: WRITE, blocks: 3 });
    expect(table).toMatchObject({ op: WRITE, blocks: 32 });
    expect(directory).toMatchObject({ op: WRITE, lba: 4, blocks: 1 });
    // Two tables of 32 blocks and 3 MiB fit into the first step, which is cut at the file's end.
    const { sizeBlocks } = (rig.leaf.delta as Delta).layout;
    expect(rig.grown).toEqual([[0, Math.ceil(sizeBlocks / 2048)]]);
  });

  it('of a redo log: whole 4 KiB stay whole, whatever small writes came before', () => {
    const rig = new Rig();
    rig.snapshot('vmfsSparse');
    rig.do([[WRITE, 5, 3, 1]]);
    rig.do([[WRITE, 100, 1, 1]]);
    const [data] = rig.do([[WRITE, 200, 16, 2]]);
    expect(data).toMatchObject({ op: WRITE, blocks: 16 });
    expect(data!.lba % 8).toBe(0);
  });

  it('of a read: one table of each level that is not in memory, and one read for each run', () => {
    const rig = new Rig();
    rig.snapshot('vmfsSparse');
    rig.do([[WRITE, 0, 8, 1]]);
    rig.snapshot('vmfsSparse');
    rig.do([[WRITE, 16, 8, 2]]);
    // 0..7 of the first delta, 8..15 and 24..31 of the base, 16..23 of the leaf.
    const reads = rig.do([[READ, 0, 32]]);
    expect(reads.map(({ file, blocks }) => [file, blocks])).toEqual([
      [1, 8],
      [0, 8],
      [2, 8],
      [0, 8],
    ]);
    for (const { delta } of rig.chain.links) {
      const cache = delta?.cache as unknown as { states: Uint8Array } | undefined;
      cache?.states.fill(0);
    }
    const cold = rig.do([[READ, 8, 8]]);
    expect(cold.map(({ file, blocks }) => [file, blocks])).toEqual([
      [2, 32],
      [1, 32],
      [0, 8],
    ]);
  });
});

describe('content ids', () => {
  it('tell that a parent was modified', () => {
    const rig = new Rig();
    rig.snapshot('seSparse');
    expect(cidProblem(rig.chain.links)).toBeUndefined();
    rig.leaf.parent!.cid = 8;
    expect(cidProblem(rig.chain.links)).toMatch(/content ID mismatch.*base/);
  });
});
