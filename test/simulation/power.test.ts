/** Power operations of a machine, and its files over its life (stack-upper 16). */
import { describe, expect, it } from 'vitest';
import type { PowerState } from '../../src/engine/plan/commands.js';
import type { Plan } from '../../src/engine/plan/plan.js';
import { parseScenario, planScenario } from '../../src/scenario/load.js';
import { planOf, Work } from '../operations/work.js';
import { SECOND } from './support.js';

const MIB = 2048;

const plan = (job: Record<string, unknown> = {}): Plan =>
  planOf({
    array: { luns: [{ name: 'lun', count: 1, size: '4GiB' }] },
    datastores: [{ name: 'one', extents: 'array1/lun0' }],
    job: { rw: 'randrw', bs: '4k', iodepth: 4, verify: true, thinktime: '1ms', ...job },
  });

class Machine extends Work {
  power(state: PowerState): void {
    this.simulation.command({ kind: 'power', vm: 'vm1', state });
  }

  free(): number {
    return this.gauge('datastore', 'one', 'freeBlocks');
  }

  issued(): number {
    const { reads, writes } = this.simulation.totals();
    return reads + writes;
  }

  /** Names of the files there are, by role. */
  files(role: string): string[] {
    const sample = this.simulation.sample(false);
    return this.simulation.entities
      .filter(({ scope, labels }) => scope === 'file' && labels.role === role)
      .filter(({ base, fields }) => sample.values[base + fields.indexOf('present')] === 1)
      .map(({ name }) => name.slice(name.indexOf('/') + 1));
  }

  private gauge(scope: string, name: string, field: string): number {
    const sample = this.simulation.sample(false);
    const info = this.simulation.entities.find((e) => e.scope === scope && e.name === name);
    return sample.values[(info?.base ?? 0) + (info?.fields.indexOf(field) ?? 0)] ?? Number.NaN;
  }
}

function until(machine: Machine, kind: string, count = 1): void {
  for (let left = 500; machine.events(kind).length < count && left > 0; left--) {
    machine.run(machine.simulation.now + 10_000_000);
  }
  expect(machine.events(kind)).toHaveLength(count);
}

describe('snapshots of a machine', () => {
  const snapshot = (machine: Machine, action: Record<string, unknown>): void => {
    machine.simulation.command({ kind: 'snapshot', vm: 'vm1', ...action } as never);
    for (let left = 200; machine.simulation.snapshots.taskOf('vm1') !== undefined; left--) {
      expect(left).toBeGreaterThan(0);
      machine.run(machine.simulation.now + 0.02 * SECOND);
    }
  };
  const last = (machine: Machine): string | undefined =>
    machine.entries.filter(({ kind }) => kind.startsWith('vm.snapshot.')).at(-1)?.kind;

  it('have files of their own, which go with them (stack-upper 16 and 18)', () => {
    const machine = new Machine(plan());
    machine.run(0.1 * SECOND);
    snapshot(machine, { action: 'create', snapshot: 'one', memory: true });
    expect(machine.files('diskDelta')).toEqual(['vm1-000001-delta.vmdk']);
    expect(machine.files('diskDescriptor')).toEqual(['vm1.vmdk', 'vm1-000001.vmdk']);
    expect(machine.files('snapshotState')).toEqual(['vm1-Snapshot1.vmsn']);
    expect(machine.files('snapshotMemory')).toEqual(['vm1-Snapshot1.vmem']);
    expect(machine.files('snapshotList')).toEqual(['vm1.vmsd']);
    snapshot(machine, { action: 'deleteAll' });
    for (const role of ['diskDelta', 'snapshotState', 'snapshotMemory']) {
      expect(machine.files(role)).toEqual([]);
    }
    expect(machine.files('diskDescriptor')).toEqual(['vm1.vmdk']);
  });

  it('bring the memory back that was written with them, which is read from its file', () => {
    const machine = new Machine(plan({ verify: false }));
    machine.run(0.1 * SECOND);
    snapshot(machine, { action: 'create', snapshot: 'one', memory: true });
    const blocks = (): number => machine.device('lun0').readBlocks ?? 0;
    const before = blocks();
    snapshot(machine, { action: 'revert', snapshot: 'one' });
    // 16 MiB of memory; the guest of 4 KiB commands a millisecond apart reads far less.
    expect(blocks() - before).toBeGreaterThanOrEqual(16 * MIB);
    const between = blocks();
    machine.power('off');
    machine.run(machine.simulation.now + 0.1 * SECOND);
    snapshot(machine, { action: 'revert', snapshot: 'one' });
    expect(blocks() - between).toBeLessThan(MIB);
  });

  it('are made and deleted while it is off, and its guest finds its data', () => {
    const machine = new Machine(plan());
    machine.run(0.2 * SECOND);
    machine.power('off');
    machine.run(0.3 * SECOND);
    snapshot(machine, { action: 'create', snapshot: 'one' });
    expect(last(machine)).toBe('vm.snapshot.created');
    machine.power('template');
    snapshot(machine, { action: 'create', snapshot: 'two' });
    snapshot(machine, { action: 'revert', snapshot: 'one' });
    machine.power('off');
    machine.power('on');
    machine.run(machine.simulation.now + 0.2 * SECOND);
    machine.power('off');
    machine.run(machine.simulation.now + 0.1 * SECOND);
    snapshot(machine, { action: 'deleteAll' });
    expect(last(machine)).toBe('vm.snapshot.deleted');
    expect(machine.files('diskDelta')).toEqual([]);
    machine.power('on');
    machine.run(machine.simulation.now + 0.1 * SECOND);
    machine.simulation.stopJobs();
    machine.run(machine.simulation.now + 0.5 * SECOND);
    machine.simulation.readBack();
    machine.run(machine.simulation.now + 2 * SECOND);
    expect(machine.simulation.violations).toEqual([]);
  });

  it('are not disturbed: power waits until an operation on them is done', () => {
    const machine = new Machine(plan());
    machine.run(0.1 * SECOND);
    machine.simulation.command({ kind: 'snapshot', vm: 'vm1', action: 'create', snapshot: 'one' });
    expect(() => machine.power('off')).toThrow(/creating snapshot one is still under way/);
  });
});

