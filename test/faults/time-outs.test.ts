import { describe, expect, it } from 'vitest';
import { closeLedgers, Ledger } from '../simulation/ledger.js';
import { fieldOf, Run, SECOND, sumOf } from '../simulation/support.js';
import { planOf, SMALL } from './rig.js';

closeLedgers();

/** Stops all jobs, so that a run can come to rest. */
function stopping(yaml: string, stopNs: number): Run {
  const plan = planOf(yaml);
  return new Run({ ...plan, jobs: plan.jobs.map((job) => ({ ...job, stopNs })) });
}

/** One VM whose commands fill every queue on their way: 4 at the device, 4 at the adapter, ... */
const FULL_QUEUES = (settings = '') => `
duration: 600s
arrays:
  - name: array1
    luns: [{ name: lun0, size: 20GiB }]
hosts:
  - name: esx1
    ${settings}
    adapters: [{ driver: qlnativefc, aqlen: 4, lunQueueDepth: 8, targets: 'array1:A0' }]
datastores: [{ name: prod, extents: array1/lun0 }]
vms:
  - name: db
    memory: 64MiB
    diskTimeout: 2s
    disks: [{ size: 4GiB, kind: eagerThick }]
    workloads: [{ rw: randread, bs: 4k, iodepth: 100 }]
`;

describe('a LUN that stops answering, under a Linux guest', () => {
  const ledger = (): { run: Run; book: Ledger } => {
    const book = new Ledger();
    return { book, run: stopping(SMALL, 120 * SECOND) };
  };

  it('aborts after 30 s; the command is back at once with H:5 and is tried again', () => {
    const { run, book } = ledger();
    run.simulation.runUntil(SECOND);
    const heal = run.inject('device-stall', 'array1/lun1');
    run.simulation.runUntil(30 * SECOND);
    expect(run.of('guest.timeout')).toEqual([]);
    run.simulation.runUntil(35 * SECOND);
    const timeouts = run.of('guest.timeout');
    expect(timeouts.length).toBeGreaterThan(0);
    // Four commands were in flight when the LUN stopped, none later than 31 s plus a pause of 5 ms.
    expect(timeouts[0].at).toBeGreaterThanOrEqual(30 * SECOND);
    expect(timeouts.at(-1)!.at).toBeLessThan(31.1 * SECOND);
    expect(run.of('command.failed', 'db:scsi0:1')[0].what).toContain('H:0x5 D:0x0 P:0x0');
    const sample = run.simulation.sample();
    expect(fieldOf(sample, run.entity('disk', 'db:scsi0:1'), 'aborts')).toBe(4);
    expect(
      fieldOf(sample, run.entities('device', { host: 'esx1', lun: 'lun1' })[0], 'aborts'),
    ).toBe(4);
    expect(sumOf(sample, run.entities('adapter', { host: 'esx1' }), 'aborts')).toBe(4);
    run.simulation.runUntil(50 * SECOND);
    heal();
    expect(run.drain(200 * SECOND)).toBeDefined();
    expect(run.simulation.totals().errors).toBe(0);
    expect(book.missing).toBe(0);
  });

  it('gives the error to the program after five tries more: 180 s', () => {
    const run = stopping(SMALL, 2 * SECOND);
    run.simulation.runUntil(SECOND);
    const heal = run.inject('device-stall', 'array1/lun0');
    run.simulation.runUntil(180 * SECOND);
    expect(run.simulation.totals().errors).toBe(0);
    run.simulation.runUntil(182 * SECOND);
    expect(run.simulation.totals().errors).toBe(4);
    heal();
    expect(run.drain(200 * SECOND)).toBeDefined();
  });
});

