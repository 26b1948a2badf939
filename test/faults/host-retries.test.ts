import { describe, expect, it } from 'vitest';
import { closeLedgers, Ledger } from '../simulation/ledger.js';
import { fieldOf, MS, Run, SECOND, sumOf } from '../simulation/support.js';
import { planOf, SMALL } from './rig.js';

closeLedgers();

/** The small scenario, without time-outs of guests, whose jobs end at `stopNs`. */
function start(stopNs: number, settings = ''): Run {
  const yaml = SMALL.replace('guest: linux', '').replace('count: 2, ', `count: 2, ${settings}`);
  const plan = planOf(yaml);
  return new Run({ ...plan, jobs: plan.jobs.map((job) => ({ ...job, stopNs })) });
}

const deviceOf = (run: Run, host: string, lun: string) => run.entities('device', { host, lun })[0];

describe('reservation conflicts', () => {
  it('are retried by the host, counted, and never seen by a guest', () => {
    const book = new Ledger();
    const run = start(5 * SECOND);
    run.simulation.runUntil(SECOND);
    const heal = run.inject('reservation-conflict-storm', 'array1/lun1');
    run.simulation.runUntil(4 * SECOND);
    heal();
    expect(run.drain(10 * SECOND)).toBeDefined();
    const sample = run.simulation.sample();
    expect(fieldOf(sample, deviceOf(run, 'esx1', 'lun1'), 'conflicts')).toBeGreaterThan(0);
    expect(fieldOf(sample, deviceOf(run, 'esx2', 'lun1'), 'conflicts')).toBeGreaterThan(0);
    expect(fieldOf(sample, deviceOf(run, 'esx1', 'lun0'), 'conflicts')).toBe(0);
    expect(book.failed).toBe(0);
    expect(book.missing).toBe(0);
  });

  it('are given up after Scsi.ConflictRetries, 80 by default', () => {
    const run = start(2 * SECOND);
    run.simulation.runUntil(SECOND);
    const hold = { period: 3600 * SECOND, hold: 1800 * SECOND };
    const heal = run.inject('reservation-conflict-storm', 'array1/lun1', hold);
    run.simulation.runUntil(5 * SECOND);
    expect(run.simulation.totals().errors).toBe(0);
    run.simulation.runUntil(60 * SECOND);
    const failed = run.of('command.failed', 'scsi0');
    expect(failed.length).toBeGreaterThan(0);
    expect(failed[0].what).toContain('H:0x0 D:0x18 P:0x0');
    expect(failed[0].why).toBe('another initiator has reserved the device');
    // Eight commands of the two VMs with a disk there.
    expect(run.simulation.totals().errors).toBe(8);
    heal();
    expect(run.drain(80 * SECOND)).toBeDefined();
  });
});

describe('queue full', () => {
  it('throttles the device where the host is told to, and lets it grow back', () => {
    const settings = 'settings: { Disk.QFullSampleSize: 32, Disk.QFullThreshold: 8 }, ';
    const run = start(60 * SECOND, settings);
    const depth = (): number =>
      fieldOf(run.simulation.sample(), deviceOf(run, 'esx1', 'lun0'), 'slots');
    run.simulation.runUntil(SECOND);
    const full = depth();
    const heal = run.inject('queue-full-storm', 'array1:A0', { rate: 0.9 });
    run.simulation.runUntil(3 * SECOND);
    expect(depth()).toBeLessThan(full);
    expect(run.of('device.qfull', 'esx1').length).toBeGreaterThan(0);
    heal();
    run.simulation.runUntil(30 * SECOND);
    expect(depth()).toBe(full);
    expect(run.of('device.qfull').at(-1)!.what).toBe(`queue depth is ${full}`);
    expect(run.simulation.totals().errors).toBe(0);
  });

  it('leaves the depth alone by default', () => {
    const run = start(10 * SECOND);
    run.simulation.runUntil(SECOND);
    run.inject('queue-full-storm', 'array1:A0', { rate: 0.9 });
    run.simulation.runUntil(5 * SECOND);
    expect(run.of('device.qfull')).toEqual([]);
    const sample = run.simulation.sample();
    expect(sumOf(sample, run.entities('port'), 'queueFull')).toBeGreaterThan(100);
  });
});

describe('a slow LUN', () => {
  it('is slow while spikes last, and no longer', () => {
    const run = start(20 * SECOND);
    run.simulation.runUntil(SECOND);
    const spike = { delay: 100 * MS, period: 4 * SECOND, length: SECOND };
    run.inject('latency-spike', 'array1/lun1', spike);
    const disk = run.entity('disk', 'db:scsi0:1');
    const meanMs = (toSecond: number): number => {
      const before = run.simulation.sample();
      run.simulation.runUntil(toSecond * SECOND);
      const after = run.simulation.sample();
      const grown = (field: string): number =>
        fieldOf(after, disk, field) - fieldOf(before, disk, field);
      return (grown('readNs') + grown('writeNs')) / (grown('reads') + grown('writes')) / MS;
    };
    expect(meanMs(2)).toBeGreaterThan(100);
    meanMs(2.2);
    expect(meanMs(5)).toBeLessThan(10);
    expect(meanMs(6)).toBeGreaterThan(100);
  });
});
