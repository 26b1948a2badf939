import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import type { Command } from '../../src/engine/plan/commands.js';
import { RESULTS } from '../../src/engine/simulation/backups/meter.js';
import { parseScenario, planScenario } from '../../src/scenario/load.js';
import { SECOND } from '../simulation/support.js';
import { BackupWork, backupPlan, stampsOf } from './backup-rig.js';

const CANCEL = { kind: 'cancelBackup', vm: 'vm1' } as const;

/** 32 MiB at 40 MB/s: 0.8 s in which something can come in between. */
function begin(host: Record<string, unknown> = {}): BackupWork {
  const work = new BackupWork(backupPlan({ managementBandwidth: '40MB/s', ...host }));
  work.run(0.5 * SECOND);
  work.backup({ mode: 'full' });
  work.wait(0.5 * SECOND);
  return work;
}

function expectHeld(work: BackupWork): void {
  const { backups } = work.simulation;
  for (const { name } of backups.pointsOf(0)) {
    expect(stampsOf(backups.restorePoint(0, name))).toEqual(work.held.get(name));
  }
}

function twoDisks() {
  const yaml = stringify({
    duration: '1m',
    arrays: [{ name: 'array1', luns: [{ name: 'lun0', size: '4GiB' }] }],
    hosts: [{ name: 'esx1', managementBandwidth: '10MB/s' }],
    datastores: [{ name: 'one', extents: 'array1/lun0' }],
    vms: [
      {
        name: 'vm1',
        memory: '16MiB',
        disks: [1, 2].map(() => ({ size: '16MiB', kind: 'eagerThick', written: '100%' })),
        workloads: { rw: 'randread', rate_iops: 10, verify: true },
      },
    ],
  });
  const { source, text } = parseScenario(yaml, 'two.yaml');
  return planScenario(source, text);
}

describe('a backup that is cancelled', () => {
  it('while it reads leaves no snapshot, no delta and no backup', () => {
    const work = begin();
    const { simulation } = work;
    const [full] = simulation.backups.pointsOf(0);
    work.backup({ mode: 'full' }, () => {
      work.wait(0.2 * SECOND);
      simulation.command(CANCEL);
      expect(() => simulation.command(CANCEL)).toThrow(/is being cancelled/);
    });
    expect(simulation.backups.pointsOf(0)).toEqual([full]);
    expect(simulation.snapshots.list('vm1')).toEqual([]);
    expect(simulation.snapshots.hasDeltas(0)).toBe(false);
    expect(work.of('backup.cancelled')).toHaveLength(1);
    expect(work.of('backup.cancelled')[0]?.why).toBe('operator');
    expect(work.of('backup.failed')).toEqual([]);
    // What was on its way at that instant is the last: four reads of 64 KiB, not all of 32 MiB.
    expect(work.counters('backup', 'readBlocks') * 512).toBeLessThan((32 + 16) * 1024 * 1024);
    expect(work.counters('backup', 'result')).toBe(RESULTS.cancelled);
    expect(() => simulation.command(CANCEL)).toThrow(/no backup of it is under way/);
  });

  it('is a restore: a new disk goes, and one in place holds parts of both', () => {
    const work = begin();
    const { simulation } = work;
    work.backup({ mode: 'full' });
    work.wait(2 * SECOND);
    simulation.stopJobs();
    const restore = { kind: 'restore', disk: 0, backup: 'backup-1' } as const;
    const cut = (command: Command): void => {
      simulation.command(command);
      work.wait(0.02 * SECOND);
      simulation.command(CANCEL);
      expect(() => simulation.command(CANCEL)).toThrow(/is being cancelled/);
      work.until(() => !simulation.backups.isBusy);
    };
    cut({ ...restore, to: { datastore: 'two', name: 'copy' } });
    expect(work.exists('two', 'copy')).toBe(false);
    simulation.command({ kind: 'power', vm: 'vm1', state: 'off' });
    work.wait(SECOND);
    const before = work.stamps(work.source(), 'one');
    cut(restore);
    expect(work.of('restore.cancelled').map(({ why }) => why)).toEqual(['operator', 'operator']);
    expect(work.of('restore.failed')).toEqual([]);
    expect(work.counters('backup', 'result')).toBe(RESULTS.cancelled);
    const wanted = work.held.get('backup-1') as number[];
    const now = work.stamps(work.source(), 'one');
    expect(now).not.toEqual(before);
    expect(now).not.toEqual(wanted);
    expect(now.every((stamp, at) => stamp === before[at] || stamp === wanted[at])).toBe(true);
    simulation.command({ kind: 'power', vm: 'vm1', state: 'on' });
    simulation.readBack();
    work.wait(10 * SECOND);
    expect(simulation.violations).toEqual([]);
  });

  it('does not wait for reads that find no path', () => {
    const work = begin();
    const { simulation } = work;
    work.backup({ mode: 'full' }, () => {
      work.wait(0.1 * SECOND);
      for (const target of ['esx1/vmhba1', 'esx1/vmhba2']) {
        simulation.command({ kind: 'inject', fault: 'link-down', target, params: {} });
      }
      work.wait(10 * SECOND);
      simulation.command(CANCEL);
      // I/O of the host fails from 140 s on (stack-lower reference, 4.5): that of the snapshot list does.
      work.wait(160 * SECOND);
      expect(work.of('backup.cancelled')).toHaveLength(1);
      for (const { id } of simulation.activeFaults) simulation.command({ kind: 'heal', id });
    });
    expect(simulation.snapshots.list('vm1')).toEqual([]);
    expect(simulation.snapshots.hasDeltas(0)).toBe(false);
    work.backup({ mode: 'incremental' });
    expectHeld(work);
    expect(simulation.violations).toEqual([]);
  });

  it('is followed by one that reads what has changed since the last good one', () => {
    const work = begin();
    work.backup({ mode: 'incremental' }, () => work.simulation.command(CANCEL));
    work.wait(SECOND);
    work.backup({ mode: 'incremental' });
    const points = work.simulation.backups.pointsOf(0);
    expect(points.map(({ mode, name }) => `${mode} ${name}`)).toEqual([
      'full backup-1',
      'incremental backup-3',
    ]);
    expect(work.of('backup.full')).toEqual([]);
    expectHeld(work);
  });

  it('while its snapshot is made, has that made and deleted', () => {
    const work = begin();
    const { simulation } = work;
    simulation.command({ kind: 'backup', vm: 'vm1', transport: 'nbd', mode: 'full' });
    simulation.command(CANCEL);
    work.until(() => !simulation.backups.isBusy);
    expect(work.of('vm.snapshot.created')).toHaveLength(2);
    expect(work.of('vm.snapshot.deleted')).toHaveLength(2);
    expect(work.of('backup.cancelled')).toHaveLength(1);
    expect(simulation.backups.pointsOf(0)).toHaveLength(1);
  });

  it('has to be before its snapshot is deleted', () => {
    const work = begin();
    const { simulation } = work;
    work.backup({}, () => {
      work.until(() => simulation.backups.pointsOf(0).length === 2);
      expect(() => simulation.command(CANCEL)).toThrow(/is being deleted/);
    });
    expect(work.of('backup.end')).toHaveLength(2);
  });

  it('leaves none of its disks a backup', () => {
    const work = new BackupWork(twoDisks());
    const { simulation } = work;
    simulation.command({ kind: 'backup', vm: 'vm1', transport: 'nbd', mode: 'full' });
    // 32 MiB take more than three seconds: the first disk has been read by then.
    work.run(2.5 * SECOND);
    const first = 'vm1:scsi0:0';
    expect(work.counters('backup', 'readBlocks', first) * 512).toBe(16 * 1024 * 1024);
    simulation.command(CANCEL);
    work.until(() => !simulation.backups.isBusy);
    expect(simulation.backups.backedUp).toEqual([]);
    expect(work.counters('backup', 'points')).toBe(0);
  });
});

