import { beforeAll, describe, expect, it } from 'vitest';
import { FAULTS } from '../../src/engine/faults/index.js';
import { loadScenario } from '../../src/scenario/load.js';
import { closeLedgers, Ledger } from './ledger.js';
import { STORM_HEALED_NS, weather } from './storm.js';
import {
  blameProblems,
  bookProblems,
  fieldOf,
  lightPlan,
  MS,
  Run,
  SECOND,
  sumOf,
} from './support.js';

closeLedgers();

/** One of each kind of path: optimized and not, of a thick and a thin LUN, iSCSI, local; two hosts. */
const PATHS = [
  'esx1/vmhba1:C0:T0:L0',
  'esx1/vmhba2:C0:T2:L0',
  'esx2/vmhba1:C0:T1:L1',
  'esx1/vmhba2:C0:T3:L3',
  'esx2/vmhba2:C0:T0:L4',
  'esx1/vmhba64:C0:T0:L0',
  'esx1/vmhba0:C0:T0:L0',
];

/**
 * Longest time from the end of the load, and of the last fault, until every guest has everything
 * back and no row is in flight: a poll of a moving LUN takes 1 s, a retry 2 s at most.
 */
const REST_NS = 4 * SECOND;
/** A dead host's commands end with it. */
const FATAL = ['host-crash', 'pdl', 'export-read-only', 'stale-handles'];
const ON_NS = 120 * MS;
const OFF_NS = 60 * MS;

let known: Run;
beforeAll(() => {
  known = new Run(lightPlan(SECOND));
});

/** Every command came back once, as what it was, and the books agree. */
function expectSettled(run: Run, ledger: Ledger): void {
  const { simulation } = run;
  expect(ledger.problems).toEqual([]);
  expect(ledger.missing).toBe(0);
  expect(ledger.completed).toBe(ledger.issued);
  const { reads, writes, others, errors } = simulation.totals();
  expect(reads + writes + others).toBe(ledger.completed);
  expect(errors).toBe(ledger.failed);
  const sample = simulation.sample();
  expect(blameProblems(simulation.entities, sample)).toEqual([]);
  expect(bookProblems(run, sample)).toEqual([]);
  for (const scope of ['disk', 'vscsi', 'device', 'adapter', 'port', 'spindle']) {
    for (const field of ['active', 'queued']) {
      expect(sumOf(sample, run.entities(scope), field), `${field} ${scope}`).toBe(0);
    }
  }
}

describe.each(FAULTS)('$name', ({ name, target }) => {
  it(`on every kind of ${target} loses no command`, () => {
    const targets = target === 'path' ? PATHS : known.simulation.faultTargets(target);
    expect(targets.length).toBeGreaterThan(0);
    const ledger = new Ledger();
    const stopNs = 100 * MS + targets.length * (ON_NS + OFF_NS);
    const run = new Run(lightPlan(stopNs));
    const { simulation } = run;
    simulation.runUntil(100 * MS);
    for (const where of targets) {
      const heal = run.inject(name, where);
      simulation.runUntil(simulation.now + ON_NS);
      heal();
      simulation.runUntil(simulation.now + OFF_NS);
    }
    expect(simulation.activeFaults).toEqual([]);
    expect(run.drain(stopNs + REST_NS)).toBeDefined();
    expectSettled(run, ledger);
    // Of hosts that die one after the other nobody is left.
    expect(ledger.issued).toBeGreaterThan(name === 'host-crash' ? 500 : 1_000);
    // Only what an array or a server themselves say no to makes guests' commands fail.
    if (FATAL.includes(name)) expect(ledger.failed).toBeGreaterThan(0);
    else expect(ledger.failed).toBe(0);
  });
});

