/** Power lost at every sector of what a sequence of operations writes: the volume is clean afterwards. */
import { describe, expect, it } from 'vitest';
import { checkVolume } from '../../../src/engine/formats/vmfs/check/check.js';
import { VMFS3, VMFS5, VMFS6 } from '../../../src/engine/formats/vmfs/generation.js';
import { Volume } from '../../../src/engine/formats/vmfs/volume.js';
import type { MemoryImage } from '../../../src/input/image/memory-image.js';
import { FaultyImage, PowerLoss, type Survival } from './faulty-image.js';
import {
  formatted,
  HOST,
  MIB,
  openToRead,
  openToWrite,
  pattern,
  readAll,
  SECONDS,
} from './model.js';

type Operation = readonly [name: string, run: (volume: Volume) => void];

const SMALL = pattern(1, 3000);
const SURVIVALS: readonly Survival[] = ['front', 'any', 'back'];

/** On a volume with /d/f (5,000 bytes), /d/g (two blocks) and an empty directory /e. */
const OPERATIONS: readonly Operation[] = [
  ['create', (volume) => volume.create('/d/new')],
  ['mkdir', (volume) => volume.makeDirectory('/d/dir')],
  ['append', (volume) => volume.write('/d/f', 5000, SMALL)],
  ['convert', (volume) => volume.write('/d/f', 5000, pattern(4, 150_000))],
  ['grow', (volume) => volume.resize('/d/f', 3 * MIB, 'zeroedthick')],
  ['truncate', (volume) => volume.resize('/d/g', 100)],
  ['remove', (volume) => volume.remove('/d/g')],
  ['rmdir', (volume) => volume.remove('/e')],
  ['rename', (volume) => volume.rename('/d/f', '/e/f')],
  ['replace', (volume) => volume.rename('/d/f', '/d/g', true)],
  ['move directory', (volume) => volume.rename('/d', '/e/d')],
];

function prepared(generation: typeof VMFS5): MemoryImage {
  const [image] = formatted({ generation, sizes: [300 * MIB] });
  const volume = openToWrite([image]);
  volume.makeDirectory('/d');
  volume.makeDirectory('/e');
  volume.create('/d/f');
  volume.write('/d/f', 0, pattern(2, 5000));
  volume.create('/d/g');
  volume.write('/d/g', 0, pattern(3, MIB + 5000));
  volume.close();
  return image;
}

/** Names, sizes and content by path: the state somebody sees. */
function stateOf(volume: Volume, path = ''): string {
  const parts = volume.list(path === '' ? '/' : path).map((file) => {
    const full = `${path}/${file.name}`;
    if (file.name.endsWith('.sf')) return '';
    if (file.directory) return `${full}:${file.links}(${stateOf(volume, full)})`;
    let sum = file.length;
    const bytes = readAll(volume, full);
    for (let at = 0; at < bytes.length; at++) sum = (Math.imul(sum, 31) + bytes[at]) | 0;
    return `${full}:${sum}:${file.blocks}:${file.toBeZeroed}`;
  });
  return parts.join(' ');
}

function runOn(image: FaultyImage | MemoryImage, operations: readonly Operation[]): string[] {
  const states: string[] = [];
  const volume = Volume.open([image], { seconds: SECONDS + 5, host: HOST });
  states.push(stateOf(volume));
  for (const [, run] of operations) {
    try {
      run(volume);
    } catch (error) {
      if (error instanceof PowerLoss) throw error;
    }
    states.push(stateOf(volume));
  }
  volume.close();
  return states;
}

/** Sectors one run of the operations writes. */
function sectorsOf(base: MemoryImage, operations: readonly Operation[]): number {
  const whole = new FaultyImage(base.copy(), Number.POSITIVE_INFINITY, 'front');
  runOn(whole, operations);
  return whole.sectors;
}

function crash(
  base: MemoryImage,
  operations: readonly Operation[],
  at: number,
  survival: Survival,
): MemoryImage {
  const image = base.copy();
  expect(losesPower(() => runOn(new FaultyImage(image, at, survival), operations))).toBe(true);
  return image;
}

function losesPower(run: () => void): boolean {
  try {
    run();
    return false;
  } catch (error) {
    if (error instanceof PowerLoss) return true;
    throw error;
  }
}

