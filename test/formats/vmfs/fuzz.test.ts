/** Damaged and hostile images: only clear errors, in bounded time. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError, InputError } from '../../../src/engine/core/errors.js';
import { checkVolume } from '../../../src/engine/formats/vmfs/check/check.js';
import { VMFS3, VMFS5, VMFS6 } from '../../../src/engine/formats/vmfs/generation.js';
import { growFileSystem } from '../../../src/engine/formats/vmfs/grow-blocks.js';
import type { Access, Answer, Steps } from '../../../src/engine/formats/vmfs/hosts/access.js';
import { ClusterHost } from '../../../src/engine/formats/vmfs/hosts/cluster-host.js';
import { LogicalVolume } from '../../../src/engine/formats/vmfs/logical-volume.js';
import { extendLvm } from '../../../src/engine/formats/vmfs/lvm-change.js';
import { resignature } from '../../../src/engine/formats/vmfs/resignature.js';
import { makeUuid } from '../../../src/engine/formats/vmfs/uuid.js';
import type { Volume } from '../../../src/engine/formats/vmfs/volume.js';
import { MemoryImage } from '../../../src/input/image/memory-image.js';
import {
  formatted,
  HOST,
  MIB,
  openToRead,
  openToWrite,
  pattern,
  SECONDS,
  sequence,
} from './model.js';

const DATA_AT = 0x1100000;
/** Damaged volumes of each generation. */
const RUNS = 25;

/** A volume with a little of everything, and where its metadata is: byte ranges of the image. */
function victim(generation: typeof VMFS5): { image: MemoryImage; ranges: [number, number][] } {
  const [image] = formatted({ generation, sizes: [300 * MIB] });
  const volume = openToWrite([image], true);
  volume.makeDirectory('/d');
  volume.create('/d/resident');
  volume.write('/d/resident', 0, pattern(1, 500));
  volume.create('/d/small');
  volume.write('/d/small', 0, pattern(2, 6000));
  volume.create('/d/direct');
  volume.write('/d/direct', 0, pattern(3, 2 * MIB));
  volume.create('/d/pointers');
  volume.write('/d/pointers', 330 * MIB, pattern(4, 5000));
  volume.close();
  const { core, tree } = volume;
  const ranges: [number, number][] = [
    [0x100000, 600],
    [generation.product === 6 ? 0x101000 : 0x100200, 0x120],
    [DATA_AT + 0x200000, 0x180],
    [DATA_AT + 0x300000, 1024],
  ];
  for (const resource of core.resources.list) {
    if (resource.clusters > 0) ranges.push([DATA_AT + resource.headerAt(0), 700]);
  }
  const files = ['/', '/d', '/.fbb.sf', '/.fdc.sf', '/.sbc.sf', '/.pbc.sf'];
  for (const path of [...files, '/d/resident', '/d/small', '/d/direct', '/d/pointers']) {
    const file = tree.file(path);
    const { fieldsAt, pointersAt } = generation;
    ranges.push([DATA_AT + file.at, 0x60], [DATA_AT + file.at + fieldsAt, 0x90]);
    ranges.push([DATA_AT + file.at + pointersAt, 64]);
    if (path.includes('.sf')) {
      const at = core.mapping.dataAt(file, core.mapping.block(file, 0), 0);
      ranges.push([DATA_AT + at, 0x60]);
    }
  }
  for (const path of ['/', '/d']) {
    const dir = tree.directory(path);
    const { mapping } = core;
    ranges.push([DATA_AT + mapping.dataAt(dir, mapping.block(dir, 0), 0), 1200]);
  }
  const sparse = tree.file('/d/pointers');
  ranges.push([DATA_AT + core.mapping.tableAt(sparse, sparse.pointer(0)), 64]);
  return { image, ranges };
}

/** Everything a person can ask of a volume that may be damaged. */
function exercise(images: readonly MemoryImage[]): void {
  checkVolume(images);
  attempt(() => {
    const volume = openToRead(images);
    walk(volume, '', 0);
    volume.space();
  });
  attempt(() => {
    const volume = openToWrite(images);
    attempt(() => volume.create('/d/new'));
    attempt(() => volume.write('/d/small', 100, pattern(1, 20_000)));
    attempt(() => volume.rename('/d/direct', '/moved'));
    attempt(() => volume.remove('/d/pointers'));
    attempt(() => volume.makeDirectory('/d2'));
    attempt(() => volume.close());
  });
  attempt(() => useAsHost(images));
  attempt(() => {
    const next = sequence(1);
    const uuid = (): string => makeUuid(SECONDS, [next(), next(), next()]);
    attempt(() => resignature(images, { uuid, random: next }));
    const more = new MemoryImage('more', (300 * MIB) / 512);
    extendLvm(LogicalVolume.openInterrupted(images), [more], [uuid()], SECONDS);
    growFileSystem(openToWrite([...images, more]).core);
  });
}

