import { describe, expect, it } from 'vitest';
import { READ, WRITE } from '../../../src/engine/core/io.js';
import { Random } from '../../../src/engine/core/random.js';
import { compare } from '../../../src/engine/devices/fit/compare.js';
import { lookAt } from '../../../src/engine/devices/fit/first-look.js';
import { leastSquares } from '../../../src/engine/devices/fit/least-squares.js';
import { predict } from '../../../src/engine/devices/fit/predict.js';
import type { Recording } from '../../../src/engine/devices/fit/recording.js';
import { brokenRule } from '../../../src/engine/devices/fit/starts.js';

describe('demerit', () => {
  it('is the distance of two distributions a fixed time apart', () => {
    const { demeritNs, measuredMeanNs, modelMeanNs } = compare(
      Float64Array.of(5, 1, 3),
      Float64Array.of(3, 7, 5),
    );
    expect([demeritNs, measuredMeanNs, modelMeanNs]).toEqual([2, 3, 5]);
  });

  it('is the root mean square of the distances, whatever the order of the requests', () => {
    // Sorted: 0 0 10 10 against 0 4 10 13.
    const { demeritNs } = compare(Float64Array.of(10, 0, 10, 0), Float64Array.of(0, 13, 4, 10));
    expect(demeritNs).toBeCloseTo(Math.sqrt((16 + 9) / 4), 12);
  });

  it('is nothing between equal distributions', () => {
    expect(compare(Float64Array.of(4, 2), Float64Array.of(2, 4)).demeritNs).toBe(0);
  });
});

describe('least squares', () => {
  it('finds the weights of a sum, and what is left', () => {
    const one = Float64Array.from({ length: 50 }, () => 1);
    const x = Float64Array.from({ length: 50 }, (_, index) => index);
    const root = x.map(Math.sqrt);
    const { weights, rests } = leastSquares(
      [one, root, x],
      x.map((value, index) => 3 + 5 * root[index]! - 2 * value),
    );
    [3, 5, -2].forEach((weight, index) => {
      expect(weights[index]).toBeCloseTo(weight, 8);
    });
    expect(Math.max(...rests.map(Math.abs))).toBeLessThan(1e-8);
  });

  it('gives a column that adds nothing no weight', () => {
    const one = Float64Array.of(1, 1, 1);
    const { weights } = leastSquares([one, one], Float64Array.of(4, 4, 4));
    expect(weights[0]! + weights[1]!).toBeCloseTo(4, 9);
  });
});

/** Random far requests; a service time by rule. */
function recordingBy(
  service: (write: boolean, blocks: number, distance: number) => number,
): Recording {
  const stream = new Random(9).stream('requests');
  const count = 3000;
  const op = Uint8Array.from({ length: count }, () => (stream.below(3) === 0 ? WRITE : READ));
  const lba = Float64Array.from({ length: count }, () => stream.below(1e6 - 64));
  const blocks = Int32Array.from({ length: count }, () => 4 * (1 + stream.below(4)));
  const serviceNs = Float64Array.from({ length: count }, (_, index) => {
    const before = index === 0 ? 0 : lba[index - 1]! + blocks[index - 1]!;
    const distance = Math.abs(lba[index]! - before) / 1e6;
    return service(op[index] === WRITE, blocks[index]!, distance);
  });
  const thinkNs = new Float64Array(count).fill(30e6);
  return { count, op, lba, blocks, serviceNs, thinkNs };
}

describe('first look', () => {
  it('finds the turn, the seeks, the write cache and the interface without a model', () => {
    const wait = new Random(4).stream('wait');
    const recording = recordingBy((write, blocks, distance) =>
      write
        ? 0.6e6 + blocks * 0.1e6
        : 2e6 + 6e6 * Math.sqrt(distance) + 3e6 * distance + wait.unit() * 8.33e6 + blocks * 0.1e6,
    );
    const look = lookAt(recording, 1e6);
    expect(look.writeCache).toBe(true);
    expect(look.writeNs / 0.6e6).toBeCloseTo(1, 1);
    expect(look.blockNs / 0.1e6).toBeCloseTo(1, 1);
    expect(look.turnNs / 8.33e6).toBeCloseTo(1, 1);
    const [track, average, full] = look.reachNs;
    expect(track / 2e6).toBeCloseTo(1, 0);
    // Means of the root and of the distance between random places: 8/15 and 1/3.
    expect(average / (2e6 + (6e6 * 8) / 15 + 3e6 / 3)).toBeCloseTo(1, 1);
    expect(full / 11e6).toBeCloseTo(1, 1);
  });

  it('sees that writes wait for the platter as reads do', () => {
    const wait = new Random(4).stream('wait');
    const look = lookAt(
      recordingBy(() => 5e6 + wait.unit() * 10e6),
      1e6,
    );
    expect(look.writeCache).toBe(false);
    expect(look.turnNs / 10e6).toBeCloseTo(1, 1);
  });
});

describe('prediction', () => {
  it('never sees the measured service times', () => {
    const recording = recordingBy(() => 5e6);
    const other = { ...recording, serviceNs: recording.serviceNs.map((ns) => ns * 3) };
    const [one, two] = [recording, other].map((requests) => {
      const out = new Float64Array(requests.count);
      predict({ model: 'hdd', params: {} }, 1e6, requests, out);
      return out;
    });
    expect(one).toEqual(two);
  });
});

describe('rules of settings', () => {
  const DISK = {
    rateOuter: 20e6,
    rateInner: 12e6,
    headSwitch: 1e6,
    seekTrack: 1e6,
    seekAverage: 8e6,
    seekFull: 16e6,
    commandRead: 0.2e6,
    commandMiss: 0.5e6,
  };

  it('name what no disk could be', () => {
    expect(brokenRule(DISK)).toBeUndefined();
    expect(brokenRule({ ...DISK, rateInner: 21e6 })).toMatch(/rateInner/);
    expect(brokenRule({ ...DISK, rateInner: 7e6 })).toMatch(/2.5/);
    expect(brokenRule({ ...DISK, seekTrack: 9e6 })).toMatch(/seekTrack/);
    expect(brokenRule({ ...DISK, commandMiss: 0.1e6 })).toMatch(/commandMiss/);
  });
});
