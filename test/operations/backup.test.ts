import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { writeBackup } from '../../src/cli/write-backups.js';
import { expand } from '../../src/engine/core/expand.js';
import { hasTool, run } from '../formats/vmdk/tools.js';
import { SECOND } from '../simulation/support.js';
import { BackupWork, backupPlan, stampsOf } from './backup-rig.js';

const GRANULE = 64 * 1024;

describe('a full backup and ten incremental ones, under load and with path faults', () => {
  // 20 MB/s, so that reading takes a while in which guests write and paths die.
  const work = new BackupWork(backupPlan({ managementBandwidth: '20MB/s' }));
  const { simulation } = work;
  const folder = mkdtempSync(join(tmpdir(), 'vmtop-backups-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  work.run(SECOND);
  for (let number = 0; number <= 10; number++) {
    let heal = (): void => {};
    const mode = number === 0 ? 'full' : 'incremental';
    work.backup({ mode, quiesce: number % 3 === 1 }, () => {
      heal = work.inject('link-down', `esx1/vmhba${1 + (number % 2)}`);
    });
    heal();
    work.wait(0.5 * SECOND);
  }
  const points = simulation.backups.pointsOf(0);
  const heldAt = (name: string): number[] => work.held.get(name) ?? [];

  it('all succeed, and leave no snapshot', () => {
    expect(points.map(({ mode }) => mode)).toEqual(['full', ...Array(10).fill('incremental')]);
    expect(work.of('backup.end')).toHaveLength(11);
    expect(work.of('backup.failed')).toEqual([]);
    expect(work.of('path.state').length).toBeGreaterThan(11);
    expect(simulation.snapshots.list('vm1')).toEqual([]);
    expect(simulation.violations).toEqual([]);
  });

  it('each hold the disk as it was at their snapshot, stamp for stamp', () => {
    for (const { name } of points) {
      const restored = stampsOf(simulation.backups.restorePoint(0, name));
      expect(
        restored.every((stamp, index) => stamp === heldAt(name)[index]),
        name,
      ).toBe(true);
    }
    expect(heldAt('backup-11')).not.toEqual(heldAt('backup-1'));
  });

  it('read what has changed since the one before and nothing else', () => {
    for (const [index, { name, areas, readBytes }] of points.entries()) {
      if (index === 0) continue;
      const [now, before] = [heldAt(name), heldAt(points[index - 1]?.name ?? '')];
      // Each write has a stamp of its own: what was written differs.
      const changed = new Set<number>();
      now.forEach((stamp, block) => {
        if (stamp !== before[block]) changed.add(Math.floor((block * 4096) / GRANULE));
      });
      const read = areas.flatMap(({ start, length }) =>
        Array.from({ length: length / GRANULE }, (_, at) => start / GRANULE + at),
      );
      expect(read).toEqual([...changed].sort((a, b) => a - b));
      expect(readBytes).toBe(changed.size * GRANULE);
    }
  });

  it('send over the management network just what they read', () => {
    const bytes = points.reduce((sum, { readBytes }) => sum + readBytes, 0);
    expect(work.counters('backup', 'networkBytes')).toBe(bytes);
  });

  it('can be restored to a new disk', () => {
    const to = { datastore: 'two', name: 'copy' };
    simulation.command({ kind: 'restore', disk: 0, backup: 'backup-7', to });
    work.until(() => !simulation.backups.isBusy);
    expect(work.of('restore.end', 'copy')).toHaveLength(1);
    expect(work.stamps(work.disk('two', 'copy'), 'two')).toEqual(heldAt('backup-7'));
  });

  it('can be restored in place while the VM is off, and then the guest reads what was', () => {
    const restore = { kind: 'restore', disk: 0, backup: 'backup-4' } as const;
    expect(() => simulation.command(restore)).toThrow(/only while it is off/);
    simulation.command({ kind: 'power', vm: 'vm1', state: 'off' });
    work.wait(SECOND);
    simulation.command(restore);
    work.until(() => !simulation.backups.isBusy);
    expect(work.stamps(work.source(), 'one')).toEqual(heldAt('backup-4'));
    simulation.command({ kind: 'power', vm: 'vm1', state: 'on' });
    simulation.stopJobs();
    simulation.readBack();
    work.wait(10 * SECOND);
    expect(simulation.violations).toEqual([]);
  });

  it.skipIf(!hasTool('qemu-img'))('are virtual disks others read the same bytes from', () => {
    const formats = { 'backup-1': 'streamOptimized', 'backup-8': 'monolithicSparse' };
    for (const [name, format] of Object.entries(formats)) {
      const path = writeBackup(simulation, 0, name, folder, format);
      const raw = join(folder, `${name}.raw`);
      expect(run('qemu-img', 'convert', '-O', 'raw', path, raw).status).toBe(0);
      const wanted = Buffer.concat(heldAt(name).map(expand));
      expect(Buffer.compare(readFileSync(raw), wanted), name).toBe(0);
    }
  });
});
