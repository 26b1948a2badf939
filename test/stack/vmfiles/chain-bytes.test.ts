/**
 * The files of a chain as bytes, where every write is of sectors with a content of their own and the
 * devices act in any order: opened with the library of the formats, which knows nothing of the engine,
 * they hold what a flat disk would.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Io, NO_IO, READ, UNMAP, WRITE } from '../../../src/engine/core/io.js';
import { Layer } from '../../../src/engine/core/layer.js';
import { isPayload } from '../../../src/engine/core/payloads.js';
import { Sim } from '../../../src/engine/core/sim.js';
import { openDisk } from '../../../src/engine/formats/vmdk/disk.js';
import { encodeUtf8 } from '../../../src/engine/formats/vmfs/bytes.js';
import type { DeltaFormatName } from '../../../src/engine/plan/commands.js';
import { describeLink } from '../../../src/engine/simulation/export/link-files.js';
import type { FileHandle } from '../../../src/engine/stack/files.js';
import { Chain } from '../../../src/engine/stack/vmfiles/chain/chain.js';
import { Delta } from '../../../src/engine/stack/vmfiles/chain/delta.js';
import { DELTA_FORMATS, layoutOf } from '../../../src/engine/stack/vmfiles/chain/delta-format.js';
import { chainFrom, Link, NO_CID } from '../../../src/engine/stack/vmfiles/chain/link.js';
import { zlibCodec } from '../../../src/input/image/zlib-codec.js';
import { type MemoryFile, MemoryFolder } from '../../formats/vmdk/model.js';

/** Two tables of a seSparse (16 MiB each), nine of a vmfsSparse. The last grain is half a one. */
const CAPACITY = 36_868;
const SECTOR = 512;

/** Files by number; commands take their time by chance, and act at its end. */
class Files extends Layer {
  readonly files = new Map<number, MemoryFile>();
  private readonly stream = this.sim.random.stream('delays');

  override submit(io: Io): void {
    this.after(1000 + this.stream.below(100_000), io);
  }

  override fire(io: Io): void {
    const { op, file, lba, blocks, data } = this.sim.requests;
    if (isPayload(data[io]!)) {
      const bytes = this.sim.payloads.bytesOf(data[io]!, blocks[io]!);
      const medium = this.files.get(file[io]!) as MemoryFile;
      if (op[io] === READ) medium.read(lba[io]! * SECTOR, bytes);
      else medium.write(lba[io]! * SECTOR, bytes);
    } else expect(op[io]).toBe(READ);
    this.leave(io).complete(io);
  }
}

class Guest extends Layer {
  done = 0;

  constructor(
    sim: Sim,
    private readonly lower: Layer,
  ) {
    super(sim, 'guest');
  }

  override submit(): void {}

  issue(op: number, lba: number, blocks: number, bytes?: Uint8Array): void {
    const { requests, payloads } = this.sim;
    const io = requests.take();
    expect(io).not.toBe(NO_IO);
    requests.op[io] = op;
    requests.lba[io] = lba;
    requests.blocks[io] = blocks;
    requests.data[io] = bytes === undefined ? 0 : payloads.take(bytes);
    requests.readyAt[io] = this.sim.now;
    this.enter(io);
    this.lower.submit(io);
  }

  override complete(io: Io): void {
    const { status, data } = this.sim.requests;
    expect(status[io]).toBe(0);
    if (isPayload(data[io]!)) this.sim.payloads.give(data[io]!);
    this.sim.requests.give(io);
    this.done++;
  }
}

/** A disk of that many sectors over files in memory. */
class Rig {
  readonly folder = new MemoryFolder();
  readonly flat = new Uint8Array(CAPACITY * SECTOR);
  leaf: Link;
  private readonly sim: Sim;
  private readonly files: Files;
  private readonly chain: Chain;
  private readonly guest: Guest;

  constructor(seed: number) {
    this.sim = new Sim(seed, 512);
    this.files = new Files(this.sim, 'files');
    this.chain = new Chain(this.sim, 'chain', this.files, () => true);
    this.guest = new Guest(this.sim, this.chain);
    const file = this.file('base-flat.vmdk', CAPACITY);
    this.leaf = new Link('base.vmdk', file, undefined, {
      cid: 7,
      parent: undefined,
      createdAt: 0,
    });
    this.describe('flat');
    this.chain.links = [this.leaf];
  }

  snapshot(format: DeltaFormatName): void {
    const kind = DELTA_FORMATS[format];
    const name = `d${this.files.files.size}`;
    const file = this.file(`${name}-extent.vmdk`, layoutOf(kind, CAPACITY).sizeBlocks);
    const store = { keepsBytes: true, extend: () => true };
    const delta = new Delta(kind, file, CAPACITY, store);
    const { leaf: parent } = this;
    this.leaf = new Link(`${name}.vmdk`, file, delta, { cid: 7, parent, createdAt: 0 });
    this.files.files.get(file.index)!.write(0, delta.image!.header);
    this.describe(format);
    this.chain.links = chainFrom(this.leaf);
  }

