import { describe, expect, it } from 'vitest';
import type { Command } from '../../src/engine/plan/commands.js';
import { parseScenario, planScenario } from '../../src/scenario/load.js';
import { fieldOf, Run, SECOND } from './support.js';

/** Two hosts, one machine on the first, and a datastore of each kind. */
function planOf(datastore: string, more = '') {
  const text = `
duration: 600s
arrays:
  - { name: array1, luns: [{ name: lun0, size: 64GiB }] }
nfsServers:
  - { name: filer1, capacity: 1TiB, addresses: 2, lease: 60s, grace: 60s }
hosts:
  - { name: esx, count: 2 }
datastores:
  - ${datastore}
vms:
  - { name: web, host: esx1, memory: 1GiB, disks: [{ size: 4GiB, written: 100% }], workloads: { rw: randrw, thinktime: 20ms } }
${more}`;
  const { source, text: parsed } = parseScenario(text, 'locks.yaml');
  return planScenario(source, parsed);
}

const VMFS = '{ name: ds, extents: array1/lun0 }';
const NFS3 = '{ name: ds, server: filer1, version: 3 }';
const NFS41 = '{ name: ds, server: filer1, version: 4.1 }';

function seconds(run: Run, kind: string): number[] {
  return run.of(kind).map(({ at }) => at / SECOND);
}

function mountField(run: Run, host: string, field: string): number {
  const [mount] = run.entities('mount', { host });
  return fieldOf(run.simulation.sample(), mount!, field);
}

describe('locks of a host that has died', () => {
  it('on VMFS are broken once its heartbeat has stood still for 16 s', () => {
    const run = new Run(planOf(VMFS));
    const { simulation } = run;
    simulation.runUntil(10 * SECOND);
    const files = mountField(run, 'esx1', 'locks');
    expect(files).toBeGreaterThan(10);
    run.inject('host-crash', 'esx1');
    simulation.runUntil(12 * SECOND);
    simulation.command({ kind: 'takeOver', vm: 'web', host: 'esx2' });
    simulation.runUntil(27 * SECOND);
    expect([seconds(run, 'vmfs.lock.broken'), mountField(run, 'esx1', 'locks')]).toEqual([
      [],
      files,
    ]);
    simulation.runUntil(60 * SECOND);
    const [brokenAt] = seconds(run, 'vmfs.lock.broken');
    // The observer has to see it unchanged for the lease itself: from its first look at 12 s on.
    expect(brokenAt).toBeGreaterThanOrEqual(28);
    expect(brokenAt).toBeLessThan(28.5);
    expect(seconds(run, 'vmfs.lock.broken')).toHaveLength(1);
    const [takenAt] = seconds(run, 'vm.takenOver');
    expect(takenAt).toBeLessThan(32);
    expect(mountField(run, 'esx2', 'locks')).toBe(files);
    expect(mountField(run, 'esx1', 'locks')).toBe(0);
  });

  it('on NFS 3 are taken when the lock file is 35 s old, on 4.1 when the lease is over', () => {
    for (const [datastore, waitS] of [
      [NFS3, 35],
      [NFS41, 60],
    ] as const) {
      const run = new Run(planOf(datastore));
      const { simulation } = run;
      simulation.runUntil(15 * SECOND);
      run.inject('host-crash', 'esx1');
      simulation.command({ kind: 'takeOver', vm: 'web', host: 'esx2' });
      simulation.runUntil(15 * SECOND + (waitS - 1) * SECOND);
      expect(seconds(run, 'nfs.lock.broken'), datastore).toEqual([]);
      simulation.runUntil(15 * SECOND + (waitS + 2) * SECOND);
      expect(run.of('vm.takenOver'), datastore).toHaveLength(1);
    }
  });

  it.each([VMFS, NFS3, NFS41])('stay with it while it lives: %s', (datastore) => {
    const run = new Run(planOf(datastore));
    run.simulation.runUntil(5 * SECOND);
    run.simulation.command({ kind: 'takeOver', vm: 'web', host: 'esx2' });
    run.simulation.runUntil(60 * SECOND);
    expect(run.of('vm.takenOver')).toEqual([]);
    expect(run.of('vm.locked')).toMatchObject([{ why: expect.stringContaining('locked by esx1') }]);
    expect(mountField(run, 'esx2', 'locks')).toBe(0);
  });

  it('are given up by the host itself when it is back before', () => {
    const run = new Run(planOf(VMFS));
    const { simulation } = run;
    simulation.runUntil(5 * SECOND);
    const heal = run.inject('host-crash', 'esx1');
    simulation.runUntil(8 * SECOND);
    heal();
    simulation.runUntil(9 * SECOND);
    simulation.command({ kind: 'takeOver', vm: 'web', host: 'esx2' });
    simulation.runUntil(10 * SECOND);
    expect(run.of('vm.takenOver')).toHaveLength(1);
    expect(run.of('vmfs.lock.broken')).toEqual([]);
  });
});

