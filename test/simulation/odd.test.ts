import { describe, expect, it } from 'vitest';
import { FAULTS } from '../../src/engine/faults/index.js';
import type { Plan } from '../../src/engine/plan/plan.js';
import { closeLedgers, Ledger } from './ledger.js';
import { oddPlan } from './odd-plans.js';
import { STORM_HEALED_NS, STORM_STOP_NS, weather } from './storm.js';
import { blameProblems, bookProblems, lightPlan, MS, Run, SECOND, sumOf } from './support.js';

closeLedgers();

/** Queues of one, a cache of a megabyte and commands of 4 MB on slow disks: it takes its time. */
const REST_NS = 60 * SECOND;

/** Every command came back once; only commands that move no data may be refused (UNMAP). */
function expectSettled(run: Run, ledger: Ledger): void {
  expect(run.drain(run.simulation.now + REST_NS)).toBeDefined();
  expect(ledger.problems).toEqual([]);
  expect(ledger.missing).toBe(0);
  const sample = run.simulation.sample();
  expect(blameProblems(run.simulation.entities, sample)).toEqual([]);
  expect(bookProblems(run, sample)).toEqual([]);
  expect(sumOf(sample, run.entities('disk'), 'failedReads')).toBe(0);
  expect(sumOf(sample, run.entities('disk'), 'failedWrites')).toBe(0);
}

/** Faults in which guests' commands are refused by an array or a server, or end with their host. */
const FATAL = ['host-crash', 'pdl', 'export-read-only', 'stale-handles'];

describe('odd plans', () => {
  it.each(Array.from({ length: 6 }, (_, seed) => seed))('seed %i: no command is lost', (seed) => {
    const ledger = new Ledger();
    const stopNs = 300 * MS;
    const run = new Run(oddPlan(seed, stopNs));
    while (run.simulation.now < stopNs) {
      run.simulation.runUntil(run.simulation.now + 37 * MS);
      const sample = run.simulation.sample();
      expect(blameProblems(run.simulation.entities, sample)).toEqual([]);
      expect(bookProblems(run, sample)).toEqual([]);
    }
    expectSettled(run, ledger);
    expect(ledger.issued).toBeGreaterThan(100);
  });

  it.each(Array.from({ length: 6 }, (_, seed) => seed + 50))(
    'seed %i in a storm: no command is lost',
    (seed) => {
      const names = FAULTS.map(({ name }) => name).filter((name) => !FATAL.includes(name));
      const ledger = new Ledger();
      // Lost commands and a second reset may be handed up; the storm does without them.
      const masked = names.filter((name) => name !== 'path-lossy' && name !== 'adapter-reset');
      const { run } = weather(seed, masked, /./, oddPlan(seed, STORM_STOP_NS));
      expect(run.simulation.now).toBe(STORM_HEALED_NS);
      expectSettled(run, ledger);
    },
  );
});

describe('what once came to a halt', () => {
  it('a command of more pieces than the target port takes at once', () => {
    const run = new Run(narrow(lightPlan(100 * MS)));
    expect(run.drain(20 * SECOND)).toBeDefined();
    const sample = run.simulation.sample();
    expect(sumOf(sample, run.entities('adapter'), 'split')).toBeGreaterThan(0);
    expect(sumOf(sample, run.entities('port'), 'queueFull')).toBeGreaterThan(0);
  });

  it('destaging that found no row just when it had another time to wake', () => {
    const ledger = new Ledger();
    const run = new Run({ ...oddPlan(2, 2 * SECOND), rows: 200 });
    run.simulation.runUntil(100 * MS);
    const { completed } = ledger;
    run.simulation.runUntil(2 * SECOND);
    expect(ledger.completed).toBeGreaterThan(completed + 50);
    expectSettled(run, ledger);
  });

  /** One VM that reads 1 MB at a time over iSCSI, which takes 128 KB, from a port of two slots. */
  function narrow(plan: Plan): Plan {
    const job = plan.jobs.find(({ vm }) => vm === 'backup')!;
    return {
      ...plan,
      arrays: plan.arrays.map((array) => ({ ...array, portQueueDepth: 2 })),
      jobs: [
        {
          ...job,
          rw: 'read',
          bs: [{ bytes: 1024 * 1024, weight: 1 }],
          iodepth: 4,
          rateIops: 0,
          thinkNs: 0,
        },
      ],
    };
  }
});
