/** LUNs and datastores that become larger while hosts use them (stack-upper reference, section 2). */
import { describe, expect, it } from 'vitest';
import type { Command } from '../../../src/engine/plan/commands.js';
import { fieldOf, Run } from '../support.js';
import { planOf, type Shape } from './rig.js';

const GIB = 2 ** 30;
/** 256 MiB in file blocks of 1 MiB. */
const EXTENT_MB = 256;

/** File blocks of a LUN by section 3.1: whole physical extents behind 17 MiB. */
const fileBlocks = (gib: number): number => Math.floor((gib * 1024 - 17) / EXTENT_MB) * EXTENT_MB;

function capacity(run: Run): { total: number; free: number } {
  const sample = run.simulation.sample(false);
  const entity = run.entity('datastore', 'ds1');
  return {
    total: fieldOf(sample, entity, 'capacityBlocks') / 2048,
    free: fieldOf(sample, entity, 'freeBlocks') / 2048,
  };
}

const TWO_HOSTS: Shape = {
  hosts: 2,
  luns: ['{ name: a, size: 2GiB }', '{ name: b, size: 3GiB }', '{ name: small, size: 200MiB }'],
  extents: ['a'],
};

const grow = (lun: string, gib: number): Command => ({
  kind: 'growLun',
  lun: `array1/${lun}`,
  sizeBytes: gib * GIB,
});

function refusal(run: Run, command: Command): string {
  try {
    run.simulation.command(command);
  } catch (error) {
    return (error as Error).message;
  }
  return '';
}

describe('a LUN that grows', () => {
  it('tells each connection once with 06/2A/09, and hosts see its size after a rescan', () => {
    const run = new Run(planOf(TWO_HOSTS));
    run.simulation.runUntil(1e9);
    const retries = (): number =>
      run
        .entities('device', { lun: 'a' })
        .reduce((sum, entity) => sum + fieldOf(run.simulation.sample(false), entity, 'retries'), 0);
    const before = retries();
    run.simulation.command(grow('a', 4));
    run.simulation.runUntil(3e9);
    // A command of a guest, or of the host, over every path: each is told, and sends it again.
    expect(retries()).toBeGreaterThan(before);
    expect(run.simulation.totals().errors).toBe(0);
    const told = refusal(run, { kind: 'growDatastore', datastore: 'ds1' });
    expect(told).toContain('sees no more room');
    run.simulation.command({ kind: 'rescan', host: 'esx0' });
    run.simulation.runUntil(4e9);
    expect(
      run.of('device.capacity').map(({ object, what }) => [object.split(' ')[0], what]),
    ).toEqual([['esx0', '4 GB, was 2 GB']]);
    expect(refusal(run, { kind: 'growDatastore', datastore: 'ds1', host: 'esx1' })).toContain(
      'esx1 sees no more room',
    );
  });

  it('is refused when it would shrink, has snapshots, or the pool has no room', () => {
    const luns = ['{ name: a, size: 2GiB }'];
    const plan = planOf({ luns, extents: ['a'] });
    const run = new Run(plan);
    expect(refusal(run, grow('a', 1))).toContain('LUNs only grow');
    const capacityGib = plan.arrays[0].pools[0].capacityBytes / GIB;
    expect(refusal(run, grow('a', Math.ceil(capacityGib) + 1))).toContain('pool');
    run.simulation.command({
      kind: 'lun-snapshot',
      lun: 'array1/a',
      action: 'create',
      snapshot: 's',
    });
    expect(refusal(run, grow('a', 4))).toContain('snapshots');
  });
});

