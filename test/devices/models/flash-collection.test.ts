/** Garbage collection of flash against the closed forms and published rates. */
import { describe, expect, it } from 'vitest';
import { READ, WRITE } from '../../../src/engine/core/io.js';
import { Random } from '../../../src/engine/core/random.js';
import { Translation } from '../../../src/engine/devices/flash/translation.js';
import { createModel, type DiskModel } from '../../../src/engine/devices/index.js';

const GB = 1e9 / 512;

function make(model: string, params: Record<string, number>, capacityBlocks = 200 * GB): DiskModel {
  const stream = new Random(7).stream('device');
  return createModel({ model, params }, { stream, capacityBlocks });
}

/**
 * Write amplification of greedy collection under uniform random writes, large blocks: with u the share
 * of valid pages in the block that is chosen, u = e^(-a (1 - u)) and A = 1 / (1 - u), a = physical over
 * logical capacity. (Xiang and Kurkoski, "An improved analytic expression for write amplification in
 * NAND flash", ICNC 2012: A = a / (a + W(-a e^-a)), the same; Desnoyers, SYSTOR 2012.)
 */
function closedForm(spare: number): number {
  let u = 0.5;
  for (let step = 0; step < 1000; step++) u = Math.exp(-(1 + spare) * (1 - u));
  return 1 / (1 - u);
}

/** Mean amplification of a translation worn by random writes. */
function amplification(pages: number, spare: number): number {
  const translation = new Translation(pages, 256, spare);
  const stream = new Random(3).stream('wear');
  translation.wear(stream);
  let sum = 0;
  const count = 400;
  for (let turn = 0; turn < count; turn++) {
    for (let write = 0; write < 256; write++) translation.write(stream.below(pages), 1);
    sum += translation.amplification;
  }
  return sum / count;
}

describe('write amplification', () => {
  // The reserve and the open block are not over-provisioning that greedy choice can use: a few percent.
  it.each([0.15, 0.28, 0.4, 1])('spare %f: the closed form of greedy collection', (spare) => {
    const share = amplification(1 << 16, spare) / closedForm(spare);
    expect(Math.abs(share - 1)).toBeLessThan(0.08);
  });

  it('is none for sequential writes, however often the device is written over', () => {
    const translation = new Translation(1 << 16, 256, 0.15);
    for (let turn = 0; turn < 4; turn++) {
      for (let page = 0; page < 1 << 16; page += 64) translation.write(page, 64);
    }
    expect(translation.amplification).toBeLessThan(1.02);
  });

  it('begins when the flash has been written once: fresh out of the box there is none', () => {
    const translation = new Translation(1 << 16, 256, 0.28);
    const stream = new Random(3).stream('fresh');
    for (let write = 0; write < 1.2 * (1 << 16); write++)
      translation.write(stream.below(1 << 16), 1);
    expect(translation.amplification).toBe(1);
    for (let write = 0; write < 1 << 17; write++) translation.write(stream.below(1 << 16), 1);
    expect(translation.amplification).toBeGreaterThan(1.5);
  });

  it('of a large device is that of the part that stands for it', () => {
    const pages = 8 * (1 << 16);
    const translation = new Translation(pages, 256, 0.28);
    const stream = new Random(3).stream('large');
    translation.wear(stream);
    for (let write = 0; write < 8 * 50_000; write++) translation.write(stream.below(pages), 1);
    expect(Math.abs(translation.amplification / closedForm(0.28) - 1)).toBeLessThan(0.1);
  });
});

/** A closed loop: commands per second, and latencies of reads, with `depth` in flight. */
function loop(
  model: DiskModel,
  depth: number,
  opOf: (index: number) => number,
  count = 60_000,
  capacity = 200 * GB,
  start = 0,
): { rate: number; reads: number[]; end: number } {
  const addresses = new Random(5).stream('addresses');
  const free = new Float64Array(depth).fill(start);
  const reads: number[] = [];
  const warm = count / 3;
  let [now, warmAt] = [start, start];
  for (let index = 0; index < count; index++) {
    let first = 0;
    for (let slot = 1; slot < depth; slot++) if (free[slot]! < free[first]!) first = slot;
    now = Math.max(now, free[first]!);
    if (index === warm) warmAt = now;
    const op = opOf(index);
    const ns = model.serviceNs(op, 8 * addresses.below(capacity / 8), 8, now);
    free[first] = now + ns;
    if (op === READ && index > warm) reads.push(ns);
  }
  return {
    rate: ((count - warm) / (now - warmAt)) * 1e9,
    reads: reads.sort((a, b) => a - b),
    end: now,
  };
}