describe('a backup whose means fail', () => {
  it('ends when its proxy does, and cannot begin without one', () => {
    const work = begin();
    const { simulation } = work;
    let heal = (): void => {};
    work.backup({ mode: 'incremental' }, () => {
      heal = work.inject('backup-proxy-down', 'esx1');
    });
    expect(work.of('backup.failed')[0]?.why).toMatch(/the backup proxy of esx1 has failed/);
    expect(simulation.snapshots.list('vm1')).toEqual([]);
    const next = { kind: 'backup', vm: 'vm1', transport: 'san', mode: 'incremental' } as const;
    expect(() => simulation.command(next)).toThrow(/proxy of esx1 has failed/);
    heal();
    work.backup({ mode: 'incremental' });
    expect(simulation.backups.pointsOf(0)).toHaveLength(2);
    expectHeld(work);
  });

  it('waits for the management network, and goes on', () => {
    const work = begin();
    work.backup({ mode: 'full' }, () => {
      const heal = work.inject('management-network-down', 'esx1');
      // Less than the half minute after which connections are given up.
      work.wait(20 * SECOND);
      heal();
    });
    expect(work.of('backup.end')).toHaveLength(2);
    expectHeld(work);
  });

  it('ends when that is down for long; its snapshot goes once the host can be told', () => {
    const work = begin();
    const { simulation } = work;
    work.backup({ mode: 'full' }, () => {
      const heal = work.inject('management-network-down', 'esx1');
      work.wait(40 * SECOND);
      expect(simulation.snapshots.list('vm1')).toHaveLength(1);
      expect(simulation.backups.isBusy).toBe(true);
      heal();
    });
    expect(work.of('backup.failed')[0]?.why).toMatch(/network of esx1 has been down/);
    expect(simulation.snapshots.list('vm1')).toEqual([]);
    expect(simulation.backups.pointsOf(0)).toHaveLength(1);
    work.backup({ mode: 'incremental' });
    expectHeld(work);
  });

  it('reads on over the SAN while the management network is down', () => {
    const work = begin();
    const { simulation } = work;
    work.backup({ transport: 'san' }, () => {
      const heal = work.inject('management-network-down', 'esx1');
      work.until(() => simulation.backups.pointsOf(0).length === 2);
      expect(simulation.snapshots.list('vm1')).toHaveLength(1);
      heal();
    });
    expect(work.of('backup.end')).toHaveLength(2);
  });
});
