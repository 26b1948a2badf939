/**
 * Where the time goes. Nothing here is compared with what the breakdown itself says elsewhere: the
 * counters of disks and devices are kept by other code, and a breakdown has to add up to them.
 * GAVG = DAVG + KAVG and QAVG <= KAVG: esxtop reference, section 3.2.
 */
import { describe, expect, it } from 'vitest';
import { PARTS } from '../../src/engine/core/breakdown.js';
import type { Plan } from '../../src/engine/plan/plan.js';
import { loadScenario } from '../../src/scenario/load.js';
import { MS, Run, SECOND, sumOf } from './support.js';

const TOTAL = ['readNs', 'writeNs', 'otherNs'];
const COMMANDS = ['reads', 'writes', 'others'];
const QUEUE = ['queueReadNs', 'queueWriteNs', 'queueOtherNs'];
const DEVICE = ['deviceReadNs', 'deviceWriteNs', 'deviceOtherNs'];
/** From the driver's entry down: what DAVG measures. */
const BELOW_DRIVER = ['driverNs', 'fabricNs', 'portNs', 'controllerNs', 'diskNs'];

function followed(plan: Plan, untilNs: number): Run {
  const run = new Run(plan);
  run.simulation.setBreakdown(true);
  run.simulation.runUntil(untilNs);
  return run;
}

/** What does not add up, in words, and how much was compared. */
function compare(run: Run): { problems: string[]; disks: number; devices: number } {
  const sample = run.simulation.sample();
  const counts = { problems: [] as string[], disks: 0, devices: 0 };
  for (const of of ['disk', 'device'] as const) {
    for (const entity of run.entities(of)) {
      const own = run
        .entities('breakdown', { of })
        .filter(({ name, labels }) => name === entity.name && labels.host === entity.labels.host);
      const sum = (fields: readonly string[]): number =>
        fields.reduce((all, field) => all + sumOf(sample, [entity], field), 0);
      const parts = (fields: readonly string[]): number =>
        fields.reduce((all, field) => all + sumOf(sample, own, field), 0);
      const same = (what: string, part: number, whole: number): void => {
        if (part !== whole) counts.problems.push(`${entity.name} ${what}: ${part} of ${whole}`);
      };
      for (const part of PARTS) {
        if (parts([part]) < 0) counts.problems.push(`${entity.name} ${part} ${parts([part])}`);
      }
      same('commands', parts(['commands']), sum(COMMANDS));
      same('parts', parts(PARTS), sum(TOTAL));
      if (of === 'device') {
        same('QAVG', parts(['queueNs']), sum(QUEUE));
        same('DAVG', parts(BELOW_DRIVER), sum(DEVICE));
        if (sum(COMMANDS) > 0) counts.devices++;
      } else if (sum(COMMANDS) > 0) counts.disks++;
    }
  }
  return counts;
}

describe('the breakdown of latency', () => {
  it.each([
    ['default', 2 * SECOND],
    ['path-loss', 12 * SECOND],
    ['stuck-controller', 12 * SECOND],
    ['noisy-neighbour', 4 * SECOND],
    ['datastore-full', 6 * SECOND],
    ['merge-order', 1 * SECOND],
    ['sioc', 2 * SECOND],
  ])('adds up to the nanosecond: %s', (scenario, untilNs) => {
    const { problems, disks, devices } = compare(followed(loadScenario(scenario), untilNs));
    expect(problems).toEqual([]);
    expect(disks).toBeGreaterThan(0);
    expect(devices).toBeGreaterThan(0);
  });

  it('changes nothing that happens', () => {
    const plain = new Run(loadScenario('default'));
    plain.simulation.runUntil(500 * MS);
    const run = followed(loadScenario('default'), 500 * MS);
    expect(run.simulation.digest()).toBe(plain.simulation.digest());
    expect(run.simulation.eventsHandled).toBe(plain.simulation.eventsHandled);
  });

  it('is not there until somebody looks, and counts nothing after', () => {
    const run = new Run(loadScenario('default'));
    run.simulation.runUntil(100 * MS);
    expect(run.entities('breakdown')).toEqual([]);
    run.simulation.setBreakdown(true);
    run.simulation.runUntil(200 * MS);
    const counted = (): number =>
      sumOf(run.simulation.sample(), run.entities('breakdown', { of: 'disk' }), 'commands');
    expect(counted()).toBeGreaterThan(0);
    run.simulation.setBreakdown(false);
    const entities = run.simulation.entities.length;
    run.simulation.runUntil(2 * SECOND);
    const rest = counted();
    run.simulation.runUntil(3 * SECOND);
    expect(counted()).toBe(rest);
    run.simulation.setBreakdown(true);
    run.simulation.runUntil(3 * SECOND + 100 * MS);
    expect(counted()).toBeGreaterThan(rest);
    expect(run.simulation.entities.length).toBe(entities);
  });

  it('follows riders of merged commands', () => {
    const plan = loadScenario('merge-order');
    // Its sequential streams begin at 20 s; here at once, and alone.
    const streams = plan.jobs.filter(({ startNs }) => startNs > 0);
    const jobs = streams.map((job) => ({ ...job, startNs: 0 }));
    const run = followed({ ...plan, jobs }, 3 * SECOND);
    const merged = sumOf(run.simulation.sample(), run.entities('adapter'), 'merged');
    expect(merged).toBeGreaterThan(100);
    expect(compare(run).problems).toEqual([]);
  });

  it('follows the pieces of commands longer than the hardware takes', () => {
    const plan = loadScenario('default');
    const jobs = plan.jobs.map((job) => ({ ...job, bs: [{ bytes: 4 << 20, weight: 1 }] }));
    const run = followed({ ...plan, jobs }, SECOND);
    const sample = run.simulation.sample();
    expect(sumOf(sample, run.entities('adapter'), 'split')).toBeGreaterThan(100);
    expect(compare(run).problems).toEqual([]);
  });

  it('puts a delay where it was caused', () => {
    const run = new Run(loadScenario('default'));
    run.inject('latency-spike', 'array1/lun0', { delay: 200 * MS, period: 10 * SECOND });
    run.simulation.setBreakdown(true);
    run.simulation.runUntil(900 * MS);
    const sample = run.simulation.sample();
    const own = run.entities('breakdown', { of: 'device', lun: 'lun0', host: 'esx1' });
    const mean = (part: string): number =>
      sumOf(sample, own, part) / sumOf(sample, own, 'commands') / MS;
    // Every answer of the LUN is 200 ms late, and nothing else is.
    expect(mean('controllerNs')).toBeGreaterThan(200);
    expect(mean('controllerNs')).toBeLessThan(210);
    expect(mean('diskNs') + mean('fabricNs') + mean('portNs')).toBeLessThan(10);
  });
});
