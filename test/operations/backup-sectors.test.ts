/** A redo log takes single sectors: 4 KiB of a disk then lie in several files, and have no stamp. */
import { expect, it } from 'vitest';
import { stringify } from 'yaml';
import { parseScenario, planScenario } from '../../src/scenario/load.js';
import { Run, SECOND } from '../simulation/support.js';

function planOf() {
  const job = { rw: 'randwrite', iodepth: 1, thinktime: '5ms' };
  const yaml = stringify({
    duration: '1m',
    arrays: [{ name: 'array1', luns: [{ name: 'lun0', size: '4GiB' }] }],
    hosts: [{ name: 'esx1' }],
    datastores: [{ name: 'one', extents: 'array1/lun0' }],
    vms: [
      {
        name: 'vm1',
        memory: '16MiB',
        disks: [{ size: '8MiB', kind: 'eagerThick', written: '100%' }],
        workloads: [
          { ...job, name: 'checked', bs: '4k', size: '4MiB', verify: true },
          { ...job, name: 'sectors', bs: '512', offset: '4MiB', size: '4MiB' },
        ],
      },
    ],
  });
  const { source, text } = parseScenario(yaml, 'sectors.yaml');
  return planScenario(source, text);
}

it.each(['nbd', 'hotadd', 'san'] as const)('are backed up by %s', (transport) => {
  const run = new Run(planOf());
  const { simulation } = run;
  const redo = { action: 'create', snapshot: 'old', format: 'vmfsSparse' } as const;
  simulation.command({ kind: 'snapshot', vm: 'vm1', ...redo });
  simulation.runUntil(2 * SECOND);
  simulation.command({ kind: 'backup', vm: 'vm1', transport, mode: 'full' });
  while (simulation.backups.isBusy && simulation.now < 30 * SECOND) {
    simulation.runUntil(simulation.now + 0.05 * SECOND);
  }
  const [point] = simulation.backups.pointsOf(0);
  expect(point?.readBytes).toBe(8 * 1024 * 1024);
  expect(simulation.wrongBackups).toEqual([]);
  // That the check looks: a stamp that is another's is found.
  const stamp = point?.content.get(0) ?? 0;
  point?.content.set(0, stamp + 1);
  expect(simulation.wrongBackups).toHaveLength(1);
});
