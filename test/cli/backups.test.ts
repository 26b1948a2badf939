import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { vmtop } from './helpers.js';

const folder = mkdtempSync(join(tmpdir(), 'vmtop-run-backups-'));
afterAll(() => rmSync(folder, { recursive: true }));

const SCENARIO = `
duration: 6s
arrays: [{ name: array1, luns: [{ name: lun0, size: 4GiB }] }]
hosts: [{ name: esx1 }]
datastores: [{ name: prod, extents: array1/lun0 }]
vms:
  - name: web
    memory: 16MiB
    disks: [{ size: 16MiB }]
    workloads: { rw: randwrite, bs: 4k, iodepth: 1, size: 4MiB, thinktime: 5ms, verify: VERIFY }
backups: [{ vm: web, at: 1s, every: 3s }]
`;

it('run --backups leaves a disk for each backup, and refuses when nobody knows what they hold', async () => {
  const file = join(folder, 'backups.yaml');
  writeFileSync(file, SCENARIO.replace('VERIFY', 'true'));
  const { code, stderr } = await vmtop('run', file, '--backups', folder);
  expect(stderr).toContain('backups: ');
  expect(code).toBe(0);
  expect(readdirSync(folder).filter((name) => name.endsWith('.vmdk'))).toEqual([
    'web-scsi0-0-backup-1.vmdk',
    'web-scsi0-0-backup-2.vmdk',
  ]);
  const info = await vmtop('disk', 'check', join(folder, 'web-scsi0-0-backup-2.vmdk'));
  expect(info.code).toBe(0);
  writeFileSync(file, SCENARIO.replace('VERIFY', 'false'));
  const refused = await vmtop('run', file, '--backups', folder);
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain('nobody keeps what the disks');
  writeFileSync(file, SCENARIO.replace('VERIFY', 'true'));
  const noFolder = await vmtop('run', file, '--backups', file);
  expect(noFolder).toMatchObject({ code: 2, stdout: '' });
  expect(noFolder.stderr).toMatch(/is no folder/);
});