function expectSound(image: MemoryImage, states: readonly string[], what: string): void {
  const { findings } = checkVolume([image]);
  const bad = findings.list.filter(({ kind }) => kind !== 'journal-replayed');
  expect(bad, what).toEqual([]);
  expect(states, what).toContain(stateOf(openToRead([image])));
  const recovered = openToWrite([image]);
  recovered.close();
  expect(checkVolume([image]).findings.list, `${what}, recovered`).toEqual([]);
  expect(states, `${what}, recovered`).toContain(stateOf(openToRead([image])));
}

/** Crash points spread over a run, the same number whatever it writes, beginning at a different one each. */
function* points(sectors: number, count: number, from: number): Generator<number> {
  const step = Math.max(1, sectors / count);
  for (let at = from % step; at < sectors; at += step) yield Math.floor(at);
}

describe.each([
  { generation: VMFS5, single: 8, double: 4 },
  { generation: VMFS3, single: 5, double: 2 },
  { generation: VMFS6, single: 5, double: 2 },
])('power lost on $generation.name', ({ generation, single, double }) => {
  const base = prepared(generation);

  it('during one operation leaves the old state or the new one', () => {
    for (const operation of OPERATIONS) {
      const states = runOn(base.copy(), [operation]);
      const sectors = sectorsOf(base, [operation]);
      for (const at of points(sectors, single, operation[0].length)) {
        const image = crash(base, [operation], at, SURVIVALS[at % 3]);
        expectSound(image, states, `${operation[0]} at sector ${at} of ${sectors}`);
      }
    }
  }, 120_000);

  it('during two operations leaves a state there was between them', () => {
    OPERATIONS.forEach((one, index) => {
      const two = OPERATIONS[(index * 5 + 3) % OPERATIONS.length];
      const states = runOn(base.copy(), [one, two]);
      const sectors = sectorsOf(base, [one, two]);
      for (const at of points(sectors, double, index * 7)) {
        const image = crash(base, [one, two], at, SURVIVALS[(at + index) % 3]);
        expectSound(image, states, `${one[0]}, ${two[0]} at sector ${at} of ${sectors}`);
      }
    });
  }, 120_000);

  it('during recovery leaves what recovery would', () => {
    const replace = OPERATIONS.filter(([name]) => name === 'replace');
    const states = runOn(base.copy(), replace);
    const sectors = sectorsOf(base, replace);
    // Near the end of the run the journal is committed and partly in place.
    for (let at = sectors - 10; at < sectors - 2; at += 2) {
      const crashed = crash(base, replace, at, 'back');
      for (let again = 0; again < 14; again += 2) {
        const image = crashed.copy();
        const lost = losesPower(() =>
          runOn(new FaultyImage(image, again, SURVIVALS[again % 3]), []),
        );
        if (!lost) break;
        expectSound(image, states, `recovery from ${at}, at sector ${again}`);
      }
    }
  }, 120_000);
});

it('grows a file with its blocks or not at all', () => {
  const base = prepared(VMFS5);
  const grow = OPERATIONS.filter(([name]) => name === 'grow');
  const states = runOn(base.copy(), grow);
  const sectors = sectorsOf(base, grow);
  // What changes metadata is at the end, behind the data of the block the file moves to.
  for (let at = sectors - 40; at < sectors; at++) {
    expectSound(crash(base, grow, at, SURVIVALS[at % 3]), states, `at sector ${at} of ${sectors}`);
  }
});

it('lets data that is overwritten be old or new, sector by sector', () => {
  const base = prepared(VMFS5);
  const fresh = pattern(9, 4096);
  const write: Operation = ['overwrite', (volume) => volume.write('/d/g', 8192, fresh)];
  const old = readAll(openToRead([base]), '/d/g').subarray(8192, 8192 + 4096);
  for (let at = 0; at < sectorsOf(base, [write]); at++) {
    const image = crash(base, [write], at, SURVIVALS[at % 3]);
    const now = readAll(openToRead([image]), '/d/g').subarray(8192, 8192 + 4096);
    for (let from = 0; from < 4096; from += 512) {
      const sector = Buffer.from(now.subarray(from, from + 512));
      const known = [old, fresh].some((all) => sector.equals(all.subarray(from, from + 512)));
      expect(known, `at ${at}, byte ${from}`).toBe(true);
    }
  }
});
