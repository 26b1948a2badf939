/**
 * Volumes of several extents that lose one: without the head they cannot be mounted, without another what
 * lies there fails (vmfs-ondisk reference, section 3.5; stack-upper, section 2).
 */
import { describe, expect, it } from 'vitest';
import type { Command } from '../../../src/engine/plan/commands.js';
import { fieldOf, Run } from '../support.js';
import { planOf } from './rig.js';

/** Two extents; vm0's disk lies on the head, vm1's, made later, on the second. */
function runOf(hosts = 2): Run {
  const luns = ['{ name: a, size: 2GiB }', '{ name: b, size: 3GiB }'];
  const disk = '{ size: 1020MiB, kind: lazyThick }';
  return new Run(planOf({ hosts, luns, extents: ['a', 'b'], disk }));
}

function errorsOf(run: Run, vm: string): number {
  const sample = run.simulation.sample(false);
  return run
    .entities('disk', { vm })
    .reduce(
      (sum, disk) =>
        sum + fieldOf(sample, disk, 'failedReads') + fieldOf(sample, disk, 'failedWrites'),
      0,
    );
}

function readsOf(run: Run, vm: string): number {
  const sample = run.simulation.sample(false);
  return run
    .entities('disk', { vm })
    .reduce((sum, disk) => sum + fieldOf(sample, disk, 'reads'), 0);
}

function mountField(run: Run, host: string, field: string): number {
  const [entity] = run.entities('mount', { host });
  return fieldOf(run.simulation.sample(false), entity, field);
}

const refused = (run: Run, command: Command): string => {
  try {
    run.simulation.command(command);
  } catch (error) {
    return (error as Error).message;
  }
  return '';
};

describe('an extent that is not the head', () => {
  it('fails alone: what lies on the others goes on, and comes back with it', () => {
    const run = runOf();
    const { simulation } = run;
    simulation.runUntil(1e9);
    const heal = run.inject('pdl', 'array1/b');
    simulation.runUntil(3e9);
    const missing = run.of('volume.extent.missing');
    expect(missing.map(({ what }) => what.replace(/naa\.\w+/, 'uid')).sort()).toEqual([
      'esx0: extent 2 of 2, uid; 2.75 GB of it fail',
      'esx1: extent 2 of 2, uid; 2.75 GB of it fail',
    ]);
    expect(mountField(run, 'esx0', 'missing')).toBe(2);
    expect(mountField(run, 'esx0', 'mounted')).toBe(1);
    expect(mountField(run, 'esx0', 'lost')).toBe(0);
    // The head has 1.75 GB: 765 MB of the file system, and vm0's disk; that of vm1 lies behind it.
    const [before, others] = [readsOf(run, 'vm0'), errorsOf(run, 'vm1')];
    simulation.runUntil(5e9);
    expect(errorsOf(run, 'vm0')).toBe(0);
    expect(readsOf(run, 'vm0')).toBeGreaterThan(before);
    const grow: Command = { kind: 'growDatastore', datastore: 'ds1' };
    expect(refused(run, grow)).toContain('extent 2');
    expect(others).toBeGreaterThan(0);
    heal();
    for (const host of ['esx0', 'esx1']) simulation.command({ kind: 'rescan', host });
    simulation.runUntil(8e9);
    expect(run.of('volume.extent.back')).toHaveLength(2);
    expect(mountField(run, 'esx0', 'missing')).toBe(0);
    const late = errorsOf(run, 'vm1');
    simulation.runUntil(10e9);
    expect(errorsOf(run, 'vm1')).toBe(late);
    expect(simulation.violations).toEqual([]);
  });

  it('does not keep a host that boots from mounting the volume', () => {
    const run = runOf(1);
    const { simulation } = run;
    simulation.runUntil(1e9);
    const up = run.inject('host-crash', 'esx0');
    run.inject('pdl', 'array1/b');
    simulation.runUntil(2e9);
    up();
    simulation.runUntil(5e9);
    expect(mountField(run, 'esx0', 'mounted')).toBe(1);
    expect(mountField(run, 'esx0', 'missing')).toBe(2);
  });
});

describe('the head extent', () => {
  it('takes the volume with it for a host that has nothing open, until it is back', () => {
    const run = runOf(1);
    const { simulation } = run;
    simulation.runUntil(1e9);
    simulation.command({ kind: 'power', vm: 'vm0', state: 'off' });
    simulation.runUntil(5e9);
    const heal = run.inject('pdl', 'array1/a');
    simulation.command({ kind: 'rescan', host: 'esx0' });
    simulation.runUntil(10e9);
    expect(
      run.of('datastore.unmounted').map(({ what }) => what.replace(/naa\.\w+/, 'uid')),
    ).toEqual(['esx0: its head extent uid is missing: permanent device loss']);
    expect(mountField(run, 'esx0', 'mounted')).toBe(0);
    const on: Command = { kind: 'power', vm: 'vm0', state: 'on' };
    expect(refused(run, on)).toContain('head extent');
    const mount: Command = { kind: 'mount', host: 'esx0', datastore: 'ds1', state: 'on' };
    expect(refused(run, mount)).toContain('head extent');
    heal();
    simulation.command({ kind: 'rescan', host: 'esx0' });
    simulation.runUntil(12e9);
    expect(run.of('datastore.mounted')).toHaveLength(1);
    simulation.command(on);
    simulation.runUntil(13e9);
    expect(errorsOf(run, 'vm0')).toBe(0);
  });

  it('stays in the mount while files are open, without heartbeats: access is lost', () => {
    const run = runOf(1);
    const { simulation } = run;
    simulation.runUntil(1e9);
    run.inject('pdl', 'array1/a');
    // 16 s without a heartbeat (stack-upper reference, section 6.1).
    simulation.runUntil(25e9);
    expect(mountField(run, 'esx0', 'missing')).toBe(1);
    expect(mountField(run, 'esx0', 'mounted')).toBe(1);
    expect(mountField(run, 'esx0', 'lost')).toBe(1);
    // It goes once nothing is open on it any more.
    simulation.command({ kind: 'power', vm: 'vm0', state: 'off' });
    simulation.runUntil(30e9);
    expect(run.of('datastore.unmounted').map(({ why }) => why)).toEqual([
      'nothing is open on it any more',
    ]);
    expect(mountField(run, 'esx0', 'mounted')).toBe(0);
  });
});
