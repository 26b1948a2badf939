import { beforeAll, describe, expect, it } from 'vitest';
import { FAULTS } from '../../src/engine/faults/index.js';
import { closeLedgers, Ledger } from '../simulation/ledger.js';
import { MS, Run, SECOND, sumOf } from '../simulation/support.js';
import { planOf, SMALL } from './rig.js';

closeLedgers();

const ON_NS = 1_200 * MS;
const OFF_NS = 200 * MS;
/** For faults after which more is to be done: a disk that is back is not whole at once. */
const REPAIR_NS: Readonly<Record<string, number>> = { 'disk-failure': 4 * SECOND };
/** From the last healing until all is at rest: a retry, a poll, a probe (10 s), a reset (2 s). */
const REST_NS = 15 * SECOND;

/** Guests that lose patience while faults last, and faults that come and go while they are there. */
const IMPATIENT = SMALL.replace('guest: linux', 'diskTimeout: 800ms');
const PARAMS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  'path-flap': { period: 200 * MS, down: 80 * MS },
  'link-flap': { period: 200 * MS, down: 80 * MS },
  'reservation-conflict-storm': { period: 300 * MS, hold: 100 * MS },
  'latency-spike': { period: 200 * MS, length: 100 * MS },
  'switch-loss': { share: 0.5 },
  // The disk comes back and gets what it has missed.
  'disk-failure': { spareAfter: 3600 * SECOND },
};
/** Faults after which a guest may have seen an error: array or server themselves say no. */
const FATAL = ['pdl', 'export-read-only', 'stale-handles'];

let known: Run;
beforeAll(() => {
  known = new Run(planOf(IMPATIENT));
});

describe.each(FAULTS)('$name', ({ name, target, summary, params }) => {
  it('says what it does, and has a default within its limits for every setting', () => {
    expect(summary.length).toBeGreaterThan(20);
    for (const { initial, min, max, help } of Object.values(params)) {
      expect(initial).toBeGreaterThanOrEqual(min);
      expect(initial).toBeLessThanOrEqual(max);
      expect(help).not.toBe('');
    }
  });

  it(`heals on every ${target}, and every command comes back once`, () => {
    const targets = known.simulation.faultTargets(target);
    expect(targets.length).toBeGreaterThan(0);
    const book = new Ledger();
    const offNs = REPAIR_NS[name] ?? OFF_NS;
    const stopNs = 100 * MS + targets.length * (ON_NS + offNs);
    const plan = planOf(IMPATIENT);
    const run = new Run({ ...plan, jobs: plan.jobs.map((job) => ({ ...job, stopNs })) });
    const { simulation } = run;
    simulation.runUntil(100 * MS);
    for (const where of targets) {
      const heal = run.inject(name, where, PARAMS[name]);
      simulation.runUntil(simulation.now + ON_NS);
      heal();
      simulation.runUntil(simulation.now + offNs);
    }
    expect(simulation.activeFaults).toEqual([]);
    expect(run.drain(stopNs + REST_NS)).toBeDefined();
    expect(book.missing).toBe(0);
    const { reads, writes, others, errors } = simulation.totals();
    expect(reads + writes + others).toBe(book.completed);
    if (!FATAL.includes(name)) expect(errors).toBe(0);
    const sample = simulation.sample();
    for (const scope of ['disk', 'vscsi', 'device', 'adapter', 'port', 'spindle']) {
      expect(sumOf(sample, run.entities(scope), 'active'), scope).toBe(0);
      expect(sumOf(sample, run.entities(scope), 'queued'), scope).toBe(0);
    }
    expect(run.of('fault.inject')).toHaveLength(targets.length);
    expect(run.of('fault.heal')).toHaveLength(targets.length);
    expect(run.entries.filter(({ what, why }) => what === '' || why === '')).toEqual([]);
  });
});