describe('a datastore that grows', () => {
  it('takes what its extent has more; the other host finds it at its rescan; guests notice nothing', () => {
    const run = new Run(planOf(TWO_HOSTS));
    run.simulation.runUntil(1e9);
    expect(capacity(run).total).toBe(fileBlocks(2));
    const { free } = capacity(run);
    run.simulation.command(grow('a', 40));
    run.simulation.command({ kind: 'rescan', host: 'esx0' });
    run.simulation.runUntil(2e9);
    const writes = metadataWrites(run);
    run.simulation.command({ kind: 'growDatastore', datastore: 'ds1' });
    run.simulation.runUntil(3e9);
    const after = capacity(run);
    expect(after.total).toBe(fileBlocks(40));
    // Further clusters of 200 blocks have headers of 1 KB each, here less than 1 MiB together.
    expect(after.free - free).toBeGreaterThanOrEqual(fileBlocks(40) - fileBlocks(2) - 24);
    expect(metadataWrites(run)).toBeGreaterThan(writes);
    expect(run.of('datastore.grown')).toHaveLength(1);
    // A disk larger than the old volume, written by the host that has not looked.
    const made = { datastore: 'ds1', name: 'big', sizeBytes: 20 * GIB, diskKind: 'lazyThick' };
    run.simulation.command({ kind: 'createDisk', ...made } as Command);
    run.simulation.command({ kind: 'rescan', host: 'esx1' });
    run.simulation.runUntil(4e9);
    expect(run.of('device.capacity')).toHaveLength(2);
    expect(run.simulation.totals().errors).toBe(0);
    expect(run.simulation.violations).toEqual([]);
  });

  it('keeps its file system as it was when its host dies on the way; another gives it the room', () => {
    const run = new Run(planOf(TWO_HOSTS));
    const { simulation } = run;
    simulation.command(grow('a', 40));
    simulation.command({ kind: 'rescan', host: 'esx0' });
    simulation.runUntil(1e9);
    const command = { kind: 'growDatastore', datastore: 'ds1' } as const;
    const writes = metadataWrites(run);
    simulation.command({ ...command, host: 'esx0' });
    for (let left = 100; left > 0 && metadataWrites(run) === writes; left--) {
      simulation.runUntil(simulation.now + 20_000);
    }
    run.inject('host-crash', 'esx0');
    simulation.runUntil(2e9);
    expect(run.of('datastore.grown')).toHaveLength(0);
    expect(run.of('datastore.grow.failed').map(({ what }) => what.slice(0, 11))).toEqual([
      'file system',
    ]);
    expect(capacity(run).total).toBe(fileBlocks(2));
    simulation.command({ ...command, host: 'esx1' });
    simulation.runUntil(3e9);
    expect(capacity(run).total).toBe(fileBlocks(40));
  });

  it('is written behind its old end by a host that has not looked: it looks at the first row', () => {
    const shape = { ...TWO_HOSTS, disk: '{ size: 128MiB, kind: lazyThick }' };
    const run = new Run(planOf({ ...shape, luns: ['{ name: a, size: 4GiB }'] }));
    run.simulation.command(grow('a', 8));
    run.simulation.command({ kind: 'rescan', host: 'esx0' });
    run.simulation.runUntil(1e9);
    run.simulation.command({ kind: 'growDatastore', datastore: 'ds1', host: 'esx0' });
    run.simulation.runUntil(2e9);
    const clone = { kind: 'clone', disk: 1, datastore: 'ds1', name: 'copy' } as const;
    // Takes what the old volume had free, but for less than the clone.
    const made = { datastore: 'ds1', name: 'rest', sizeBytes: 2.65 * GIB, diskKind: 'lazyThick' };
    run.simulation.command({ kind: 'createDisk', ...made } as Command);
    run.simulation.command({ ...clone, diskKind: 'eagerThick' });
    run.simulation.runUntil(4e9);
    expect(run.of('device.capacity').map(({ object }) => object.split(' ')[0])).toEqual([
      'esx0',
      'esx1',
    ]);
    expect(run.of('datastore.grown')).toHaveLength(1);
    expect(run.simulation.wrongClones).toEqual([]);
    expect(run.simulation.totals().errors).toBe(0);
  });
});