describe('a controller that hangs (stack-lower 4.4, the usual course of a stall)', () => {
  it('abort, LUN reset, target reset, dead path, failover', () => {
    const run = stopping(SMALL, 100 * SECOND);
    const { simulation } = run;
    simulation.runUntil(SECOND);
    const heal = run.inject('controller-hang', 'array1:A');
    simulation.runUntil(60 * SECOND);
    const first = (kind: string): number => run.of(kind).find(({ at }) => at > SECOND)!.at / SECOND;
    // The guest aborts after 30 s. Unanswered, the host resets the LUN 5 s later (ReabortTime) and
    // the target 2 s after that (MaxResetLatency), each found by the scanner within 1 s.
    expect(first('guest.timeout')).toBeCloseTo(31, 0);
    expect(first('device.reset') - first('guest.timeout')).toBeGreaterThanOrEqual(5);
    expect(first('device.reset') - first('guest.timeout')).toBeLessThan(6.1);
    expect(first('nexus.reset') - first('device.reset')).toBeCloseTo(2, 6);
    // The target does not answer the next login either.
    expect(first('path.failover') - first('nexus.reset')).toBeLessThan(1);
    const sample = simulation.sample();
    expect(
      fieldOf(sample, run.entities('device', { host: 'esx1', lun: 'lun0' })[0], 'resets'),
    ).toBeGreaterThan(0);
    heal();
    expect(run.drain(150 * SECOND)).toBeDefined();
    expect(simulation.totals().errors).toBe(0);
  });
});

describe('aborts of commands that wait in the VMkernel', () => {
  it('end at once in every queue, whatever the device does', () => {
    const book = new Ledger();
    const run = stopping(FULL_QUEUES(), 3 * SECOND);
    const { simulation } = run;
    simulation.runUntil(SECOND);
    const sample = simulation.sample();
    const queued = (scope: string): number => sumOf(sample, run.entities(scope), 'queued');
    const active = (scope: string): number => sumOf(sample, run.entities(scope), 'active');
    // 64 in the virtual disk, 8 below the device queue, 4 of them at the driver; 36 wait on top.
    expect([queued('disk'), active('disk')]).toEqual([36, 64]);
    expect([queued('device'), active('device')]).toEqual([56, 8]);
    expect([queued('adapter'), active('adapter')]).toEqual([4, 4]);
    const heal = run.inject('device-stall', 'array1/lun0');
    const before = simulation.totals().reads;
    simulation.runUntil(2.9 * SECOND);
    const failed = (): number => sumOf(simulation.sample(), run.entities('disk'), 'failedReads');
    expect(failed()).toBe(0);
    simulation.runUntil(3.1 * SECOND);
    // Every one of the 100 came back once as aborted, and was sent again; none is lost or double.
    expect(failed()).toBe(100);
    expect(simulation.totals().reads - before).toBeLessThan(10);
    expect(simulation.totals().errors).toBe(0);
    heal();
    expect(run.drain(10 * SECOND)).toBeDefined();
    expect(book.missing).toBe(0);
    expect(simulation.totals().errors).toBe(0);
  });

  it('a hard wedge is told after two minutes when nothing helps', () => {
    const settings =
      'settings: { Disk.UseLunReset: 0, Disk.UseDeviceReset: 0, Scsi.ScsiTMHardTimeout: 20000 }';
    const run = stopping(FULL_QUEUES(settings), 3 * SECOND);
    run.simulation.runUntil(SECOND);
    const heal = run.inject('controller-hang', 'array1:A');
    run.simulation.runUntil(60 * SECOND);
    const wedged = run.of('command.wedged');
    expect(wedged).toHaveLength(4);
    const aborted = run.of('guest.timeout').find(({ at }) => at > SECOND)!;
    expect(wedged[0].at - aborted.at).toBeGreaterThanOrEqual(20 * SECOND);
    expect(wedged[0].at - aborted.at).toBeLessThan(21.1 * SECOND);
    // The guest has reset LUN and bus meanwhile; what the device holds is still out.
    expect(run.of('guest.reset').length).toBeGreaterThanOrEqual(2);
    heal();
    expect(run.drain(120 * SECOND)).toBeDefined();
  });
});

describe('without a time-out', () => {
  it('guests wait for ever and nothing is aborted', () => {
    const run = stopping(SMALL.replaceAll('guest: linux', ''), 2 * SECOND);
    run.simulation.runUntil(SECOND);
    const heal = run.inject('device-stall', 'array1/lun0');
    run.simulation.runUntil(400 * SECOND);
    expect(run.of('guest.timeout')).toEqual([]);
    heal();
    expect(run.drain(410 * SECOND)).toBeDefined();
    expect(run.simulation.totals().errors).toBe(0);
  });
});