describe('out of space', () => {
  const grow = `
  - { name: grow, host: esx1, memory: 1GiB, disks: [{ size: 4GiB }], workloads: { rw: write, bs: 1m, thinktime: 20ms } }`;

  it.each([VMFS, NFS3, NFS41])('stops just who needs a block; Cancel ends it: %s', (datastore) => {
    const run = new Run(planOf(datastore, grow));
    const { simulation } = run;
    simulation.runUntil(SECOND);
    const locks = mountField(run, 'esx1', 'locks');
    run.inject('fill-datastore', 'ds');
    simulation.runUntil(3 * SECOND);
    expect(run.of('vm.question').map(({ object }) => object)).toEqual(['grow']);
    const before = simulation.totals().reads;
    simulation.runUntil(4 * SECOND);
    expect(simulation.totals().reads).toBeGreaterThan(before);
    simulation.command({ kind: 'answer', vm: 'grow', answer: 'cancel' });
    simulation.runUntil(5 * SECOND);
    expect(run.of('vm.poweredOff')).toMatchObject([{ object: 'grow' }]);
    // Half of the files were its own: two machines with as many each.
    expect(mountField(run, 'esx1', 'locks')).toBe(locks / 2);
  });
});

describe('unmount and detach', () => {
  it('and whatever else is asked for in words that are no command', () => {
    const { simulation } = new Run(planOf(VMFS));
    for (const kind of ['dismount', 'constructor']) {
      expect(() => simulation.command({ kind } as unknown as Command)).toThrow(
        new RegExp(`command "${kind}": is not known.*one of inject, heal`, 's'),
      );
    }
  });

  it('are refused while machines have files open, by name', () => {
    const run = new Run(planOf(VMFS));
    const { simulation } = run;
    simulation.runUntil(SECOND);
    const detach = { kind: 'device', host: 'esx1', device: 'lun0', state: 'off' } as const;
    const unmount = { kind: 'mount', host: 'esx1', datastore: 'ds', state: 'off' } as const;
    expect(() => simulation.command(detach)).toThrow(
      /datastore ds on it is mounted.*files open, of web/,
    );
    expect(() => simulation.command(unmount)).toThrow(/in use.*of web/);
    // The other host has nothing open there, but the volume, which it has to let go first.
    const opens = (host: string): number => {
      const [device] = run.entities('device', { host, lun: 'lun0' });
      return fieldOf(simulation.sample(false), device, 'opens');
    };
    expect(() => simulation.command({ ...detach, host: 'esx2' })).toThrow(/ds on it is mounted/);
    expect([opens('esx1'), opens('esx2')]).toEqual([1, 1]);
    simulation.command({ ...unmount, host: 'esx2' });
    expect(run.of('datastore.unmounted')).toHaveLength(1);
    expect(mountField(run, 'esx2', 'mounted')).toBe(0);
    simulation.command({ ...detach, host: 'esx2' });
    simulation.command({ ...detach, host: 'esx2', state: 'on' });
    expect([opens('esx1'), opens('esx2')]).toEqual([1, 0]);
    expect(() => simulation.command({ ...unmount, host: 'esx2' })).toThrow(/not mounted/);
    simulation.command({ ...unmount, host: 'esx2', state: 'on' });
    expect(mountField(run, 'esx2', 'mounted')).toBe(1);
  });
});

describe('an NFS 4.1 server that restarts', () => {
  it('makes clients set up a new session and claim their files; nothing is lost', () => {
    const run = new Run(planOf(NFS41));
    const { simulation } = run;
    simulation.runUntil(5 * SECOND);
    const heal = run.inject('nfs-server-restart', 'filer1');
    simulation.runUntil(20 * SECOND);
    heal();
    simulation.runUntil(30 * SECOND);
    expect(run.of('nfs.session.recovered')[0]?.what).toMatch(/^esx1: .* 16 files claimed again/);
    // esx2 is idle and finds out with its next heartbeat, every 12 s; then nobody is missing.
    simulation.runUntil(40 * SECOND);
    expect(run.of('nfs.session.lost')).toHaveLength(2);
    expect(seconds(run, 'nfs.grace.begin')).toEqual([20]);
    const [endAt] = seconds(run, 'nfs.grace.end');
    expect(endAt).toBeGreaterThan(20);
    expect(endAt).toBeLessThan(32.1);
    expect(mountField(run, 'esx1', 'session')).toBe(1);
    const before = simulation.totals().reads;
    simulation.runUntil(42 * SECOND);
    expect(simulation.totals().reads).toBeGreaterThan(before);
    expect(simulation.totals().errors).toBe(0);
  });

  it('goes on over its other address when one is lost', () => {
    const run = new Run(planOf(NFS41));
    const { simulation } = run;
    simulation.runUntil(5 * SECOND);
    const heal = run.inject('nfs-address-down', 'filer1/1');
    simulation.runUntil(30 * SECOND);
    expect(run.of('nfs.link.lost', 'esx1')).toHaveLength(1);
    const before = simulation.totals().reads;
    simulation.runUntil(32 * SECOND);
    expect(simulation.totals().reads).toBeGreaterThan(before);
    heal();
    simulation.runUntil(60 * SECOND);
    expect(run.of('nfs.link.back', 'esx1')).toHaveLength(1);
    expect(simulation.totals().errors).toBe(0);
  });
});