describe('a datastore that is extended', () => {
  it('uses the other LUN from then on, on every host', () => {
    const run = new Run(planOf(TWO_HOSTS));
    run.simulation.runUntil(1e9);
    run.simulation.command({ kind: 'extendDatastore', datastore: 'ds1', lun: 'array1/b' });
    run.simulation.runUntil(2e9);
    expect(run.of('datastore.extended').map(({ what }) => what.split(' is ')[1])).toEqual([
      'extent 2',
    ]);
    expect(capacity(run).total).toBe(fileBlocks(2) + fileBlocks(3));
    run.simulation.command({ kind: 'refresh', datastore: 'ds1' });
    const made = { datastore: 'ds1', name: 'big', sizeBytes: 1.5 * GIB, diskKind: 'eagerThick' };
    run.simulation.command({ kind: 'createDisk', ...made } as Command);
    run.simulation.runUntil(6e9);
    const on = fieldOf(run.simulation.sample(false), run.entity('lun', 'b'), 'writeBlocks');
    const zeroed = fieldOf(run.simulation.sample(false), run.entity('lun', 'b'), 'others');
    expect(on + zeroed).toBeGreaterThan(100);
    expect(run.simulation.totals().errors).toBe(0);
    expect(run.simulation.violations).toEqual([]);
  });

  it('takes no LUN that is on its way into another one', () => {
    const luns = ['a', 'b', 'c'].map((name) => `{ name: ${name}, size: 2GiB }`);
    const plan = planOf({ luns, extents: ['a'] });
    const b = plan.arrays[0].luns.find(({ name }) => name === 'b')?.uid as string;
    const two = { ...plan.datastores[0], name: 'ds2', extents: [b] };
    const run = new Run({ ...plan, datastores: [...plan.datastores, two] });
    const { simulation } = run;
    simulation.runUntil(1e9);
    const by = (datastore: string): Command => ({
      kind: 'extendDatastore',
      datastore,
      lun: 'array1/c',
    });
    simulation.command(by('ds1'));
    expect(() => simulation.command(by('ds2'))).toThrow('on its way into ds1');
    simulation.runUntil(2e9);
    expect(() => simulation.command(by('ds2'))).toThrow('an extent of datastore ds1');
  });

  it('stays as it was where a device fails meanwhile, and can be extended again', () => {
    const run = new Run(planOf(TWO_HOSTS));
    const { simulation } = run;
    const command: Command = { kind: 'extendDatastore', datastore: 'ds1', lun: 'array1/b' };
    const heal = run.inject('pdl', 'array1/b');
    simulation.command(command);
    simulation.runUntil(1e9);
    expect(run.of('datastore.grow.failed').map(({ what }) => what.slice(0, 3))).toEqual(['LVM']);
    expect(capacity(run).total).toBe(fileBlocks(2));
    heal();
    for (const host of ['esx0', 'esx1']) simulation.command({ kind: 'rescan', host });
    simulation.runUntil(2e9);
    simulation.command(command);
    simulation.runUntil(3e9);
    expect(capacity(run).total).toBe(fileBlocks(2) + fileBlocks(3));
  });

  it('is refused for a LUN in use, too small, unknown, or one a host of it does not see', () => {
    const run = new Run(planOf(TWO_HOSTS));
    const extend = (lun: string): Command => ({
      kind: 'extendDatastore',
      datastore: 'ds1',
      lun: `array1/${lun}`,
    });
    expect(refusal(run, extend('a'))).toContain('is an extent of datastore ds1 already');
    // 17 MiB of LVM's own and one physical extent of 256 MiB (vmfs-ondisk reference, section 3).
    expect(refusal(run, extend('small'))).toContain('too small');
    expect(refusal(run, extend('c'))).toContain('there is no LUN');
    run.simulation.command(extend('b'));
    expect(refusal(run, extend('b'))).toContain('is being enlarged already');
    run.simulation.runUntil(1e9);
    expect(refusal(run, extend('b'))).toContain('already');
  });
});

function metadataWrites(run: Run): number {
  return fieldOf(run.simulation.sample(false), run.entity('datastore', 'ds1'), 'metadataWrites');
}
