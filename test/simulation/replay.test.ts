import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunResult, runToEnd } from '../../src/output/run.js';
import { planReplay, type ReplayOptions } from '../../src/scenario/replay.js';
import { closeLedgers, Ledger } from './ledger.js';
import { blameProblems, bookProblems, fieldOf, Run, SECOND } from './support.js';

closeLedgers();

const TRACES = join(import.meta.dirname, '../../../shared/traces');
const VSCSI = join(TRACES, 'cloudphysics-2h.vscsi.gz');
const MSR = join(TRACES, 'msr-cambridge-hm-sample.csv.gz');
const here = existsSync(VSCSI) && existsSync(MSR);
if (!here) console.warn(`replay tests are skipped: ${TRACES} is missing`);

interface Sums {
  reads: number;
  writes: number;
  bytesRead: number;
  bytesWritten: number;
}

const nothing = (): Sums => ({ reads: 0, writes: 0, bytesRead: 0, bytesWritten: 0 });

function addTo(sums: Sums, isRead: boolean, bytes: number): void {
  if (isRead) {
    sums.reads++;
    sums.bytesRead += bytes;
  } else {
    sums.writes++;
    sums.bytesWritten += bytes;
  }
}

function play(options: ReplayOptions): { run: Run; result: RunResult; ledger: Ledger } {
  const ledger = new Ledger();
  const { plan } = planReplay(options);
  const run = new Run(plan);
  const result = runToEnd(run.simulation, plan, { untilFinished: true });
  return { run, result, ledger };
}

/** Everything the trace holds has passed through the stack, once, and nothing else. */
function expectPlayed({ run, result, ledger }: ReturnType<typeof play>, expected: Sums): void {
  expect(result.stuck).toBe(false);
  const { errors, unsupported, others, ...sums } = result.totals;
  expect(sums).toEqual(expected);
  expect({ errors, unsupported, others }).toEqual({ errors: 0, unsupported: 0, others: 0 });
  expect(ledger.problems).toEqual([]);
  expect(ledger.missing).toBe(0);
  expect(ledger.issued).toBe(expected.reads + expected.writes);
  expect(run.simulation.replayNotes()).toEqual({ wrapped: 0, late: 0 });
  const { layers } = result;
  for (const layer of ['guest', 'vmfiles'] as const) {
    const { reads, writes, bytesRead, bytesWritten } = layers[layer];
    expect({ reads, writes, bytesRead, bytesWritten }, layer).toEqual(expected);
  }
  // Below, the file system's own commands come on top, and none of the guest's is missing.
  for (const layer of ['filesystem', 'block', 'scheduler', 'psa', 'array'] as const) {
    expect(layers[layer].bytesRead, layer).toBeGreaterThanOrEqual(expected.bytesRead);
    expect(layers[layer].bytesWritten, layer).toBeGreaterThanOrEqual(expected.bytesWritten);
  }
  expect(blameProblems(run.simulation.entities, result.last)).toEqual([]);
  expect(bookProblems(run, result.last)).toEqual([]);
}

describe.skipIf(!here)('two hours of a VMware virtual disk', () => {
  const RECORD = 32;
  const expected = nothing();
  let lastNs = 0;

  beforeAll(() => {
    const bytes = gunzipSync(readFileSync(VSCSI));
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 0; at < bytes.length; at += RECORD) {
      // READ(10) is 28h and WRITE(10) 2Ah; the length is in bytes.
      const code = view.getUint8(at + 12);
      expect([0x28, 0x2a]).toContain(code);
      addTo(expected, code === 0x28, view.getUint32(at + 4, true));
    }
    const time = (at: number): bigint => view.getBigUint64(at + 24, true);
    lastNs = Number(time(bytes.length - RECORD) - time(0)) * 1_000;
  });

  it('holds what its documentation says', () => {
    expect(expected).toMatchObject({ reads: 46_974, writes: 66_898 });
    expect(lastNs / SECOND).toBeCloseTo(7_200.09, 2);
  });

  it('at original timing: every command, and the last one at its time', () => {
    const played = play({ trace: VSCSI });
    expectPlayed(played, expected);
    expect(played.result.simulatedNs).toBeGreaterThan(lastNs);
    expect(played.result.simulatedNs).toBeLessThan(lastNs + SECOND);
  });

  it('ten times as fast: every command, in a tenth of the time', () => {
    const played = play({ trace: VSCSI, scale: 10 });
    expectPlayed(played, expected);
    expect(played.result.simulatedNs).toBeGreaterThan(lastNs / 10);
    expect(played.result.simulatedNs).toBeLessThan(lastNs / 10 + SECOND);
  });

  it('as fast as possible: every command, with so many in flight and no more', () => {
    const played = play({ trace: VSCSI, scale: 0, iodepth: 16 });
    expectPlayed(played, expected);
    expect(played.result.simulatedNs).toBeLessThan(lastNs / 10);
    const disk = played.run.entities('disk')[0];
    const meanInside = fieldOf(played.result.last, disk, 'occupancyNs') / played.result.simulatedNs;
    expect(meanInside).toBeGreaterThan(14);
    expect(meanInside).toBeLessThanOrEqual(16);
  });

  it('is the same run each time', () => {
    const digests = [0, 0].map((scale) => play({ trace: VSCSI, scale }).result.digest);
    expect(digests[0]).toBe(digests[1]);
  });
});

describe.skipIf(!here)('a sample of the MSR Cambridge traces', () => {
  const UNITS = 3;
  const expected = nothing();
  const perUnit = Array.from({ length: UNITS }, nothing);
  let folder: string;
  let spread: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'vmtop-replay-'));
    spread = join(folder, 'spread.csv');
    const lines = gunzipSync(readFileSync(MSR)).toString().trim().split('\n');
    // The sample is of one disk: deal its commands to three, by the third field.
    const dealt = lines.map((line, index) => {
      const fields = line.split(',');
      const isRead = fields[3] === 'Read';
      const bytes = Math.ceil(Number(fields[5]) / 512) * 512;
      addTo(expected, isRead, bytes);
      addTo(perUnit[index % UNITS], isRead, bytes);
      return [...fields.slice(0, 2), index % UNITS, ...fields.slice(3)].join(',');
    });
    writeFileSync(spread, `${dealt.join('\n')}\n`);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('holds what its documentation says', () => {
    expect(expected.reads + expected.writes).toBe(1_000);
    expect(expected.reads).toBe(508);
  });

  it.each([
    [1, 1],
    [10, 1],
    [0, 1],
    [1, 2],
    [0, 2],
    [1, 3],
    [10, 3],
    [0, 3],
  ])('timing %i on %i disks: each disk gets its units, and all of them', (scale, disks) => {
    const played = play({ trace: spread, scale, disks });
    expectPlayed(played, expected);
    const entities = played.run.entities('disk');
    expect(entities).toHaveLength(disks);
    for (const [number, disk] of entities.entries()) {
      const units = perUnit.filter((_, unit) => unit % disks === number);
      const sum = (field: keyof Sums): number => units.reduce((all, unit) => all + unit[field], 0);
      const found = (field: string): number => fieldOf(played.result.last, disk, field);
      expect(found('reads')).toBe(sum('reads'));
      expect(found('writes')).toBe(sum('writes'));
      expect(found('readBlocks') * 512).toBe(sum('bytesRead'));
      expect(found('writeBlocks') * 512).toBe(sum('bytesWritten'));
    }
  });
});