describe('random writes', () => {
  const fresh = { overProvisioning: 0.4, start: 1 };
  const steady = { overProvisioning: 0.4, start: 0 };

  // Intel SSD DC S3700: 36,000 4 KiB writes/s; P3700: 175,000 (from memory, see the models).
  it.each([
    ['ssd', 36_000],
    ['nvme', 175_000],
  ])('%s: the published rate in the steady state', (name, rate) => {
    const { rate: found } = loop(make(name, steady), 32, () => WRITE);
    expect(Math.abs(found / rate - 1)).toBeLessThan(0.08);
  });

  it('drop from fresh to steady by the amplification, its reads and erases', () => {
    const program = 1.3e6 / 2;
    const a = closedForm(0.4);
    const steadyPage = program + (a - 1) * (program + 99e3) + (a / 256) * 3e6;
    const before = loop(make('ssd', fresh), 32, () => WRITE).rate;
    const after = loop(make('ssd', steady), 32, () => WRITE).rate;
    expect(Math.abs(before / ((48 * 1e9) / program) - 1)).toBeLessThan(0.03);
    expect(Math.abs(before / after / (steadyPage / program) - 1)).toBeLessThan(0.08);
  });

  it('a small fresh device comes down by itself once it is full', () => {
    const capacity = 0.25 * GB;
    const model = make('ssd', { ...fresh, buffer: 65536 }, capacity);
    const first = loop(model, 32, () => WRITE, 30_000, capacity);
    const between = loop(model, 32, () => WRITE, 240_000, capacity, first.end);
    const last = loop(model, 32, () => WRITE, 60_000, capacity, between.end);
    expect(last.rate).toBeLessThan(0.6 * first.rate);
  });
});

describe('reads', () => {
  const percentile = (sorted: readonly number[], share: number): number =>
    sorted[Math.floor(share * sorted.length)]!;

  it('have a tail while pages are programmed and garbage is collected', () => {
    const mixed = (index: number): number => (index % 10 < 7 ? READ : WRITE);
    const params = { overProvisioning: 0.4, buffer: 1 << 20 };
    const alone = loop(make('ssd', params), 8, () => READ).reads;
    const fresh = loop(make('ssd', { ...params, start: 1 }), 8, mixed).reads;
    const steady = loop(make('ssd', params), 8, mixed).reads;
    expect(percentile(alone, 0.999)).toBeLessThan(2 * percentile(alone, 0.5));
    // A page takes 650 us, eight moves 6 ms.
    expect(percentile(fresh, 0.99)).toBeGreaterThan(500e3);
    expect(percentile(steady, 0.99)).toBeGreaterThan(2 * percentile(fresh, 0.99));
    expect(percentile(steady, 0.1)).toBeLessThan(150e3);
  });

  /**
   * Reads that come at random see a die as busy as it is on average (Wolff, "Poisson arrivals see time
   * averages", Operations Research 30(2), 1982): the share that waits is the part of the time a die
   * programs, moves and erases.
   */
  it.each([
    ['fresh', 1, 1],
    ['steady', 0, closedForm(0.4)],
  ] as const)('%s: wait as often as their die is busy with writes', (_state, start, a) => {
    const dies = 48;
    const page = 1.3e6 / 2;
    const busyNs = page + (a - 1) * (page + 99e3) + (a / 256) * 3e6;
    for (const use of [0.2, 0.6]) {
      const model = make('ssd', { overProvisioning: 0.4, start, spread: 0, dies });
      const stream = new Random(11).stream('arrivals');
      const alone = model.serviceNs(READ, 0, 8, 0);
      let [now, waited, reads] = [1e9, 0, 0];
      while (reads < 40_000) {
        now += stream.exponential(busyNs / (dies * use) / 2);
        const lba = 8 * stream.below((200 * GB) / 8);
        const op = stream.unit() < 0.5 ? READ : WRITE;
        const ns = model.serviceNs(op, lba, 8, now);
        if (op !== READ) continue;
        reads++;
        if (ns > alone) waited++;
      }
      expect(Math.abs(waited / reads / use - 1)).toBeLessThan(0.06);
    }
  });
});

describe('queue depth', () => {
  // Little's law on a device of `channels`: min(depth, channels) / service time.
  it.each([1, 2, 4, 8])('%i in flight: depth / service time', (depth) => {
    const params = { channels: 8, spread: 0, read: 100e3, readRate: 100e9 };
    const { rate } = loop(make('ssd', params), depth, () => READ, 30_000);
    expect(Math.abs(rate / (depth / 100e-6) - 1)).toBeLessThan(0.01);
  });
});
