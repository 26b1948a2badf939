import { describe, expect, it } from 'vitest';
import { loadScenario } from '../../src/scenario/load.js';
import { blameProblems, bookProblems, fieldOf, Run, SECOND, stopping, sumOf } from './support.js';

const LENGTH = 0.5 * SECOND;

/** Instants that fall on nothing in particular: multiples of the golden section, in ns. */
function oddInstants(count: number, end: number): number[] {
  const step = 0.6180339887498949 * end;
  return Array.from({ length: count }, (_, index) => Math.floor(((index + 1) * step) % end)).sort(
    (a, b) => a - b,
  );
}

describe('the books of the default scenario', () => {
  it('are right at every instant', () => {
    const run = new Run(loadScenario('default'));
    const problems: string[] = [];
    for (const at of oddInstants(250, LENGTH)) {
      run.simulation.runUntil(at);
      // Little's law of every station is asserted inside.
      const sample = run.simulation.sample();
      problems.push(
        ...blameProblems(run.simulation.entities, sample),
        ...bookProblems(run, sample),
      );
    }
    expect(problems).toEqual([]);
    expect(run.simulation.totals().reads).toBeGreaterThan(4_000);
  });

  it('are right at every instant of a storm of faults', () => {
    const run = new Run(loadScenario('default', { seed: 5 }));
    const problems: string[] = [];
    const look = (until: number, step: number): void => {
      while (run.simulation.now < until) {
        run.simulation.runUntil(Math.min(until, run.simulation.now + step));
        const sample = run.simulation.sample();
        problems.push(
          ...blameProblems(run.simulation.entities, sample),
          ...bookProblems(run, sample),
        );
      }
    };
    look(0.1 * SECOND, 3_333_331);
    const heals = [
      run.inject('path-lossy', 'esx1/vmhba1:C0:T0:L0', { rate: 0.3 }),
      run.inject('controller-failover', 'array1:B'),
      run.inject('slow-device', 'array1/lun0', { factor: 20 }),
      run.inject('link-down', 'esx2/vmhba1'),
      run.inject('path-down', 'esx1/vmhba2:C0:T0:L0'),
    ];
    look(0.25 * SECOND, 3_333_331);
    run.inject('adapter-reset', 'esx1/vmhba2');
    look(0.4 * SECOND, 3_333_331);
    for (const heal of heals) heal();
    look(0.6 * SECOND, 3_333_331);
    expect(problems).toEqual([]);
    expect(run.of('path.failover').length).toBeGreaterThan(0);
  });

  it('add up through the layers once nothing is under way', () => {
    const run = new Run(stopping(loadScenario('path-loss', { durationNs: SECOND }), 0.3 * SECOND));
    run.simulation.runUntil(0.1 * SECOND);
    // At an instant at which the path has commands, which then fail and are sent again.
    const path = run.entity('path', 'vmhba2:C0:T0:L0');
    while (fieldOf(run.simulation.sample(false), path, 'active') < 2) {
      run.simulation.runUntil(run.simulation.now + 10_000);
    }
    const heal = run.inject('path-down', 'esx1/vmhba2:C0:T0:L0');
    run.simulation.runUntil(0.2 * SECOND);
    heal();
    expect(run.drain(2 * SECOND)).toBeDefined();
    const sample = run.simulation.sample();
    for (const field of ['reads', 'writes', 'readBlocks', 'writeBlocks'] as const) {
      const sum = (scope: string): number => sumOf(sample, run.entities(scope), field);
      const guests = sum('disk');
      expect(sum('vmdk'), field).toBe(guests);
      expect(sum('world'), field).toBe(guests);
      // One extent and eager thick disks: what VMFS adds is metadata, and nothing is split.
      expect(sum('device'), field).toBe(sum('volume'));
      expect(sum('device'), field).toBeGreaterThanOrEqual(guests);
      expect(sum('adapter'), field).toBe(sum('driver'));
    }
    for (const [field, own] of [
      ['reads', 'metadataReads'],
      ['writes', 'metadataWrites'],
    ] as const) {
      const guests = sumOf(sample, run.entities('disk'), field);
      const metadata = sumOf(sample, run.entities('datastore'), own);
      expect(sumOf(sample, run.entities('volume'), field), field).toBe(guests + metadata);
    }
    const commands = (scope: string): number =>
      ['reads', 'writes', 'others'].reduce(
        (all, field) => all + sumOf(sample, run.entities(scope), field),
        0,
      );
    const retries = sumOf(sample, run.entities('device'), 'retries');
    expect(retries).toBeGreaterThan(0);
    expect(commands('path')).toBe(commands('device') + retries);
    // Probes are the paths' own: they pass the adapters, but carry no guest's command.
    expect(commands('adapter')).toBeGreaterThanOrEqual(commands('path'));
    expect(commands('port')).toBeLessThanOrEqual(commands('adapter'));
  });
});

describe('the result of a run', () => {
  const LENGTHS = { durationNs: 0.2 * SECOND, seed: 9 };
  const scenarios = ['default', 'path-loss', 'datastore-full'] as const;

  const digest = (scenario: string, look: (run: Run, end: number) => void): string => {
    const plan = loadScenario(scenario, LENGTHS);
    // What the drills do within 50 s, within the short run.
    const faults = plan.faults.map((fault) => ({
      ...fault,
      atNs: fault.atNs / 250,
      untilNs: fault.untilNs / 250,
    }));
    const run = new Run({ ...plan, faults });
    look(run, LENGTHS.durationNs);
    expect(run.simulation.now).toBe(LENGTHS.durationNs);
    const { reads, writes } = run.simulation.totals();
    expect(reads + writes).toBeGreaterThan(200);
    return `${run.simulation.digest()} ${JSON.stringify(run.simulation.totals())}`;
  };

  it.each(scenarios)('%s does not depend on how often it is looked at', (scenario) => {
    const never = digest(scenario, ({ simulation }, end) => simulation.runUntil(end));
    const often = digest(scenario, ({ simulation }, end) => {
      for (const at of [...oddInstants(150, end), end]) {
        simulation.runUntil(at);
        const sample = simulation.sample(at % 2 === 0);
        if (at % 3 === 0) simulation.layerSummary(undefined, sample);
      }
    });
    expect(often).toBe(never);
  });

  it.each(scenarios)('%s does not depend on the size of the steps', (scenario) => {
    const results = [1, 7_919, 50_000_003, 300e6].map((step, index) =>
      digest(scenario, ({ simulation }, end) => {
        // The finest steps only for a while: a nanosecond at a time takes long.
        const fine = index === 0 ? simulation.now + 2_000 : end;
        while (simulation.now < fine) simulation.runUntil(Math.min(fine, simulation.now + step));
        simulation.runUntil(end);
      }),
    );
    expect(new Set(results).size).toBe(1);
  });

  it('keeps to whole nanoseconds, whatever it is asked for', () => {
    const { simulation } = new Run(loadScenario('path-loss'));
    for (const time of [0.1 * 3e6, 0.15e6 * 3.1, 1e6 / 3 + 1e6]) {
      simulation.runUntil(time);
      expect(simulation.now).toBe(Math.floor(time));
      simulation.sample();
    }
  });

  it('depends on the seed', () => {
    const results = [1, 2, 3].map((seed) => {
      const { simulation } = new Run(loadScenario('default', { seed }));
      simulation.runUntil(0.05 * SECOND);
      return simulation.digest();
    });
    expect(new Set(results).size).toBe(3);
  });
});