  write(lba: number, blocks: number, tag: number): void {
    const bytes = new Uint8Array(blocks * SECTOR);
    for (let at = 0; at < blocks; at++) {
      bytes.set(encodeUtf8(`write ${tag}, sector ${at}`), at * SECTOR);
    }
    this.flat.set(bytes, lba * SECTOR);
    this.guest.issue(WRITE, lba, blocks, bytes);
  }

  /** Whole grains are zeros then; what is over at the ends stays. */
  unmap(lba: number, blocks: number): void {
    const { grainBlocks, unmaps } = this.leaf.delta!.format;
    if (!unmaps) return;
    const first = Math.ceil(lba / grainBlocks) * grainBlocks;
    const end = Math.floor((lba + blocks) / grainBlocks) * grainBlocks;
    if (end > first) this.flat.fill(0, first * SECTOR, end * SECTOR);
    this.guest.issue(UNMAP, lba, blocks);
  }

  settle(commands: number): void {
    this.sim.runUntil(this.sim.now + 1e9);
    expect(this.guest.done).toBe(commands);
    expect(this.sim.requests.inFlight).toBe(0);
  }

  /** What another program finds at a link; and what a guest does. */
  disk(name: string): Uint8Array {
    const bytes = new Uint8Array(CAPACITY * SECTOR);
    openDisk(this.folder, name, zlibCodec).read(0, CAPACITY, bytes, 0);
    return bytes;
  }

  private describe(format: 'flat' | DeltaFormatName): void {
    const { name, file, parent } = this.leaf;
    const parentCid = parent === undefined ? NO_CID : 7;
    const link = { format, capacityBlocks: CAPACITY, extent: file.path, cid: 7, parentCid };
    const text = describeLink(link, parent?.name, false, () => 1);
    this.folder.create(name).write(0, text);
  }

  private file(path: string, sizeBlocks: number): FileHandle {
    const index = this.files.files.size;
    const medium = this.folder.create(path) as MemoryFile;
    medium.resize(sizeBlocks * SECTOR);
    this.files.files.set(index, medium);
    return { index, path, sizeBlocks, allocatedBlocks: 0, toBeZeroedBlocks: 0 };
  }
}

const range = fc
  .tuple(fc.oneof(fc.nat(CAPACITY - 1), fc.nat(300)), fc.integer({ min: 1, max: 40 }))
  .map(([lba, blocks]) => ({ lba, blocks: Math.min(blocks, CAPACITY - lba) }));
/** Commands that are under way together; those that meet earlier ones of a step are left out. */
const step = fc.record({
  snapshot: fc.option(fc.constantFrom('vmfsSparse' as const, 'seSparse' as const)),
  commands: fc.array(fc.tuple(range, fc.nat(5)), { minLength: 1, maxLength: 30 }),
});

describe('the bytes of a chain', () => {
  it('are those of a flat disk at every link, however writes are cut, mixed and overtaken', () => {
    fc.assert(
      fc.property(fc.nat(1e6), fc.array(step, { minLength: 1, maxLength: 5 }), (seed, steps) => {
        const rig = new Rig(seed);
        const kept = new Map([['base.vmdk', rig.flat.slice()]]);
        let issued = 0;
        rig.snapshot('seSparse');
        for (const { snapshot, commands } of steps) {
          if (snapshot !== null) {
            kept.set(rig.leaf.name, rig.flat.slice());
            rig.snapshot(snapshot);
          }
          const taken: { lba: number; blocks: number }[] = [];
          for (const [place, kind] of commands) {
            const meets = taken.some(
              ({ lba, blocks }) => place.lba < lba + blocks && lba < place.lba + place.blocks,
            );
            const isUnmap = kind === 0;
            if (meets || (isUnmap && !rig.leaf.delta!.format.unmaps)) continue;
            taken.push(place);
            if (isUnmap) rig.unmap(place.lba, place.blocks);
            else rig.write(place.lba, place.blocks, issued);
            issued++;
          }
          rig.settle(issued);
        }
        kept.set(rig.leaf.name, rig.flat);
        for (const [name, flat] of kept) {
          expect(Buffer.compare(rig.disk(name), flat), name).toBe(0);
        }
      }),
      { numRuns: 12 },
    );
  });

  it('keep what a write of whole grains left around one of a part of them that came at once', () => {
    const sector = (bytes: Uint8Array, at: number): string =>
      Buffer.from(bytes.subarray(at * SECTOR, (at + 1) * SECTOR))
        .toString()
        .split(',')[0] as string;
    for (let seed = 1; seed <= 30; seed++) {
      const rig = new Rig(seed);
      rig.snapshot('seSparse');
      rig.write(80, 16, 1);
      rig.write(90, 3, 2);
      // Begins and ends within the grains of the others.
      rig.unmap(92, 20);
      rig.write(93, 1, 3);
      rig.settle(4);
      const found = rig.disk(rig.leaf.name);
      const seen = Array.from({ length: 16 }, (_, at) => sector(found, 80 + at));
      const whole = 'write 1';
      expect([...seen.slice(0, 10), ...seen.slice(14)], `seed ${seed}`).toEqual(
        Array(12).fill(whole),
      );
      for (const one of seen.slice(10, 13)) expect([whole, 'write 2']).toContain(one);
      expect([whole, 'write 3']).toContain(seen[13]);
    }
  });
});
