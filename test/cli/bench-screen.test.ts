import { describe, expect, test } from 'vitest';
import type { Figures } from '../../src/cli/bench-screen/measure.js';
import { quantileOf, tableOf, verdictsOf } from '../../src/cli/bench-screen/report.js';

const frames = (perSecond: number) => ({ perSecond, bytes: 2_000, cpuMs: 20, mainMs: 3 });

function figures(change: Partial<Figures> = {}): Figures {
  return {
    program: 'vmtop, 12 VMs, 1x',
    columns: 120,
    rows: 40,
    frames: [frames(10), frames(10.1)],
    answers: [
      { ms: 5, waitedMs: 0 },
      { ms: 90, waitedMs: 30 },
    ],
    unanswered: 0,
    paused: { cpu: 0.01, bytes: 0 },
    memoryMb: 240,
    ...change,
  };
}

/** Which of the bars of issue 5 are met, in the order of the report. */
const met = (...all: Figures[]): boolean[] => verdictsOf(all).map((verdict) => verdict.met);

describe('verdicts of the screen', () => {
  test('ten frames, 100 ms, a few percent, nothing written', () => {
    expect(met(figures())).toEqual([true, true, true, true]);
  });

  test('the worst of all programs and screens counts', () => {
    expect(met(figures(), figures({ frames: [frames(10), frames(9)] }))[0]).toBe(false);
    expect(met(figures(), figures({ answers: [{ ms: 101, waitedMs: 0 }] }))[1]).toBe(false);
    expect(met(figures(), figures({ paused: { cpu: 0.05, bytes: 0 } }))[2]).toBe(false);
    expect(met(figures(), figures({ paused: { cpu: 0, bytes: 1 } }))[3]).toBe(false);
  });

  test('a key without an answer is too late, however fast the others were', () => {
    const [, answered] = verdictsOf([figures({ unanswered: 2 })]);
    expect(answered?.met).toBe(false);
    expect(answered?.worst).toContain('2 keys unanswered');
  });

  test('says how much of the worst answer was waiting', () => {
    expect(verdictsOf([figures()])[1]?.worst).toBe('90 ms, 30 of them waiting for a processor');
  });
});

test('a quantile is one of the values, the largest at 1', () => {
  expect([0, 0.5, 0.95, 1].map((part) => quantileOf([1, 2, 3, 4], part))).toEqual([1, 3, 4, 4]);
  expect(quantileOf([], 0.5)).toBeNaN();
});

test('the table has a row for each screen of a program', () => {
  const rows = tableOf([figures()]).filter((row) => row.startsWith('120x40'));
  expect(rows).toHaveLength(2);
  expect(rows[0]).toMatch(
    /vmtop, 12 VMs, 1x +10\.0 +2000 +20\.0 +3\.0 +90 +90 +90 +15 +1\.0 % +240$/,
  );
});
