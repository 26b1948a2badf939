import { describe, expect, it } from 'vitest';
import { type Fit, type FitOptions, fitDrive } from '../../../src/engine/devices/fit/fit-drive.js';
import { check } from '../../../src/engine/devices/fit/predict.js';
import { part, type Recording } from '../../../src/engine/devices/fit/recording.js';
import { LOOK_AHEAD } from '../../../src/engine/devices/hdd/look-ahead.js';
import { CAPACITY, synthetic } from './synthetic.js';

function search(recording: Recording, options: Partial<FitOptions> = {}): Fit {
  const steps = fitDrive(recording, {
    model: 'hdd',
    capacityBlocks: CAPACITY,
    given: {},
    ...options,
  });
  let last = 0;
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    expect(step.value).toBeGreaterThanOrEqual(last);
    expect(step.value).toBeLessThan(1);
    last = step.value;
  }
}

const DISK = {
  rpm: 7_200,
  heads: 4,
  zones: 8,
  rateOuter: 15e6,
  rateInner: 9e6,
  seekTrack: 1.2e6,
  seekAverage: 8.5e6,
  seekFull: 17e6,
  headSwitch: 0.8e6,
  writeSettle: 0.6e6,
  commandRead: 0.4e6,
  commandMiss: 0.9e6,
  commandWrite: 0.7e6,
  interfaceRate: 8e6,
  segments: 4,
  segmentSize: 64 * 1024,
};
const CACHED = { ...DISK, writeCache: 1 };
const PLAIN = { ...DISK, rpm: 5_400, lookAhead: LOOK_AHEAD.indexOf('track'), rereads: 1 };

describe('fit of a recording the model made itself', () => {
  it.each([
    ['with write cache', CACHED],
    ['without, and looking ahead by tracks', PLAIN],
  ])('recovers what the disk is: %s', (_what, disk) => {
    const recording = synthetic(disk, 4000);
    const { settings, capacityBlocks } = search(part(recording, 0, 2000));
    expect(settings.rpm).toBe(disk.rpm);
    expect(settings.writeCache).toBe('writeCache' in disk ? 1 : 0);
    const near = (name: keyof typeof DISK, within: number): void => {
      expect(Math.abs(settings[name]! / disk[name] - 1), name).toBeLessThan(within);
    };
    near('interfaceRate', 0.2);
    near('seekFull', 0.15);
    // Arm and electronics look alike from outside: their sum is what the recording tells.
    const reach = settings.commandMiss! + settings.seekAverage!;
    expect(Math.abs(reach / (disk.commandMiss + disk.seekAverage) - 1)).toBeLessThan(0.05);
    const plan = { model: 'hdd', params: settings };
    const unseen = check(plan, capacityBlocks, part(recording, 2000, 4000));
    expect(Math.abs(unseen.modelMeanNs / unseen.measuredMeanNs - 1)).toBeLessThan(0.02);
    expect(unseen.demeritNs / unseen.measuredMeanNs).toBeLessThan(0.05);
  });

  it('is the same each time, keeps what is given, and says what settings rest on', () => {
    const recording = synthetic(CACHED, 600);
    const options = { given: { rpm: 7_200, seekAverage: 8.5e6 } };
    const one = search(recording, options);
    expect(search(recording, options).settings).toEqual(one.settings);
    expect(one.settings).toMatchObject(options.given);
    expect(one.basis).toMatchObject({ rpm: 'given', seekAverage: 'given', queueDepth: 'guess' });
    expect(one.basis.writeCache).toBe('told');
  });
});

describe('fit', () => {
  const recording = synthetic(CACHED, 400);

  it('refuses too little, a model that is no disk, and a disk that cannot be', () => {
    expect(() => search(part(recording, 0, 199))).toThrow(/199 requests, expected at least 200/);
    expect(() => search(recording, { model: 'ssd' })).toThrow(/no spinning disk/);
    expect(() => search(recording, { given: { seekTrack: 9e6, seekAverage: 5e6 } })).toThrow(
      /no such disk: seekTrack is at most seekAverage/,
    );
  });

  it('comes to an end for recordings without far reads, without writes, all alike', () => {
    const same = { ...recording, serviceNs: recording.serviceNs.map(() => 1e6) };
    expect(search(same).settings.rpm).toBeGreaterThan(0);
    const reads = { ...recording, op: recording.op.map(() => 0) };
    expect(search(reads).settings.rpm).toBeGreaterThan(0);
    const place = { ...recording, lba: recording.lba.map((_, index) => (index % 7) * 8) };
    expect(search(place).settings.rpm).toBeGreaterThan(0);
  });
});
