import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import type { LogEntry } from '../../../src/engine/core/event-log.js';
import { lacks, POLL_NS } from '../../../src/engine/stack/storage-apis/vasa/monitor.js';
import { parseScenario, planScenario } from '../../../src/scenario/load.js';
import { Run, SECOND } from '../../simulation/support.js';

function runOf(): Run {
  const yaml = stringify({
    duration: '10m',
    arrays: [
      {
        name: 'array1',
        pools: [{ capacity: '40GiB' }],
        luns: [{ name: 'lun', count: 2, size: '20GiB', thin: true }],
      },
    ],
    hosts: [{ name: 'esx1' }],
    datastores: [{ name: 'one', extents: ['array1/lun0'] }],
    policies: [
      { name: 'Safe', require: { redundant: true } },
      { name: 'Quick', require: { thin: true, disk: 'ssd', offload: true } },
      { name: 'Roomy', require: { health: 'yellow' } },
    ],
    vms: [
      {
        name: 'vm1',
        memory: '16MiB',
        disks: ['Safe', 'Quick', 'Roomy', undefined].map((policy) => ({
          size: '64MiB',
          ...(policy && { policy }),
        })),
        workloads: { rw: 'randread', iodepth: 1, thinktime: '100ms' },
      },
    ],
  });
  const { source, text } = parseScenario(yaml, 'vasa.yaml');
  return new Run(planScenario(source, text));
}

/** The number of the event at the provider, which the line in the log names. */
const idOf = ({ why }: LogEntry): number => Number(/event (\d+)/.exec(why)?.[1]);
const seenAt = ({ why }: LogEntry): string => / at (.*)$/.exec(why)?.[1] ?? '';

describe('a VASA provider', () => {
  it('reports what happens to its array in order, once each, with the time it saw it', () => {
    const run = runOf();
    run.simulation.runUntil(2 * SECOND);
    const heal = run.inject('controller-failover', 'array1:A');
    run.simulation.runUntil(8 * SECOND);
    expect(run.of('vasa.event')).toEqual([]);
    run.simulation.runUntil(POLL_NS);
    const first = run.of('vasa.event');
    expect(first.map(({ object }) => object)).toContain('array1:A');
    expect(seenAt(first[0] as LogEntry)).toBe('3 s');
    heal();
    run.simulation.runUntil(5 * POLL_NS);
    const ids = run.of('vasa.event').map(idOf);
    expect(ids.length).toBeGreaterThanOrEqual(4);
    expect(ids).toEqual(ids.map((_, index) => index + 1));
    const alarms = run.of('vasa.alarm', 'array1:A').map(({ what }) => what);
    expect(alarms).toEqual(['green to yellow', 'yellow to green']);
  });

  it('survives a restart: nothing is lost, nothing comes twice', () => {
    const run = runOf();
    run.simulation.runUntil(11 * SECOND);
    const failed = run.inject('controller-failover', 'array1:A');
    run.simulation.runUntil(13 * SECOND);
    // Seen by the provider, not yet fetched; more happens while it is down.
    const start = run.inject('vasa-restart', 'array1');
    run.simulation.runUntil(15 * SECOND);
    failed();
    run.simulation.runUntil(3 * POLL_NS + 5 * SECOND);
    expect(run.of('vasa.event')).toEqual([]);
    expect(run.of('vasa.offline').map(({ at }) => at)).toEqual([2 * POLL_NS]);
    start();
    run.simulation.runUntil(6 * POLL_NS);
    expect(run.of('vasa.online').map(({ at }) => at)).toEqual([4 * POLL_NS]);
    const events = run.of('vasa.event');
    const ids = events.map(idOf);
    expect(ids.length).toBeGreaterThanOrEqual(2);
    expect(ids).toEqual(ids.map((_, index) => index + 1));
    const ofA = events.filter(({ object }) => object === 'array1:A').map(({ what }) => what);
    expect(ofA).toEqual(['failed', 'running']);
  });

  it('a restart between two polls only costs a session', () => {
    const run = runOf();
    run.simulation.runUntil(11 * SECOND);
    run.inject('controller-failover', 'array1:A');
    run.simulation.runUntil(13 * SECOND);
    run.inject('vasa-restart', 'array1')();
    run.simulation.runUntil(5 * POLL_NS);
    expect(run.of('vasa.offline')).toEqual([]);
    expect(run.of('vasa.event', 'array1:A')).toHaveLength(1);
    const info = run.entity('vasa', 'array1');
    const { values } = run.simulation.sample(false);
    expect(values[info.base + info.fields.indexOf('sessions')]).toBe(2);
  });

  it('raises the alarm of a thin pool at 75 % and at 95 %', () => {
    const run = runOf();
    const gib = 1024 ** 3;
    for (const [leave, colour] of [
      [11, undefined],
      [9, 'green to yellow'],
      [1, 'yellow to red'],
    ] as const) {
      run.inject('fill-pool', 'array1/pool1', { leave: leave * gib });
      run.simulation.runUntil(run.simulation.now + 2 * POLL_NS);
      expect(run.of('vasa.alarm', 'pool1').at(-1)?.what).toBe(colour);
    }
  });
});

describe('compliance', () => {
  const of = (run: Run, disk: string) =>
    run.of('vasa.compliance', `vm1:scsi0:${disk}`).map(({ what }) => what);

  it('flags the disks whose datastore misses their policy, until it meets it again', () => {
    const run = runOf();
    run.simulation.runUntil(POLL_NS + SECOND);
    expect(run.of('vasa.compliance')).toEqual([]);
    const heals = [
      run.inject('controller-failover', 'array1:A'),
      run.inject('vaai-refused', 'array1/lun0'),
      run.inject('fill-pool', 'array1/pool1', { leave: 0 }),
    ];
    run.simulation.runUntil(2 * POLL_NS + SECOND);
    expect(of(run, '0')).toEqual(['nonCompliant: not redundant']);
    expect(of(run, '1')).toEqual(['nonCompliant: not offload']);
    expect(of(run, '2')).toEqual(['nonCompliant: not health yellow']);
    expect(of(run, '3')).toEqual([]);
    for (const heal of heals) heal();
    run.simulation.runUntil(4 * POLL_NS);
    for (const disk of ['0', '1', '2']) expect(of(run, disk).at(-1)).toBe('compliant');
  });

  it('is unknown while the provider is down', () => {
    const run = runOf();
    run.simulation.runUntil(POLL_NS + SECOND);
    const start = run.inject('vasa-restart', 'array1');
    run.simulation.runUntil(2 * POLL_NS + SECOND);
    start();
    run.simulation.runUntil(3 * POLL_NS + SECOND);
    expect(of(run, '0')).toEqual(['unknown', 'compliant']);
  });

  it('compares each requirement', () => {
    const has = {
      thin: true,
      disks: ['hdd'],
      redundant: false,
      protected: false,
      offload: true,
      health: 'red' as const,
    };
    expect(lacks(has, { thin: true, disk: 'hdd', redundant: false, offload: true })).toEqual([]);
    expect(
      lacks(has, { thin: false, disk: 'ssd', redundant: true, protected: true, health: 'yellow' }),
    ).toEqual(['thick', 'disk ssd', 'redundant', 'protected', 'health yellow']);
  });
});
