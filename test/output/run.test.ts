import { describe, expect, it } from 'vitest';
import type { ExpectationPlan } from '../../src/engine/plan/plan.js';
import { runDocument } from '../../src/output/document.js';
import { runToEnd } from '../../src/output/run.js';
import { FakeEngine, planWith, type Scripted } from './fake-engine.js';

const SECOND = 1e9;

/** VM a: 100 commands per second of 1 ms, and 9 ms from 5 s on. VM b: one, failed, at 7 s. */
const COMMANDS: Scripted[] = [
  ...Array.from({ length: 1000 }, (_, index) => ({
    at: (index + 1) * 10e6,
    vm: 0,
    latencyNs: index < 500 ? 1e6 : 9e6,
  })),
  { at: 7 * SECOND, vm: 1, latencyNs: 5e6, failed: true },
].sort((a, b) => a.at - b.at);

const EVENTS = [
  { at: 2 * SECOND, kind: 'apd.start', object: 'naa.1', what: '', why: '' },
  { at: 3 * SECOND, kind: 'apd.timeout', object: 'naa.2', what: '', why: '' },
  { at: 4 * SECOND, kind: 'apd.timeout', object: 'naa.1', what: '', why: '' },
];

const metric = (
  name: 'errors' | 'iops' | 'meanLatency' | 'p95Latency' | 'inFlight',
  [from, to]: readonly [number, number],
  [min, max]: readonly [number, number],
  vms: readonly string[] = ['a'],
): ExpectationPlan => ({
  text: name,
  measure: { kind: 'metric', metric: name, vms, fromNs: from * SECOND, toNs: to * SECOND },
  min,
  max,
});

const run = (expectations: readonly ExpectationPlan[]) =>
  runToEnd(new FakeEngine(COMMANDS, EVENTS), planWith({ expectations })).expectations;

describe('expectations', () => {
  it('measure rates, latencies and errors over their own window', () => {
    const results = run([
      metric('iops', [0, 5], [100, 100]),
      metric('meanLatency', [0, 5], [1e6, 1e6]),
      metric('meanLatency', [5, 10], [9e6, 9e6]),
      metric('meanLatency', [0, 10], [5e6, 5e6]),
      metric('errors', [0, 6], [0, 0], ['a', 'b']),
      metric('errors', [6, 8], [1, 1], ['a', 'b']),
    ]);
    expect(results.map(({ ok, value }) => [ok, value])).toEqual([
      [true, 100],
      [true, 1e6],
      [true, 9e6],
      [true, 5e6],
      [true, 0],
      [true, 1],
    ]);
  });

  it('measure the 95th percentile to within a bucket, a sixteenth of the value', () => {
    const [early, late] = run([
      metric('p95Latency', [0, 5], [1e6 * (15 / 16), 1e6 * (17 / 16)]),
      metric('p95Latency', [5, 10], [9e6 * (15 / 16), 9e6 * (17 / 16)]),
    ]);
    expect(early!.ok).toBe(true);
    expect(late!.ok).toBe(true);
  });

  it('fail on what did not happen', () => {
    const [idle] = run([metric('meanLatency', [0, 5], [0, 1e9], ['b'])]);
    expect(idle).toMatchObject({ ok: false, value: null });
  });

  it('time and count events', () => {
    const event = (object: string, after: string, min: number, max: number): ExpectationPlan => ({
      text: 'event',
      measure: { kind: 'event', event: 'apd.timeout', object, after },
      min,
      max,
    });
    const results = run([
      event('naa.1', 'apd.start', 2e9, 2e9),
      event('', 'apd.start', 1e9, 1e9),
      event('naa.1', '', 4e9, 4e9),
      event('naa.3', 'apd.start', 0, 1e12),
      event('naa.1', 'pdl', 0, 1e12),
      {
        text: 'count',
        measure: { kind: 'count', event: 'apd.timeout', object: '' },
        min: 2,
        max: 2,
      },
    ]);
    expect(results.map(({ ok }) => ok)).toEqual([true, true, true, false, false, true]);
  });
});

describe('runToEnd', () => {
  it('stops at every edge and at the end, in order', () => {
    const engine = new FakeEngine(COMMANDS, EVENTS);
    const expectations = [metric('iops', [2, 4], [0, 1e9]), metric('iops', [1, 4], [0, 1e9])];
    runToEnd(engine, planWith({ expectations }));
    expect(engine.stops).toEqual([1e9, 2e9, 4e9, 10e9]);
  });

  it('gives the same digest with progress, intervals or neither', () => {
    const plan = planWith({});
    const plain = runToEnd(new FakeEngine(COMMANDS), plan);
    const busy = runToEnd(new FakeEngine(COMMANDS), plan, {
      intervalNs: 300e6,
      onProgress: () => undefined,
    });
    expect(busy.digest).toBe(plain.digest);
    expect(busy.totals).toEqual(plain.totals);
  });

  it('divides the whole run into intervals that add up to it', () => {
    const { intervals, totals } = runToEnd(new FakeEngine(COMMANDS), planWith({}), {
      intervalNs: 3 * SECOND,
    });
    expect(intervals.map(({ fromNs, toNs }) => [fromNs / 1e9, toNs / 1e9])).toEqual([
      [0, 3],
      [3, 6],
      [6, 9],
      [9, 10],
    ]);
    expect(intervals.reduce((sum, part) => sum + part.totals.reads, 0)).toBe(totals.reads);
    expect(intervals.reduce((sum, part) => sum + part.totals.errors, 0)).toBe(1);
  });

  it('runs replays to their own end', () => {
    const result = runToEnd(new FakeEngine(COMMANDS), planWith({ durationNs: 1e9 }), {
      untilFinished: true,
    });
    expect(result.totals.reads).toBe(COMMANDS.length);
    expect(result.simulatedNs).toBe(10e9);
    expect(result.stuck).toBe(false);
  });

  it('gives up on a replay that makes no progress', () => {
    const never = [...COMMANDS, { at: Number.POSITIVE_INFINITY, vm: 0, latencyNs: 1 }];
    const result = runToEnd(new FakeEngine(never), planWith({}), { untilFinished: true });
    expect(result.stuck).toBe(true);
  });

  it('passes every log entry on', () => {
    const seen: string[] = [];
    runToEnd(new FakeEngine(COMMANDS, EVENTS), planWith({}), {
      onEntry: ({ kind }) => seen.push(kind),
    });
    expect(seen).toEqual(['apd.start', 'apd.timeout', 'apd.timeout']);
  });
});

describe('runDocument', () => {
  it('has the fields scripts rely on', () => {
    const plan = planWith({ seed: 7 });
    const document = runDocument(
      plan,
      runToEnd(new FakeEngine(COMMANDS), plan, { intervalNs: 5 * SECOND }),
    );
    expect(document).toMatchObject({
      digest: expect.stringMatching(/^[0-9a-f]{16}$/),
      scenario: 'fake',
      seed: 7,
      simulatedSeconds: 10,
      totals: { reads: 1001, writes: 0, bytesRead: 1001 * 4096, bytesWritten: 0, errors: 1 },
      layers: { guest: { reads: 1000 } },
      expectations: [],
      expectationsSkipped: 0,
    });
    expect(document.intervals).toHaveLength(2);
    expect(JSON.parse(JSON.stringify(document))).toEqual(document);
  });
});