describe('what guests notice of a fault', () => {
  /** Failed commands of each VM that has any. */
  const failing = (run: Run): string[] => {
    const sample = run.simulation.sample();
    const disks = run.entities('disk');
    const failed = ['failedReads', 'failedWrites', 'failedOthers'];
    return disks
      .filter((disk) => failed.some((field) => fieldOf(sample, disk, field) > 0))
      .map(({ labels }) => labels.vm)
      .sort();
  };

  it('permanent device loss: just the VMs with data on that LUN see errors', () => {
    const ledger = new Ledger();
    const run = new Run(lightPlan(600 * MS));
    run.simulation.runUntil(100 * MS);
    const heal = run.inject('pdl', 'array2/archive');
    run.simulation.runUntil(300 * MS);
    expect(failing(run)).toEqual(['backup']);
    heal();
    run.simulation.runUntil(320 * MS);
    const before = run.simulation.totals();
    run.simulation.runUntil(600 * MS);
    expect(run.simulation.totals().errors).toBe(before.errors);
    expect(run.simulation.totals().reads).toBeGreaterThan(before.reads);
    expect(run.drain(600 * MS + REST_NS)).toBeDefined();
    expectSettled(run, ledger);
  });

  it.each([
    ['device-stall', 'array1/lun0'],
    ['apd', 'esx1/lun0'],
    ['server-down', 'filer1'],
    ['controller-failover', 'array1:A'],
    ['link-down', 'esx1/vmhba64'],
  ])('%s of %s for a minute: they wait, and nothing fails', (fault, target) => {
    const ledger = new Ledger();
    const stopNs = 64 * SECOND;
    const run = new Run(lightPlan(stopNs, { iodepth: 1, thinkNs: 100 * MS, rateIops: 5 }));
    run.simulation.runUntil(SECOND);
    const heal = run.inject(fault, target);
    run.simulation.runUntil(61 * SECOND);
    heal();
    // Time-outs of probes (10 s) are behind us: what was held goes on at once.
    run.simulation.runUntil(63 * SECOND);
    const between = ledger.completed;
    run.simulation.runUntil(stopNs);
    expect(ledger.completed).toBeGreaterThan(between);
    expect(run.drain(stopNs + REST_NS)).toBeDefined();
    expectSettled(run, ledger);
    expect(ledger.failed).toBe(0);
  });

  it('overlapping faults: what two of them broke stays broken until both are healed', () => {
    const run = new Run(lightPlan(SECOND));
    const states = (): number[] => {
      const sample = run.simulation.sample();
      const paths = run.entities('path', { host: 'esx1', lun: '0', array: 'array1' });
      expect(paths).toHaveLength(8);
      return paths.map((path) => fieldOf(sample, path, 'state'));
    };
    const DEAD = 3;
    run.simulation.runUntil(50 * MS);
    const well = states();
    const down = run.inject('path-down', 'esx1/vmhba1:C0:T0:L0');
    const apd = run.inject('apd', 'esx1/lun0');
    const again = run.inject('path-down', 'esx1/vmhba1:C0:T0:L0');
    run.simulation.runUntil(100 * MS);
    expect(states()).toEqual(well.map(() => DEAD));
    down();
    run.simulation.runUntil(150 * MS);
    expect(states()).toEqual(well.map(() => DEAD));
    apd();
    run.simulation.runUntil(200 * MS);
    expect(states()).toEqual([DEAD, ...well.slice(1)]);
    again();
    run.simulation.runUntil(250 * MS);
    expect(states()).toEqual(well);
    expect(run.simulation.activeFaults).toEqual([]);
  });

  it.each([
    ['fill-pool', 'array1/thin', 'pool.full', 'tenant'],
    ['fill-datastore', 'small', 'datastore.full', 'grower'],
  ])(
    '%s healed while a refusal is on its way up stops nobody for good',
    (fault, target, event, vm) => {
      const run = new Run({ ...loadScenario('datastore-full'), faults: [] });
      const { simulation } = run;
      const disk = run.entity('disk', `${vm}:scsi0:0`);
      const writes = (): number => fieldOf(simulation.sample(), disk, 'writes');
      simulation.runUntil(100 * MS);
      const heal = run.inject(fault, target);
      while (run.of(event).length === 0) simulation.runUntil(simulation.now + 1_000);
      heal();
      simulation.runUntil(simulation.now + 2 * SECOND);
      const before = writes();
      simulation.runUntil(simulation.now + SECOND);
      expect(writes() - before).toBeGreaterThan(1_000);
    },
  );
});

describe('storms of faults', () => {
  const ALL = FAULTS.map(({ name }) => name);
  /** Faults that no guest may notice, however they meet. */
  const MASKED = ALL.filter((name) => !['pdl', 'path-lossy', 'adapter-reset'].includes(name));
  const HOT = /^esx1\/vmhba[12](:C0:T.:L0)?$|^array1|lun0$|^prod$|^lab$|^db1$|^filer1$/;

  const storm = (seed: number, names: readonly string[], hot?: RegExp): Ledger => {
    const ledger = new Ledger();
    const { run, list } = weather(seed, names, hot);
    expect(run.simulation.activeFaults).toEqual([]);
    const rested = run.drain(STORM_HEALED_NS + REST_NS);
    expect(rested, JSON.stringify(list)).toBeDefined();
    expectSettled(run, ledger);
    expect(ledger.issued).toBeGreaterThan(1_000);
    return ledger;
  };

  it.each(Array.from({ length: 8 }, (_, seed) => seed))('of every kind, seed %i', (seed) => {
    storm(seed, ALL);
  });

  it.each(Array.from({ length: 12 }, (_, seed) => seed + 100))(
    'on few targets, seed %i: no guest sees an error',
    (seed) => {
      expect(storm(seed, MASKED, HOT).failed).toBe(0);
    },
  );
});
