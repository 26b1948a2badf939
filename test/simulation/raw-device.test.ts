/** Raw device maps (vmdk-formats 11): which commands reach the LUN, and what the map takes. */
import { describe, expect, it } from 'vitest';
import { parseScenario, planScenario } from '../../src/scenario/load.js';
import { Run, SECOND } from './support.js';

const GIB = 2 ** 30;

function plan(mode: string, job: string, more = '') {
  const text = `
arrays: [{ name: array1, luns: [{ name: lun, count: 3, size: 4GiB, thin: true }] }]
hosts: [{ name: esx1 }]
datastores: [{ name: one, extents: array1/lun0 }]
vms:
  - name: vm1
    memory: 16MiB
    disks: [{ size: 64MiB }, { rdm: { lun: array1/lun1, mode: ${mode} } }${more}]
    workloads: [${job}]
`;
  const { source, text: scenario } = parseScenario(text, 'rdm.yaml');
  return planScenario(source, scenario);
}

class RawRun extends Run {
  /** A counter or gauge of the first object of a scope whose name contains a text. */
  figure(scope: string, name: string, field: string): number {
    const sample = this.simulation.sample(false);
    const info = this.simulation.entities.find((e) => e.scope === scope && e.name.includes(name));
    return sample.values[(info?.base ?? 0) + (info?.fields.indexOf(field) ?? 0)] ?? Number.NaN;
  }
}

function ran(mode: string, job: string): RawRun {
  const run = new RawRun(plan(mode, job));
  run.simulation.runUntil(SECOND);
  run.simulation.stopJobs();
  run.simulation.runUntil(2 * SECOND);
  return run;
}

const VERIFIED =
  '{ disk: 1, rw: randrw, bs: 8k, iodepth: 4, thinktime: 1ms, size: 64MiB, fsync: 5, verify: true }';

describe.each(['virtual', 'physical'])('a raw device, %s', (mode) => {
  const run = ran(mode, VERIFIED);

  it('is written and read as it is on the LUN, and not through the datastore', () => {
    expect(run.simulation.totals()).toMatchObject({ errors: 0 });
    expect(run.simulation.violations).toEqual([]);
    const { reads, writes } = run.simulation.totals();
    expect(writes).toBeGreaterThan(100);
    expect(run.figure('lun', 'lun1', 'writes')).toBe(writes);
    expect(run.figure('lun', 'lun1', 'reads')).toBe(reads);
    expect(run.figure('datastore', 'one', 'writes')).toBe(0);
    // The scheduler serves it as a client of the LUN's own queue.
    const { uid } = run.plan.arrays[0]!.luns[1]!;
    expect(run.figure('client', `vm1:scsi0:1 on ${uid}`, 'writes')).toBe(writes);
  });

  it('keeps its device open, which cannot be detached, until its machine is off', () => {
    const { uid } = run.plan.arrays[0]!.luns[1]!;
    const detach = { kind: 'device', host: 'esx1', device: uid, state: 'off' } as const;
    expect(run.figure('device', uid, 'opens')).toBe(1);
    expect(() => run.simulation.command(detach)).toThrow(/vm1:scsi0:1 is a raw device map/);
    const other = ran(mode, VERIFIED);
    other.simulation.command({ kind: 'power', vm: 'vm1', state: 'off' });
    other.simulation.runUntil(4 * SECOND);
    expect(other.figure('device', uid, 'opens')).toBe(0);
    other.simulation.command(detach);
    expect(other.of('device.detached')).toHaveLength(1);
  });

  it('has a map of the size of the LUN without a block', () => {
    const map = mode === 'virtual' ? 'vm1_1-rdm.vmdk' : 'vm1_1-rdmp.vmdk';
    expect(run.figure('file', map, 'sizeBlocks')).toBe((4 * GIB) / 512);
    expect(run.figure('file', map, 'allocatedBlocks')).toBe(0);
    const clone = { kind: 'clone', disk: 1, datastore: 'one', name: 'copy' } as const;
    expect(() => run.simulation.command(clone)).toThrow(/raw device/);
  });

  it('has other commands emulated, or passed to the LUN', () => {
    // SYNCHRONIZE CACHE, after each five writes.
    const flushes = run.simulation.totals().others;
    expect(flushes).toBeGreaterThan(20);
    expect(run.figure('device', run.plan.arrays[0]!.luns[1]!.uid, 'others')).toBe(
      mode === 'virtual' ? 0 : flushes,
    );
    const unmap = ran(mode, '{ disk: 1, rw: unmap, bs: 1m, iodepth: 1, thinktime: 10ms }');
    const { errors, others } = unmap.simulation.totals();
    expect(others).toBeGreaterThan(20);
    // The virtual disk answers 05/20/00: an UNMAP is neither read nor write.
    expect(errors).toBe(mode === 'virtual' ? others : 0);
  });
});

it('a LUN is mapped once, and not one of a datastore', () => {
  const problem = (lun: string): string => {
    try {
      plan('virtual', '', `, { rdm: { lun: ${lun} } }`);
    } catch (error) {
      return (error as Error).message;
    }
    return '';
  };
  expect(problem('array1/lun0')).toMatch(/rdm.*an extent of one/);
  expect(problem('array1/lun1')).toMatch(/mapped by vm1 already/);
  expect(problem('array1/lun9')).toMatch(/no LUN "array1\/lun9"/);
  expect(problem('array1/lun2')).toBe('');
});
