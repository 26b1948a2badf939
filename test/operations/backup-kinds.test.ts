import { expect, it } from 'vitest';
import { stringify } from 'yaml';
import { parseScenario, planScenario } from '../../src/scenario/load.js';
import { Run, SECOND } from '../simulation/support.js';
import { stampsOf } from './backup-rig.js';

/** A VM with a disk of every kind on VMFS, and one on NFS; each is written to and verified. */
function planOf() {
  const kinds = ['thin', 'lazyThick', 'eagerThick'];
  const yaml = stringify({
    seed: 9,
    duration: '10m',
    arrays: [{ name: 'array1', luns: [{ name: 'lun0', size: '4GiB' }] }],
    nfsServers: [{ name: 'filer', capacity: '4GiB' }],
    hosts: [{ name: 'esx1' }],
    datastores: [
      { name: 'one', extents: 'array1/lun0' },
      { name: 'nfs', server: 'filer' },
    ],
    vms: [
      {
        name: 'vm1',
        memory: '16MiB',
        datastore: 'one',
        disks: [
          ...kinds.map((kind) => ({ size: '16MiB', kind })),
          { size: '16MiB', datastore: 'nfs' },
        ],
        workloads: [0, 1, 2, 3].map((disk) => ({
          ...{ name: `job${disk}`, disk, rw: 'randwrite', bs: '4k', size: '8MiB' },
          ...{ iodepth: 1, thinktime: '10ms', verify: true },
        })),
      },
    ],
  });
  const { source, text } = parseScenario(yaml, 'kinds.yaml');
  return planScenario(source, text);
}

it.each(['hotadd', 'nbd'] as const)(
  'disks of every kind, by %s, of a VM on and off',
  (transport) => {
    const run = new Run(planOf());
    const { simulation } = run;
    const backup = (mode: 'full' | 'incremental'): void => {
      simulation.command({ kind: 'backup', vm: 'vm1', transport, mode });
      const end = simulation.now + 60 * SECOND;
      while (simulation.backups.isBusy && simulation.now < end) {
        simulation.runUntil(simulation.now + 0.05 * SECOND);
      }
    };
    simulation.runUntil(SECOND);
    backup('full');
    simulation.runUntil(simulation.now + SECOND);
    backup('incremental');
    simulation.stopJobs();
    simulation.runUntil(simulation.now + SECOND);
    backup('incremental');
    simulation.command({ kind: 'power', vm: 'vm1', state: 'off' });
    simulation.runUntil(simulation.now + SECOND);
    backup('full');
    expect(run.of('backup.failed')).toEqual([]);
    expect(run.of('backup.end')).toHaveLength(4);
    expect(simulation.backups.backedUp).toEqual([0, 1, 2, 3]);
    for (const disk of [0, 1, 2, 3]) {
      // Nothing was written between the last two: one is put together from three, the other read anew.
      const together = stampsOf(simulation.backups.restorePoint(disk, 'backup-3'));
      expect(together.filter((stamp) => stamp > 0).length, `disk ${disk}`).toBeGreaterThan(100);
      expect(stampsOf(simulation.backups.restorePoint(disk, 'backup-4'))).toEqual(together);
    }
    const about = { kind: 'backup', vm: 'vm1', mode: 'full', transport: 'san' } as const;
    expect(() => simulation.command(about)).toThrow(/SAN transport reads VMFS only/);
  },
);
