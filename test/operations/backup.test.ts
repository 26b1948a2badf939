import { describe, expect, it } from 'vitest';
import { SECOND } from '../simulation/support.js';
import { BackupWork, backupPlan } from './backup-rig.js';

describe('a full backup and ten incremental ones, under load and with path faults', () => {
  const work = new BackupWork(backupPlan());
  const { simulation } = work;
  work.run(SECOND);
  for (let number = 0; number <= 10; number++) {
    const heal = work.inject('link-down', `esx1/vmhba${1 + (number % 2)}`);
    work.backup({ mode: number === 0 ? 'full' : 'incremental', quiesce: number % 3 === 1 });
    heal();
    work.run(simulation.now + 0.5 * SECOND);
  }
  const points = simulation.backups.pointsOf(0);

  it('all succeed, and leave no snapshot', () => {
      work.entries
        .filter((e) => /backup|snapshot/.test(e.kind))
        .map((e) => `${e.at / 1e9} ${e.kind} ${e.what} ${e.why}`)
        .join('\n'),
    );
    expect(points.map(({ mode }) => mode)).toEqual(['full', ...Array(10).fill('incremental')]);
    expect(work.of('backup.end')).toHaveLength(11);
    expect(work.of('backup.failed')).toEqual([]);
    expect(simulation.snapshots.list('vm1')).toEqual([]);
  });

  it('each hold the disk as it was at their snapshot, stamp for stamp', () => {
    for (const { name } of points) expect(work.restored(name), name).toEqual(work.held.get(name));
  });
});
