import { describe, expect, it, vi } from 'vitest';
import { Simulation } from '../../src/engine/simulation/simulation.js';
import { runDocument } from '../../src/output/document.js';
import { DocumentWriter } from '../../src/output/document-writer.js';
import { Expectations } from '../../src/output/expectations.js';
import { type RunOptions, runToEnd } from '../../src/output/run.js';
import { formatSummary } from '../../src/output/summary.js';
import { planOf } from '../scenario/helpers.js';

const SECOND = 1e9;

/** One disk that serves so many commands per second, and the VMs on it. */
const scenario = (model: string, seconds: number, vms: string, more = ''): string => `
duration: ${seconds}s
arrays:
  - name: a1
    kind: jbod
    pools: [{ disk: { model: constant-rate, ${model} } }]
    luns: [{ name: lun0, size: 64GiB }]
hosts: [{ name: esx1 }]
datastores: [{ name: ds, extents: a1/lun0 }]
vms:
${vms}
${more}
`;
const vm = (name: string, text: string): string =>
  `  - { name: ${name}, disks: [{ size: 1GiB, kind: eagerThick }], ${text} }`;

function run(yaml: string, options: RunOptions = {}) {
  const plan = planOf(yaml);
  const simulation = new Simulation(plan);
  const result = runToEnd(simulation, plan, options);
  return { plan, simulation, result, document: runDocument(plan, result) };
}

/** Within a part of what is expected. */
function near(value: number | null | undefined, expected: number, part = 0.03): void {
  expect(value).toBeGreaterThanOrEqual(expected * (1 - part));
  expect(value).toBeLessThanOrEqual(expected * (1 + part));
}

describe('figures of a closed loop', () => {
  const { document } = run(
    scenario('iops: 500, parallel: 4', 20, vm('one', 'workloads: { bs: 8k, iodepth: 20 }')),
    { intervalNs: SECOND },
  );
  const [one] = document.vms;

  it('follow the formulas: rate of the device, N / rate, Little', () => {
    near(one!.iops, 500);
    near(one!.askedIops, 500);
    near(one!.bytesPerSecond, 500 * 8192);
    // Response time law: 20 in flight at 500 per second are 40 ms; all the same, so is every part.
    near(one!.latencyMs.mean, 40);
    near(one!.latencyMs.p50, 40, 0.07);
    near(one!.latencyMs.p99, 40, 0.07);
    expect(one!.inFlight).toBe(20);
    expect([one!.errors, one!.waitingInGuest]).toEqual([0, 0]);
  });

  it('tell the queue from the device', () => {
    const { scheduler } = one!;
    // The depth of the device is 64: all 20 are below, 4 in service and 16 waiting for it.
    near(scheduler!.meanActive, 20);
    near(scheduler!.deviceMs, 40);
    near(scheduler!.unitsPerSecond, 500);
    expect(scheduler!.meanQueued).toBeLessThan(0.1);
    expect(scheduler).toMatchObject({ byReservation: 0, shares: 1000, reservation: 0, limit: 0 });
    expect(document.devices).toHaveLength(1);
    expect(document.devices[0]).toMatchObject({ dqlen: 64, dqlenReason: 'configured' });
    near(document.devices[0]!.meanActive, 20);
  });

  it('are the same for the only disk of the VM', () => {
    const { name, host, disks, ...figures } = one!;
    expect([name, host, disks[0]!.name]).toEqual(['one', 'esx1', 'one:scsi0:0']);
    expect({ ...disks[0], name }).toEqual({ name, ...figures, policy: null });
  });

  it('add up over the intervals', () => {
    const { intervals = [] } = document;
    expect(intervals).toHaveLength(20);
    const total = intervals.reduce((sum, { vms }) => sum + vms[0]!.iops, 0);
    expect(total).toBe(document.totals.reads);
    for (const { vms } of intervals.slice(1)) near(vms[0]!.latencyMs.mean, 40);
  });
});