describe('a machine', () => {
  it('has swap and lock only while it runs, and its guest does nothing while it does not', () => {
    const machine = new Machine(plan());
    machine.run(SECOND);
    const free = machine.free();
    expect(machine.files('swap')).toHaveLength(1);
    machine.power('off');
    // Swap of 16 MiB of memory, and 110 MB of the VMX process (from memory).
    expect(machine.free() - free).toBe((16 + 110) * MIB);
    for (const role of ['swap', 'vmxSwap', 'lock']) expect(machine.files(role)).toEqual([]);
    machine.run(2 * SECOND);
    const still = machine.issued();
    machine.run(3 * SECOND);
    expect(machine.issued()).toBe(still);
    expect(machine.simulation.inFlight).toBe(0);
    const logs = machine.files('log');
    machine.power('on');
    expect(machine.free()).toBe(free);
    // Six old logs are kept; the oldest has gone, the last one has become the newest of them.
    expect(logs).toContain('vmware-1.log');
    expect(machine.files('log').sort()).toEqual([
      'vmware-2.log',
      'vmware-3.log',
      'vmware-4.log',
      'vmware-5.log',
      'vmware-6.log',
      'vmware-7.log',
      'vmware.log',
    ]);
    machine.run(4 * SECOND);
    expect(machine.issued()).toBeGreaterThan(still);
    expect(machine.events('vm.poweredOff')).toHaveLength(1);
    expect(machine.events('vm.poweredOn')).toHaveLength(1);
    expect(machine.simulation.violations).toEqual([]);
  });

  it('keeps its memory in a file while it is suspended', () => {
    const machine = new Machine(plan());
    machine.run(SECOND);
    const free = machine.free();
    machine.power('suspended');
    until(machine, 'vm.suspended');
    const [image] = machine.files('suspendState');
    expect(image).toMatch(/^vm1-[0-9a-f]{8}\.vmss$/);
    // 16 MiB of memory and 16 of devices (model) instead of the swap files.
    expect(machine.free() - free).toBe((16 + 110 - 32) * MIB);
    expect(() => machine.power('template')).toThrow(/not powered off/);
    machine.run(2 * SECOND);
    const still = machine.issued();
    machine.power('on');
    until(machine, 'vm.resumed');
    expect(machine.files('suspendState')).toEqual([]);
    expect(machine.free()).toBe(free);
    // A machine that resumes goes on with its log.
    expect(machine.files('log')).toContain('vmware-1.log');
    machine.run(3 * SECOND);
    expect(machine.issued()).toBeGreaterThan(still);
    expect(machine.events('vm.suspended')).toHaveLength(1);
    expect(machine.events('vm.resumed')).toHaveLength(1);
    expect(machine.simulation.violations).toEqual([]);
    machine.power('suspended');
    until(machine, 'vm.suspended', 2);
    machine.power('off');
    expect(machine.files('suspendState')).toEqual([]);
  });

  it('takes the time of its memory to be suspended and resumed, and stands still meanwhile', () => {
    const took = [16, 64].map((memory) => {
      const { vms, ...rest } = plan();
      const all = vms.map((vm) => ({ ...vm, memoryBytes: memory * MIB * 512 }));
      const machine = new Machine({ ...rest, vms: all });
      machine.run(0.1 * SECOND);
      const written = machine.device('lun0').writeBlocks ?? 0;
      machine.power('suspended');
      machine.run(machine.simulation.now + 2e6);
      const issued = machine.issued();
      until(machine, 'vm.suspended');
      // Memory and 16 MiB of device state go to the device; the guest issues nothing.
      const blocks = (machine.device('lun0').writeBlocks ?? 0) - written;
      expect(Math.floor(blocks / MIB)).toBe(memory + 16);
      expect(machine.issued()).toBe(issued);
      const read = machine.device('lun0').readBlocks ?? 0;
      machine.power('on');
      until(machine, 'vm.resumed');
      expect(((machine.device('lun0').readBlocks ?? 0) - read) / MIB).toBeGreaterThanOrEqual(
        memory + 16,
      );
      const [suspended] = machine.events('vm.suspended');
      return (suspended?.at ?? 0) - 0.1 * SECOND;
    });
    // (64 + 16) / (16 + 16) MiB.
    expect((took[1] ?? 0) / (took[0] ?? 1)).toBeGreaterThan(2);
    expect((took[1] ?? 0) / (took[0] ?? 1)).toBeLessThan(3);
  });

  it('can be powered off or asked back while its memory is written, and runs on when that fails', () => {
    const machine = new Machine(plan());
    machine.run(0.1 * SECOND);
    const free = machine.free();
    machine.power('suspended');
    expect(() => machine.power('suspended')).toThrow(/is being suspended/);
    const snapshot = { kind: 'snapshot', vm: 'vm1', action: 'create', snapshot: 'one' } as const;
    expect(() => machine.simulation.command(snapshot)).toThrow(/is being suspended/);
    machine.power('on');
    until(machine, 'vm.resumed');
    expect(machine.events('vm.suspended')).toHaveLength(1);
    machine.power('suspended');
    machine.run(machine.simulation.now + 2e6);
    machine.power('off');
    machine.run(machine.simulation.now + SECOND);
    expect(machine.files('suspendState')).toEqual([]);
    // Off: what it runs on is free.
    expect(machine.free()).toBe(free + 126 * MIB);
    machine.power('on');
    machine.run(machine.simulation.now + 0.1 * SECOND);
    const heal = machine.inject('pdl', 'array1/lun0');
    machine.power('suspended');
    until(machine, 'vm.suspend.failed');
    heal();
    expect(machine.files('suspendState')).toEqual([]);
    expect(machine.events('vm.suspended')).toHaveLength(1);
  });

  it('starts off when its scenario says so', () => {
    const { vms, ...rest } = plan();
    const machine = new Machine({ ...rest, vms: vms.map((vm) => ({ ...vm, isOff: true })) });
    machine.run(SECOND);
    for (const role of ['swap', 'vmxSwap', 'lock']) expect(machine.files(role)).toEqual([]);
    expect(machine.issued()).toBe(0);
    expect(machine.events('vm.poweredOff')).toEqual([]);
    machine.power('on');
    machine.run(2 * SECOND);
    expect(machine.issued()).toBeGreaterThan(100);
    expect(machine.files('swap')).toHaveLength(1);
    expect(machine.simulation.violations).toEqual([]);
  });

  it('becomes a template and a machine again, and refuses what cannot be', () => {
    const machine = new Machine(plan());
    machine.run(SECOND);
    expect(() => machine.power('on')).toThrow(/is powered on already/);
    machine.power('off');
    machine.power('template');
    expect([machine.files('config'), machine.files('template')]).toEqual([[], ['vm1.vmtx']]);
    expect(() => machine.power('on')).toThrow(/is a template and cannot be powered on/);
    machine.power('off');
    expect([machine.files('config'), machine.files('template')]).toEqual([['vm1.vmx'], []]);
    expect(() => machine.power('suspended')).toThrow(/not powered on/);
    const unknown = { kind: 'power', vm: 'vm2', state: 'on' } as const;
    expect(() => machine.simulation.command(unknown)).toThrow(/no VM vm2.*\n?.*vm1/);
  });

  it('stays off when there is no space for its swap', () => {
    const machine = new Machine(plan());
    machine.run(SECOND);
    machine.power('off');
    machine.simulation.command({
      kind: 'inject',
      fault: 'fill-datastore',
      target: 'one',
      params: {},
    });
    machine.run(2 * SECOND);
    expect(() => machine.power('on')).toThrow(/needs 16 MB/);
    expect(machine.files('swap')).toEqual([]);
    expect(machine.events('vm.poweredOn')).toEqual([]);
  });
});

