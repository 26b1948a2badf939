import { describe, expect, it } from 'vitest';
import { fitDrive } from '../../../src/engine/devices/fit/fit-drive.js';
import { check } from '../../../src/engine/devices/fit/predict.js';
import { part, recordingOf } from '../../../src/engine/devices/fit/recording.js';
import { readTrace } from '../../../src/input/read-trace.js';
import { bundledDisks } from '../../../src/scenario/disks.js';
import { recordedTrace } from '../../input/samples.js';

/** Bundled disks and the recordings they were fitted to, of which the second half is new to them. */
const RECORDINGS = [
  ['atlas10k', 'atlas10k'],
  ['barracuda', 'barracuda'],
  ['cheetah4lp', 'cheetah4LP'],
  ['cheetah9lp', 'cheetah9LP'],
  ['rz26', 'dec_rz26'],
  ['c2247a', 'hp_c2247a'],
] as const;
/** Issue 6: mean within 5 %, demerit within 10 % of the mean, for at least four of the six drives. */
const MEAN = 0.05;
const DEMERIT = 0.1;

describe('measured disks', () => {
  it.each(RECORDINGS)('%s: the second half of its recording', (name, file) => {
    const path = recordedTrace(`disksim-validate-${file}.trace.gz`);
    const disk = bundledDisks().find((entry) => entry.name === name);
    if (path === undefined) return;
    const recording = recordingOf(readTrace(path).table)!;
    const half = Math.floor(recording.count / 2);
    const figures = check(
      { model: disk!.base, params: disk!.settings },
      disk!.capacityBlocks,
      part(recording, half, recording.count),
    );
    expect(Math.abs(figures.modelMeanNs / figures.measuredMeanNs - 1)).toBeLessThan(MEAN);
    expect(figures.demeritNs / figures.measuredMeanNs).toBeLessThan(DEMERIT);
  });

  // Of two drives, for the time it takes: one with a write cache, one without.
  it.each([RECORDINGS[0], RECORDINGS[4]])(
    '%s is what the first half says, no more',
    (name, file) => {
      const path = recordedTrace(`disksim-validate-${file}.trace.gz`);
      const disk = bundledDisks().find((entry) => entry.name === name);
      if (path === undefined) return;
      const recording = recordingOf(readTrace(path).table)!;
      const steps = fitDrive(part(recording, 0, Math.floor(recording.count / 2)), {
        model: disk!.base,
        given: {},
      });
      let step = steps.next();
      while (step.done !== true) step = steps.next();
      expect(step.value.settings).toEqual(disk!.settings);
      expect(step.value.capacityBlocks).toBe(disk!.capacityBlocks);
    },
  );
});
