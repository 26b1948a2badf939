import { describe, expect, it } from 'vitest';
import { parseScenario, planScenario } from '../../src/scenario/load.js';
import { fieldOf, MS, Run, SECOND } from './support.js';

const TEXT = `
seed: 3
duration: 20m
arrays: [{ name: array1, luns: [{ name: lun, count: 2, size: 4GiB }] }]
hosts: [{ name: esx1, settings: { DataMover.HardwareAcceleratedMove: 0 } }, { name: esx2 }]
datastores: [{ name: one, extents: array1/lun0, sioc: {} }, { name: two, extents: array1/lun1 }]
vms:
  - { name: web, host: esx1, memory: 16MiB, datastore: one, disks: [{ size: 64MiB, kind: eagerThick }],
      workloads: { rw: randrw, iodepth: 8, thinktime: 5ms } }
  - { name: db, host: esx2, memory: 16MiB, datastore: one, disks: [{ size: 64MiB }],
      workloads: { rw: randrw, iodepth: 2, thinktime: 200ms } }
`;

function start(): Run {
  const { source, text } = parseScenario(TEXT, 'dead.yaml');
  return new Run(planScenario(source, text));
}

/** Sum of a counter over entities of a host. */
function sum(run: Run, scope: string, host: string, field: string): number {
  const sample = run.simulation.sample(false);
  return run.entities(scope, { host }).reduce((all, own) => all + fieldOf(sample, own, field), 0);
}

describe('a host that has died', () => {
  it('sends nothing more: no command, no probe, no statistics; what it had ends', () => {
    const run = start();
    const { simulation } = run;
    simulation.runUntil(20 * SECOND);
    expect(sum(run, 'sioc', 'esx1', 'steps')).toBeGreaterThan(0);
    run.inject('host-crash', 'esx1');
    const issued = simulation.totals();
    // Longer than any device takes.
    simulation.runUntil(21 * SECOND);
    expect(sum(run, 'path', 'esx1', 'active')).toBe(0);
    expect(sum(run, 'client', 'esx1', 'queued')).toBe(0);
    const before = sum(run, 'nexus', 'esx1', 'commands');
    const steps = sum(run, 'sioc', 'esx1', 'steps');
    const others = sum(run, 'sioc', 'esx2', 'steps');
    // Path evaluation is every 300 s (Disk.PathEvalTime).
    simulation.runUntil(350 * SECOND);
    expect(sum(run, 'nexus', 'esx1', 'commands')).toBe(before);
    expect(sum(run, 'sioc', 'esx1', 'steps')).toBe(steps);
    expect(sum(run, 'sioc', 'esx2', 'steps')).toBeGreaterThan(others);
    expect(simulation.totals().reads).toBeGreaterThan(issued.reads);
  });

  it('comes to nothing with its operations, and looks at its paths when it is back', () => {
    const run = start();
    const { simulation } = run;
    simulation.runUntil(SECOND);
    const clone = { kind: 'clone' as const, disk: 0, datastore: 'two', name: 'copy' };
    simulation.command(clone);
    simulation.runUntil(SECOND + 5 * MS);
    expect(sum(run, 'mover', 'esx1', 'running')).toBe(1);
    const heal = run.inject('host-crash', 'esx1');
    simulation.runUntil(2 * SECOND);
    expect(sum(run, 'mover', 'esx1', 'running')).toBe(0);
    expect(run.of('disk.failed')).toHaveLength(1);
    const probes = sum(run, 'nexus', 'esx1', 'commands');
    heal();
    simulation.runUntil(3 * SECOND);
    expect(sum(run, 'nexus', 'esx1', 'commands')).toBeGreaterThan(probes);
    simulation.command({ kind: 'power', vm: 'web', state: 'on' });
    simulation.command({ ...clone, name: 'again' });
    simulation.runUntil(20 * SECOND);
    expect(run.of('clone.end')).toHaveLength(1);
  });

  it('leaves a disk that was being migrated where it was', () => {
    const run = start();
    const { simulation } = run;
    simulation.runUntil(SECOND);
    simulation.command({ kind: 'alterDisk', disk: 0, action: 'migrate', datastore: 'two' });
    simulation.runUntil(SECOND + 5 * MS);
    run.inject('host-crash', 'esx1');
    simulation.runUntil(2 * SECOND);
    expect(run.of('disk.alter.failed')[0]?.what).toContain('stays where it was');
  });
});
