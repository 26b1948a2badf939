/** A copy is judged by checksums of what was read: every way in which it can be wrong is noticed. */
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { copySteps, STEP } from '../../../src/engine/formats/vmdk/copy.js';
import { CopySums } from '../../../src/engine/formats/vmdk/copy-sums.js';
import { DATA, HOLE, type Run, type Sectors } from '../../../src/engine/formats/vmdk/extent.js';
import type { Sink } from '../../../src/engine/formats/vmdk/sink.js';

/** A disk in memory with holes wherever a step was never written. */
class MemoryDisk implements Sectors, Sink {
  readonly bytes: Buffer;
  readonly has: boolean[] = [];

  constructor(
    readonly sectors: number,
    readonly dense = false,
  ) {
    this.bytes = Buffer.alloc(sectors * 512);
  }

  probe(sector: number, limit: number, run: Run): void {
    run.kind = this.has[Math.floor(sector / STEP)] === true ? DATA : HOLE;
    run.sectors = Math.min(limit, STEP - (sector % STEP));
  }

  read(sector: number, count: number, into: Uint8Array, at: number): void {
    into.set(this.bytes.subarray(sector * 512, (sector + count) * 512), at);
  }

  write(sector: number, bytes: Uint8Array): void {
    this.bytes.set(bytes, sector * 512);
    this.has[Math.floor(sector / STEP)] = true;
  }

  finish(): void {}
}

/** 5 steps and 3 sectors: steps 0, 2 and the last hold something, step 3 zeros. */
function source(): MemoryDisk {
  const disk = new MemoryDisk(5 * STEP + 3);
  for (const step of [0, 2]) disk.write(step * STEP, Buffer.alloc(STEP * 512, step + 7));
  disk.write(3 * STEP, Buffer.alloc(STEP * 512));
  disk.write(5 * STEP, Buffer.alloc(3 * 512, 99));
  return disk;
}

function copied(sectors: number, dense = false): { copy: MemoryDisk; verdict: () => number } {
  const from = source();
  const copy = new MemoryDisk(sectors, dense);
  const sums = new CopySums(crc32);
  for (const part of copySteps(from, copy, sectors, sums)) expect(part).toBeLessThanOrEqual(1);
  const verdict = (): number => {
    const steps = sums.wrongIn(copy, Math.min(sectors, from.sectors));
    for (;;) {
      const { done, value } = steps.next();
      if (done === true) return value;
    }
  };
  return { copy, verdict };
}

const SECTORS = 5 * STEP + 3;

describe.each([false, true])('a copy (dense: %s)', (dense) => {
  it.each([SECTORS, SECTORS + STEP + 1, 4 * STEP + 1])('of %i sectors is right', (sectors) => {
    expect(copied(sectors, dense).verdict()).toBe(-1);
  });

  it.each([0, STEP - 1, 2 * STEP, 3 * STEP + 5, 5 * STEP + 2, SECTORS, SECTORS + STEP])(
    'is wrong where sector %i was changed',
    (sector) => {
      const { copy, verdict } = copied(SECTORS + STEP + 1, dense);
      copy.has[Math.floor(sector / STEP)] = true;
      const at = sector * 512 + 100;
      copy.bytes.writeUInt8((copy.bytes[at] as number) ^ 1, at);
      expect(verdict()).toBe(Math.floor(sector / STEP) * STEP);
    },
  );

  it('is wrong where something is in a place that was a hole', () => {
    const { copy, verdict } = copied(SECTORS, dense);
    copy.write(STEP, Buffer.alloc(STEP * 512, 1));
    expect(verdict()).toBe(STEP);
  });

  it('is wrong where a step was lost, also the last', () => {
    for (const step of [2, 5]) {
      const { copy, verdict } = copied(SECTORS, dense);
      copy.has[step] = false;
      expect(verdict()).toBe(step * STEP);
    }
  });
});

it('that is too short is wrong', () => {
  const from = source();
  const sums = new CopySums(crc32);
  for (const _ of copySteps(from, new MemoryDisk(SECTORS), SECTORS, sums));
  const short = source();
  Object.assign(short, { sectors: 2 * STEP });
  const steps = sums.wrongIn(short, SECTORS);
  let result = steps.next();
  while (result.done !== true) result = steps.next();
  expect(result.value).toBe(2 * STEP);
});
