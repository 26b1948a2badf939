import { describe, expect, it } from 'vitest';
import type { BackupTransport } from '../../src/engine/plan/commands.js';
import { SECOND } from '../simulation/support.js';
import { BackupWork, backupPlan, stampsOf } from './backup-rig.js';

/** Fault, its target, and the backups there are after three, the second of them struck. */
const CASES: readonly (readonly [BackupTransport, string, string, string])[] = [
  ['san', 'controller-failover', 'array1:A', 'full incremental incremental'],
  // The proxy reads on; that its VM has lost power means that nobody knows what changes later.
  ['san', 'host-crash', 'esx1', 'full incremental full'],
  ['san', 'pdl', 'array1/lun0', 'full incremental'],
  ['hotadd', 'apd', 'esx1/lun0', 'full incremental incremental'],
  ['hotadd', 'reservation-conflict-storm', 'array1/lun0', 'full incremental incremental'],
  ['nbd', 'host-crash', 'esx1', 'full full'],
  ['nbd', 'controller-hang', 'array1:A', 'full incremental incremental'],
  ['nbdssl', 'link-flap', 'esx1/vmhba1', 'full incremental incremental'],
];

describe.each(CASES)('%s and %s', (transport, fault, target, modes) => {
  const work = new BackupWork(backupPlan({ managementBandwidth: '20MB/s' }));
  const { simulation } = work;
  const step = (mode: 'full' | 'incremental', during?: () => void): void => {
    work.backup({ transport, mode }, during);
    work.wait(SECOND);
  };
  work.run(SECOND);
  step('full');
  let heal = (): void => {};
  step('incremental', () => {
    heal = work.inject(fault, target);
    work.wait(20 * SECOND);
    heal();
    if (fault === 'pdl') simulation.command({ kind: 'rescan', host: 'esx1' });
  });
  work.wait(10 * SECOND);
  simulation.command({ kind: 'snapshot', vm: 'vm1', action: 'consolidate' });
  work.until(() => simulation.snapshots.taskOf('vm1') === undefined);
  step('incremental');
  const points = simulation.backups.pointsOf(0);

  it('leave what could be read, and nothing of what could not', () => {
    expect(points.map(({ mode }) => mode).join(' ')).toBe(modes);
    expect(work.of('backup.failed')).toHaveLength(3 - points.length);
    expect(work.of('backup.end')).toHaveLength(points.length);
    expect(simulation.snapshots.list('vm1')).toEqual([]);
    expect(simulation.violations).toEqual([]);
  });

  it('leave backups that hold the disk at their snapshots', () => {
    for (const { name } of points) {
      const stamps = stampsOf(simulation.backups.restorePoint(0, name));
      const held = work.held.get(name) ?? [];
      expect(
        stamps.every((stamp, index) => stamp === held[index]),
        name,
      ).toBe(true);
    }
  });
});

it('a backup is over when its host dies, and its snapshot goes once the host is back', () => {
  const work = new BackupWork(backupPlan({ managementBandwidth: '20MB/s' }));
  const { simulation } = work;
  work.run(SECOND);
  simulation.command({ kind: 'backup', vm: 'vm1', disk: 0, transport: 'nbd', mode: 'full' });
  work.wait(0.1 * SECOND);
  const heal = work.inject('host-crash', 'esx1');
  work.wait(10 * SECOND);
  expect(work.of('backup.failed')).toHaveLength(1);
  expect(simulation.snapshots.list('vm1')).toHaveLength(1);
  heal();
  work.wait(20 * SECOND);
  expect(simulation.snapshots.list('vm1')).toEqual([]);
  expect(simulation.violations).toEqual([]);
});