/** The same through a host that shares the volume; others that hold locks have long been dead. */
function useAsHost(images: readonly MemoryImage[]): void {
  const volume = LogicalVolume.open(images);
  let now = 0;
  const host = ClusterHost.mount(volume, {
    host: HOST,
    seconds: SECONDS,
    resident: false,
    locking: 'ats',
    now: () => now,
    random: sequence(2),
  });
  const all = (function* (): Steps<void> {
    const mounted = yield* host;
    for (const run of [
      () => mounted.createFile('/d/new2'),
      () => mounted.write('/d/small', 10, pattern(1, 5000)),
      () => mounted.rename('/d/direct', '/moved2'),
      () => mounted.remove('/d/pointers'),
    ]) {
      try {
        yield* run();
      } catch (error) {
        if (!(error instanceof FormatError || error instanceof InputError)) throw error;
      }
    }
    yield* mounted.unmount();
  })();
  let next = all.next();
  for (let steps = 0; next.done !== true; steps++) {
    expect(steps).toBeLessThan(5000);
    const access = next.value;
    now += access.kind === 'wait' ? access.ns : 1e6;
    next = all.next(perform(volume, access));
  }
}

function perform(volume: LogicalVolume, access: Access): Answer {
  if (access.kind === 'read') {
    const bytes = new Uint8Array(access.length);
    volume.read(access.at, bytes);
    return { outcome: 'done', bytes };
  }
  if (access.kind === 'ats') {
    const found = new Uint8Array(access.expected.length);
    volume.read(access.at, found);
    if (Buffer.compare(found, access.expected) !== 0) return { outcome: 'differs' };
  }
  if (access.kind === 'ats' || access.kind === 'write') volume.write(access.at, access.bytes);
  return { outcome: 'done' };
}

function walk(volume: Volume, path: string, depth: number): void {
  if (depth > 3) return;
  for (const { name, directory, length } of volume.list(path === '' ? '/' : path)) {
    const full = `${path}/${name}`;
    if (directory) attempt(() => walk(volume, full, depth + 1));
    else attempt(() => volume.read(full, 0, new Uint8Array(Math.min(length, 3 * MIB))));
  }
}

/** Errors are those for people; anything else is a bug. */
function attempt(use: () => void): void {
  try {
    use();
  } catch (error) {
    if (error instanceof FormatError || error instanceof InputError) return;
    throw error;
  }
}

/** Writes bytes into an image at any place. */
function damage(image: MemoryImage, at: number, bytes: Uint8Array): void {
  for (let index = 0; index < bytes.length; index++) {
    const lba = Math.floor((at + index) / 512);
    const sector = new Uint8Array(512);
    image.read(lba, 1, sector);
    sector[(at + index) % 512] = bytes[index];
    image.write(lba, 1, sector);
  }
}

describe.each([VMFS3, VMFS5, VMFS6])('$name with damaged metadata', (generation) => {
  const { image, ranges } = victim(generation);
  /** Values that sizes and counts like least. */
  const word = fc.oneof(
    fc.constantFrom(0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 0x1fffff, 0x10d0, 0x10d1, 5),
    fc.nat(0xffffffff),
  );

  it('is read, checked and written to with clear errors only', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(), fc.nat(), word), { minLength: 1, maxLength: 4 }),
        (hits) => {
          const copy = image.copy();
          for (const [which, place, value] of hits) {
            const [at, length] = ranges[which % ranges.length];
            const bytes = Uint8Array.of(value, value >>> 8, value >>> 16, value >>> 24);
            damage(copy, at + (place % length), bytes);
          }
          const before = Date.now();
          exercise([copy]);
          expect(Date.now() - before).toBeLessThan(20_000);
        },
      ),
      { numRuns: RUNS, seed: generation.product },
    );
  }, 60_000);
});

describe('what is no volume', () => {
  it('is refused with a reason', () => {
    const noise = new MemoryImage('noise', 64 * 2048);
    noise.write(0, 2048, pattern(1, MIB));
    noise.write(2048, 2048, pattern(2, MIB));
    const empty = new MemoryImage('empty', 0);
    const short = new MemoryImage('short', 2049);
    short.write(2048, 1, Uint8Array.of(0x0d, 0xd0, 0x01, 0xc0, 5, ...new Uint8Array(507)));
    for (const image of [noise, empty, short]) {
      expect(() => openToRead([image])).toThrow(FormatError);
      expect(checkVolume([image]).findings.count('unreadable')).toBe(1);
    }
    expect(() => openToRead([])).toThrow(FormatError);
  });

  it('is refused wherever an image is cut short', () => {
    const [image] = formatted({ sizes: [300 * MIB] });
    const next = sequence(5);
    for (let round = 0; round < 12; round++) {
      const blocks = next() % image.blocks;
      const cut = new MemoryImage('cut', blocks);
      for (const [at, bytes] of image.written()) {
        const room = Math.min(bytes.length / 512, blocks - at / 512);
        if (room > 0) cut.write(at / 512, room, bytes);
      }
      exercise([cut]);
    }
  });

  it('is refused when images of different volumes are given together', () => {
    const [one] = formatted({ sizes: [512 * MIB, 512 * MIB] });
    const [, other] = formatted({ sizes: [512 * MIB, 768 * MIB] });
    expect(() => openToRead([one, other])).toThrow('not of one volume');
    expect(() => openToRead([one, one])).toThrow('same extents');
    expect(() => openToRead([other])).toThrow('head extent');
  });
});