it('is powered by a scenario', () => {
  const text = (vm: string) =>
    [
      'duration: 3s',
      'arrays: [{ name: array1, luns: [{ name: lun, count: 1, size: 4GiB }] }]',
      'hosts: [{ name: esx1 }]',
      'datastores: [{ name: one, extents: array1/lun0 }]',
      'vms: [{ name: vm1, memory: 16MiB, disks: [{ size: 64MiB }] }]',
      `operations: [{ at: 1s, power: { vm: ${vm}, state: off } }]`,
    ].join('\n');
  const planned = (vm: string): Plan => {
    const { source, text: scenario } = parseScenario(text(vm), 'power.yaml');
    return planScenario(source, scenario);
  };
  const machine = new Machine(planned('vm1'));
  machine.run(2 * SECOND);
  expect(machine.events('vm.poweredOff')[0]?.at).toBe(SECOND);
  expect(() => planned('vm9')).toThrow(/vm9/);
});

it('loses nothing that was acknowledged when it is powered amid faults', () => {
  const text = [
    'seed: 11',
    'duration: 10m',
    'arrays: [{ name: array1, luns: [{ name: lun, count: 1, size: 4GiB }] }]',
    'hosts: [{ name: esx1 }]',
    'datastores: [{ name: one, extents: array1/lun0 }]',
    'vms:',
    '  - name: vm1',
    '    memory: 16MiB',
    '    guest: linux',
    '    disks: [{ size: 64MiB }]',
    '    workloads: [{ rw: randrw, bs: 8k, iodepth: 8, thinktime: 2ms, verify: true }]',
  ].join('\n');
  const { source, text: scenario } = parseScenario(text, 'amid.yaml');
  const machine = new Machine(planScenario(source, scenario));
  const { simulation } = machine;
  const path = simulation.faultTargets('path')[0] ?? '';
  let at = 0;
  for (let round = 0; round < 24; round++) {
    const heal = machine.inject('path-down', path);
    at += 137e6;
    simulation.runUntil(at);
    machine.power(round % 3 === 0 ? 'suspended' : 'off');
    at += round % 4 === 0 ? 1e6 : 90e6;
    simulation.runUntil(at);
    heal();
    machine.power('on');
    at += 211e6;
    simulation.runUntil(at);
  }
  simulation.stopJobs();
  at += 200 * SECOND;
  simulation.runUntil(at);
  expect(simulation.rowsInFlight).toBe(0);
  simulation.readBack();
  simulation.runUntil(at + 60 * SECOND);
  expect(simulation.violations).toEqual([]);
  expect(simulation.verified.blocksRead).toBeGreaterThan(10_000);
  expect(machine.events('vm.poweredOn')).toHaveLength(16);
  expect(machine.events('vm.resumed')).toHaveLength(8);
});
