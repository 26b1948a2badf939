import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../../src/engine/core/errors.js';
import { READ, WRITE } from '../../../src/engine/core/io.js';
import { Random } from '../../../src/engine/core/random.js';
import { createModel, DEVICE_MODELS, type DiskModel } from '../../../src/engine/devices/index.js';

const CAPACITY = 1_000_000_000;

function make(model: string, params: Record<string, number> = {}): DiskModel {
  const stream = new Random(7).stream('device');
  return createModel({ model, params }, { stream, capacityBlocks: CAPACITY });
}

/** Mean service time of random commands, ns. */
function meanRandom(model: DiskModel, op: number, blocks: number, samples: number): number {
  const addresses = new Random(11).stream('addresses');
  let sum = 0;
  for (let index = 0; index < samples; index++) {
    sum += model.serviceNs(op, addresses.below(CAPACITY - blocks), blocks, index * 1e9);
  }
  return sum / samples;
}

describe('catalogue of device models', () => {
  it('lists every file of the folder', () => {
    const folder = new URL('../../../src/engine/devices/models/', import.meta.url);
    const files = readdirSync(folder).filter((file) => file !== 'index.ts');
    expect(DEVICE_MODELS.map(({ name }) => `${name}.ts`).sort()).toEqual(files.sort());
  });

  it.each(DEVICE_MODELS.map(({ name }) => name))(
    '%s: whole, never negative, same again',
    (name) => {
      const [first, second] = [make(name), make(name)];
      const addresses = new Random(3).stream('addresses');
      expect(first.channels).toBeGreaterThanOrEqual(1);
      for (let index = 0; index < 500; index++) {
        const op = index % 3 === 0 ? WRITE : READ;
        const lba = addresses.below(CAPACITY);
        const blocks = 1 + addresses.below(2048);
        const ns = first.serviceNs(op, lba, blocks, index * 1000);
        expect(Number.isInteger(ns) && ns >= 0).toBe(true);
        expect(second.serviceNs(op, lba, blocks, index * 1000)).toBe(ns);
      }
    },
  );

  it.each(DEVICE_MODELS.map((model) => [model.name, model] as const))(
    '%s: defaults lie within their limits',
    (_name, model) => {
      for (const param of Object.values(model.params)) {
        expect(param.initial).toBeGreaterThanOrEqual(param.min);
        expect(param.initial).toBeLessThanOrEqual(param.max);
        expect(param.help).not.toBe('');
      }
    },
  );

  it.each(DEVICE_MODELS.map((model) => [model.name, model] as const))(
    '%s: says where each default comes from',
    (_name, model) => {
      expect(Object.keys(model.sources).sort()).toEqual(Object.keys(model.params).sort());
      for (const source of Object.values(model.sources)) expect(source).not.toBe('');
    },
  );

  it('refuses unknown models, unknown settings and values out of range', () => {
    expect(() => make('tape')).toThrow(InputError);
    expect(() => make('hdd', { colour: 1 })).toThrow(/unknown setting/);
    expect(() => make('hdd', { rpm: 1 })).toThrow(/hdd.rpm/);
  });
});

describe('spinning disks', () => {
  /**
   * Mean of the seek curve over random blocks. Blocks lie denser outside, in proportion to the rate, so
   * random blocks are random cylinders of that density: cylinder x holds (outer - (outer - inner) x).
   * The curve goes through the three published figures with a root and a linear part.
   */
  function meanSeek(track: number, average: number, full: number, outer: number, inner: number) {
    const root = (average - track - (full - track) / 3) / (8 / 15 - 1 / 3);
    const line = full - track - root;
    const parts = 400;
    let [sum, weight] = [0, 0];
    for (let one = 0; one < parts; one++) {
      for (let other = 0; other < parts; other++) {
        const density =
          (outer - ((outer - inner) * (one + 0.5)) / parts) *
          (outer - ((outer - inner) * (other + 0.5)) / parts);
        const part = Math.abs(one - other) / parts;
        sum += density * (track + root * Math.sqrt(part) + line * part);
        weight += density;
      }
    }
    return sum / weight;
  }

  const OVERHEAD = 0.05e6;

  // Average rate over the blocks: time per block is 1/rate, blocks per cylinder are as the rate.
  it.each([
    ['hdd', [0.2e6, 3.3e6, 6e6], 15_000, 204e6, 122e6, 0.5e6],
    ['hdd-7k', [0.5e6, 8.2e6, 15e6], 7_200, 175e6, 83e6, 0.4e6],
  ] as const)(
    '%s: mean of random reads and writes is the closed form',
    (name, [track, average, full], rpm, outer, inner, settle) => {
      const transfer = (8 * 512 * 1e9) / ((outer + inner) / 2);
      const seek = meanSeek(track, average, full, outer, inner);
      const expected = OVERHEAD + seek + 30e9 / rpm + transfer;
      const reads = meanRandom(make(name), READ, 8, 200_000);
      expect(Math.abs(reads / expected - 1)).toBeLessThan(0.005);
      const writes = meanRandom(make(name), WRITE, 8, 200_000);
      expect(Math.abs(writes / (expected + settle) - 1)).toBeLessThan(0.005);
    },
  );

  it.each([
    ['outer', 0, 204e6],
    ['inner', CAPACITY - 20_000, 122e6],
  ])('reads the %s zone at its rate when it goes on where it stopped', (_zone, start, rate) => {
    const disk = make('hdd');
    let now = disk.serviceNs(READ, start, 2048, 0);
    const first = now;
    for (let command = 1; command <= 8; command++) {
      now += disk.serviceNs(READ, start + command * 2048, 2048, now);
    }
    expect(Math.abs((now - first) / ((8 * 2048 * 512 * 1e9) / rate) - 1)).toBeLessThan(0.01);
  });
});

describe('flash', () => {
  /** Commands per second of a device that is never idle. */
  function saturated(name: string, op: number, blocks: number): number {
    const model = make(name);
    const free = new Float64Array(model.channels);
    const count = 60_000;
    let now = 0;
    for (let index = 0; index < count; index++) {
      let first = 0;
      for (let channel = 1; channel < free.length; channel++) {
        if (free[channel]! < free[first]!) first = channel;
      }
      now = Math.max(now, free[first]!);
      free[first] = now + model.serviceNs(op, index * 8, blocks, now);
    }
    return (count / now) * 1e9;
  }

  it.each([
    ['ssd', READ, 8, 75_000],
    ['ssd', WRITE, 8, 36_000],
    ['ssd', READ, 2048, 500e6 / (1 << 20)],
    ['ssd', WRITE, 2048, 460e6 / (1 << 20)],
    ['nvme', READ, 8, 450_000],
    ['nvme', WRITE, 8, 175_000],
    ['nvme', READ, 2048, 2800e6 / (1 << 20)],
  ])('%s op %i of %i blocks reaches its published rate', (name, op, blocks, rate) => {
    expect(Math.abs(saturated(name, op, blocks) / rate - 1)).toBeLessThan(0.03);
  });
});
