import { describe, expect, it } from 'vitest';
import { Platters } from '../../../src/engine/devices/hdd/platters.js';
import { SeekCurve } from '../../../src/engine/devices/hdd/seek-curve.js';
import { NO_SEGMENT, Segments } from '../../../src/engine/devices/hdd/segments.js';

/** 100 blocks per track: a turn of 10 ms and, on average of two heads, 1.5 ms to the next track. */
const PLATTERS = {
  capacityBlocks: 20_000,
  turnNs: 10e6,
  heads: 2,
  zones: 1,
  rateOuter: (100 * 512) / 11.5e-3,
  rateInner: (100 * 512) / 11.5e-3,
  headSwitch: 1e6,
  seekTrack: 2e6,
};

describe('platters', () => {
  it('run along a track, then down the heads, then inward', () => {
    const platters = new Platters(PLATTERS);
    expect(platters.cylinders).toBe(100);
    platters.locate(99);
    expect([platters.cylinder, platters.trackStart, platters.trackBlocks]).toEqual([0, 0, 100]);
    platters.locate(199);
    expect([platters.cylinder, platters.trackStart]).toEqual([0, 100]);
    platters.locate(200);
    expect([platters.cylinder, platters.trackStart]).toEqual([1, 200]);
  });

  it('start each track later by the time it takes to get there', () => {
    const platters = new Platters(PLATTERS);
    const turns = [0, 50, 100, 200, 300].map((lba) => {
      platters.locate(lba);
      return platters.turn;
    });
    // Switch 0.1 turn, next cylinder 0.2 turns.
    for (const [index, turn] of [0, 0.5, 0.1, 0.3, 0.4].entries()) {
      expect(turns[index]).toBeCloseTo(turn, 9);
    }
  });

  it('take a turn per track, and the switches between', () => {
    const platters = new Platters(PLATTERS);
    expect(platters.transferNs(0, 100)).toBeCloseTo(10e6, 3);
    expect(platters.transferNs(0, 101)).toBeCloseTo(10.1e6 + 1e6, 3);
    expect(platters.transferNs(150, 100)).toBeCloseTo(10e6 + 2e6, 3);
    expect(platters.transferNs(0, 400)).toBeCloseTo(40e6 + 2 * 1e6 + 2e6, 3);
  });

  it('sustain the stated rate, in the zone it is stated for', () => {
    const zoned = { ...PLATTERS, zones: 5, rateOuter: 9e6, rateInner: 4.5e6, capacityBlocks: 1e6 };
    const platters = new Platters(zoned);
    for (const [lba, rate] of [
      [0, 9e6],
      [990_000, 4.5e6],
    ] as const) {
      const measured = (8000 * 512) / (platters.transferNs(lba, 8000) / 1e9);
      expect(Math.abs(measured / rate - 1)).toBeLessThan(0.01);
      expect(Math.abs((512 * 1e9) / platters.blockNs(lba) / rate - 1)).toBeLessThan(0.01);
    }
  });

  it('put blocks past the capacity on the last cylinder', () => {
    const platters = new Platters(PLATTERS);
    platters.locate(1e6);
    expect(platters.cylinder).toBe(99);
  });
});

describe('seek curve', () => {
  const values = { seekTrack: 1e6, seekAverage: 8e6, seekFull: 16e6 };

  it('goes through the three figures of a data sheet', () => {
    const curve = new SeekCurve(values, 10_001);
    expect(curve.ns(0)).toBe(0);
    expect(curve.ns(1) / 1e6).toBeCloseTo(1.1, 0);
    expect(curve.ns(10_000)).toBeCloseTo(16e6, 3);
    // Mean over random pairs: distance d of the stroke has density 2 (1 - d).
    let mean = 0;
    for (let distance = 1; distance <= 10_000; distance++) {
      mean += (2 * (1 - distance / 10_000) * curve.ns(distance)) / 10_000;
    }
    expect(mean / 8e6).toBeCloseTo(1, 2);
  });

  it('never falls with distance, whatever full stroke is stated', () => {
    for (const seekFull of [2e6, 8e6, 12e6, 20e6, 60e6]) {
      const curve = new SeekCurve({ ...values, seekFull }, 1001);
      for (let distance = 1; distance < 1000; distance++) {
        expect(curve.ns(distance + 1)).toBeGreaterThanOrEqual(curve.ns(distance) - 1e-3);
      }
    }
  });
});

describe('segments', () => {
  it('make room by forgetting the least recently used', () => {
    const segments = new Segments(2);
    const first = segments.take(100, 110);
    const second = segments.take(200, 210);
    segments.touch(first);
    expect(segments.take(300, 310)).toBe(second);
    expect(segments.holding(205)).toBe(NO_SEGMENT);
    expect(segments.holding(109)).toBe(first);
    expect(segments.holding(110)).toBe(NO_SEGMENT);
  });

  it('keep the segment of a run that goes on', () => {
    const segments = new Segments(3);
    const run = segments.take(100, 110);
    segments.take(200, 210);
    expect(segments.take(110, 120)).toBe(run);
  });

  it('forget what is being written', () => {
    const segments = new Segments(2);
    segments.take(100, 110);
    segments.drop(110, 5);
    expect(segments.holding(105)).not.toBe(NO_SEGMENT);
    segments.drop(109, 1);
    expect(segments.holding(105)).toBe(NO_SEGMENT);
  });
});