describe('figures of the scheduler', () => {
  it('count commands above the device by Little, and name the reason for its depth', () => {
    const loop = 'workloads: { iodepth: 32 }';
    const { document } = run(
      scenario('iops: 1000', 10, [vm('a', loop), vm('b', `${loop}, shares: 3000`)].join('\n')),
    );
    const [a, b] = document.vms.map(({ scheduler }) => scheduler!);
    near(b!.iops, 750);
    near(a!.iops, 250);
    // 64 in all, 32 of them below the queue (DSNRO); each VM has 32 for itself.
    near(a!.meanQueued + a!.meanActive, 32);
    near(b!.meanQueued + b!.meanActive, 32);
    near(a!.meanActive + b!.meanActive, 32);
    near(a!.queueMs! + a!.deviceMs!, 32 / 0.25);
    expect(document.devices[0]).toMatchObject({
      dqlen: 32,
      configuredDepth: 64,
      dqlenReason: 'competing worlds',
    });
  });

  it('stand in the summary for people too', () => {
    const loop = 'workloads: { iodepth: 32 }';
    const { plan, simulation, result } = run(
      scenario(
        'iops: 1000',
        5,
        [vm('a', `${loop}, reservation: 800`), vm('b', `${loop}, limit: 100`)].join('\n'),
      ),
    );
    const text = formatSummary(plan, simulation.entities, result);
    expect(text).toMatch(/^a .* 9\d\d .*reservation 8\d %, shares 1\d % +0$/m);
    expect(text).toMatch(/^b .* 10\d .*shares 100 %, limit held \d\d+ % +0$/m);
  });

  it('count units of 32 KB, and tell when only the limit holds a VM back', () => {
    const { document } = run(
      scenario('iops: 1000', 20, vm('a', 'limit: 100, workloads: { bs: 64k, iodepth: 8 }')),
    );
    const [a] = document.vms;
    near(a!.scheduler!.unitsPerSecond, 100);
    near(a!.iops, 50);
    near(a!.latencyMs.mean, 8 / 0.05);
    expect(a!.scheduler!.limited).toBeGreaterThan(0.9);
    expect(a!.scheduler!.limited).toBeLessThanOrEqual(1);
    expect(a!.scheduler!.limit).toBe(100);
  });

  it('tell what was asked from what was given', () => {
    const rate = 'workloads: { rate_iops: 300, rate_process: linear, bs: 4k }';
    const { document } = run(scenario('iops: 1000', 5, vm('a', `limit: 100, ${rate}`)));
    const [a] = document.vms;
    near(a!.askedIops, 300);
    near(a!.iops, 100);
    // What was asked and not given is in flight: 200 per second for 5 s.
    near(a!.inFlight + a!.waitingInGuest, 1000, 0.05);
  });

  it('tell the wait for a storage policy from the wait in the queue', () => {
    const { document } = run(
      scenario(
        'iops: 1000',
        10,
        '  - { name: a, disks: [{ size: 1GiB, kind: eagerThick, policy: slow }], workloads: { iodepth: 8 } }',
        'policies: [{ name: slow, limit: 100 }]',
      ),
    );
    const [disk] = document.vms[0]!.disks;
    near(disk!.iops, 100);
    expect(disk!.policy).toMatchObject({ name: 'slow', limit: 100 });
    // Eight in the loop; one takes a millisecond of the 10 ms it is entitled to.
    near(disk!.policy!.meanQueued, 7.9);
    near(disk!.policy!.queueMs, 79);
    expect(disk!.scheduler!.queueMs).toBeLessThan(0.1);
  });

  it('sum the disks of a VM', () => {
    const { document } = run(
      scenario(
        'iops: 1000',
        5,
        `  - name: a
    disks:
      - { size: 1GiB, kind: eagerThick, qos: { shares: 3000, reservation: 50, limit: 700 } }
      - { size: 1GiB, kind: eagerThick, qos: { limit: 700 } }
    workloads: [{ iodepth: 16 }, { iodepth: 16, disk: 1 }]`,
      ),
    );
    const [{ scheduler, disks, iops }] = document.vms as [(typeof document.vms)[0]];
    expect(scheduler).toMatchObject({ shares: 4000, reservation: 50, limit: 1400 });
    expect(iops).toBeCloseTo(disks[0]!.iops + disks[1]!.iops, 6);
    expect(scheduler!.byReservation).toBe(disks[0]!.scheduler!.byReservation);
    expect(scheduler!.byReservation).toBeGreaterThan(0);
  });
});

describe('changes while the run goes on', () => {
  const changed = run(
    scenario(
      'iops: 1000',
      8,
      [vm('a', 'workloads: { iodepth: 32 }'), vm('b', 'workloads: { iodepth: 32 }')].join('\n'),
      `changes:
  - { at: 2s, vm: a, limit: 200 }
  - { at: 4s, vm: [a, b], limit: none, shares: 1000 }
  - { at: 4s, vm: b, shares: 4000 }
  - { at: 5s, device: lun0, schedNumReqOutstanding: 16 }
  - { at: 6s, device: lun0, queueDepth: 8 }
  - { at: 6s, vm: b, iodepth: 2 }`,
    ),
    { intervalNs: SECOND },
  );
  const at = (second: number) => changed.document.intervals![second]!;

  it('show in the interval that follows', () => {
    // Settings are those at the end of the span, and the first change comes with the end of the second.
    expect(at(0).vms[0]!.scheduler!.limit).toBe(0);
    expect(at(1).vms[0]!.scheduler!.limit).toBe(200);
    near(at(1).vms[0]!.iops, 500);
    near(at(3).vms[0]!.iops, 200, 0.05);
    near(at(3).vms[1]!.iops, 800);
    near(at(5).vms[0]!.iops, 200, 0.05);
    expect(at(5).vms.map(({ scheduler }) => scheduler!.shares)).toEqual([1000, 4000]);
    expect(at(5).vms.map(({ scheduler }) => scheduler!.limit)).toEqual([0, 0]);
    // DSNRO as it is by default, as it was changed; then the device's own depth is less.
    expect([3, 4, 7].map((second) => at(second).devices[0]!.dqlen)).toEqual([32, 16, 8]);
    expect(at(7).devices[0]).toMatchObject({ configuredDepth: 8, dqlenReason: 'configured' });
    expect(at(7).vms[1]!.inFlight).toBe(2);
  });

  it('are told in the event log', () => {
    const kinds = changed.simulation.log.entries.map(({ kind, why }) => `${kind} ${why}`);
    expect(kinds.filter((kind) => kind === 'qos.change timeline')).toHaveLength(4);
    expect(kinds).toContain('device.depth timeline');
    expect(kinds).toContain('job.pace timeline');
  });
});

describe('a flood', () => {
  it('does not take the rows from the others', () => {
    const flood = 'limit: 10, workloads: { rate_iops: 2000 }';
    const { document, simulation } = run(
      scenario('iops: 1000', 20, [vm('a', flood), vm('b', 'workloads: { iodepth: 4 }')].join('\n')),
      { intervalNs: SECOND },
    );
    const last = document.intervals!.at(-1)!;
    near(last.vms[1]!.iops, 990);
    near(last.vms[0]!.askedIops, 2000, 0.1);
    expect(last.vms[0]!.waitingInGuest).toBeGreaterThan(10_000);
    expect(simulation.rowsInFlight).toBeLessThan(simulation.plan.rows * 0.51);
  });
});

describe('a rate that rises', () => {
  it('is served, however low it was', () => {
    const { document } = run(
      scenario(
        'iops: 10000, parallel: 50',
        4,
        [
          vm('a', 'workloads: { rate_iops: 1, rate_process: linear }'),
          vm('b', 'workloads: { rate_iops: 2000, rate_process: linear }'),
        ].join('\n'),
        'changes: [{ at: 2s, vm: a, rate_iops: 4000 }]',
      ),
      { intervalNs: SECOND },
    );
    const [, , , last] = document.intervals!;
    near(last!.vms[0]!.iops, 4000);
    near(last!.vms[1]!.iops, 2000);
    // 50 at once at 10,000 per second are 5 ms each.
    near(last!.vms[0]!.latencyMs.mean, 5, 0.1);
    expect(last!.vms[0]!.waitingInGuest).toBe(0);
  });
});

describe('the document as it is written', () => {
  const yaml = scenario('iops: 1000', 3, vm('a', 'workloads: { iodepth: 4 }'));

  it('is the same document, intervals first and a line each', () => {
    const whole = run(yaml, { intervalNs: SECOND }).document;
    let text = '';
    const writer = new DocumentWriter((part) => {
      text += part;
    });
    const { plan, result } = run(yaml, {
      intervalNs: SECOND,
      onInterval: (interval) => writer.interval(interval),
    });
    expect(result.intervals).toEqual([]);
    expect(text).toMatch(/^\{\n {2}"intervals": \[\n(?: {4}\{.*\},?\n){2} {4}\{.*\}$/);
    writer.end(plan, result);
    expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(whole)));
  });

  it('has no intervals where none were asked for', () => {
    let text = '';
    const writer = new DocumentWriter((part) => {
      text += part;
    });
    const { plan, result, document } = run(yaml);
    writer.end(plan, result);
    expect(text).toBe(`${JSON.stringify(document, null, 2)}\n`);
    expect(document).not.toHaveProperty('intervals');
  });

  it('keeps only the samples that expectations need', () => {
    const told = `${yaml}\nexpect: [{ metric: iops, from: 1s, to: 2s, min: 990 }]`;
    const take = vi.spyOn(Expectations.prototype, 'take');
    const { result } = run(told, { intervalNs: 1e6, onInterval: () => undefined });
    expect(result.expectations[0]!.ok).toBe(true);
    expect(take.mock.calls.map(([{ at }]) => at)).toEqual([1e9, 2e9]);
    take.mockRestore();
  });
});
