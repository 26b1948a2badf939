/** `vmtop run --export-disks`: what it leaves, and what it refuses before the run begins. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Outcome, vmtop } from './helpers.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vmtop-export-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function run(into: string, job: string): Promise<Outcome> {
  const path = join(folder, 'scenario.yaml');
  writeFileSync(
    path,
    `title: export
duration: 600ms
arrays: [{ name: array1, luns: [{ name: lun0, size: 2GiB }, { name: lun1, size: 2GiB }] }]
hosts: [{ name: esx1, adapters: [{ name: vmhba1, driver: qlnativefc }] }]
datastores: [{ name: ds1, extents: [array1/lun0] }, { name: ds2, extents: [array1/lun1] }]
vms:
  - name: vm1
    memory: 16MiB
    datastore: ds1
    disks: [{ size: 8MiB }, { size: 8MiB, datastore: ds2 }]
    workloads: [{ rw: randwrite, bs: 4k, size: 1MiB, thinktime: 5ms${job} }]
operations:
  - { at: 100ms, snapshot: { vm: vm1, create: before } }
`,
  );
  return vmtop('run', path, '--export-disks', into);
}

it('writes each machine with its disks on every datastore, and vmtop reads them', async () => {
  const into = join(folder, 'new');
  const outcome = await run(into, ', verify: true');
  expect(outcome.code).toBe(0);
  const [home, other] = ['ds1', 'ds2'].map((datastore) => join(into, datastore, 'vm1'));
  expect(outcome.stderr).toBe(`exported: ${home}\nexported: ${other}\n`);
  const disk = ['vm1-000001-delta.vmdk', 'vm1-000001.vmdk', 'vm1-flat.vmdk', 'vm1.vmdk'];
  expect(readdirSync(home!).sort()).toEqual([...disk, 'vm1.vmsd', 'vm1.vmx']);
  expect(readdirSync(other!).sort()).toEqual(disk);
  for (const place of [home, other]) {
    const check = await vmtop('disk', 'check', join(place!, 'vm1-000001.vmdk'));
    expect(check, check.stdout).toMatchObject({ code: 0 });
  }
  const info = await vmtop('vm', 'info', join(home!, 'vm1.vmx'));
  expect(info.stdout).toMatch(/before/);
});

it('refuses a run that keeps no data, and a folder with something in it', async () => {
  const none = await run(join(folder, 'none'), '');
  expect(none).toMatchObject({ code: 2, stdout: '' });
  expect(none.stderr).toMatch(/does not keep what disks hold/);
  const full = join(folder, 'full');
  mkdirSync(full);
  writeFileSync(join(full, 'mine'), 'x');
  const refused = await run(full, ', verify: true');
  expect(refused).toMatchObject({ code: 2, stdout: '' });
  expect(refused.stderr).toMatch(/not empty/);
  expect(readdirSync(full)).toEqual(['mine']);
  const file = join(full, 'mine');
  const lost = join(folder, 'no', 'such');
  for (const [into, why] of [
    [file, /mine: is no folder/],
    [lost, /such: there is no such folder/],
  ] as const) {
    const wrong = await run(into, ', verify: true');
    expect(wrong).toMatchObject({ code: 2, stdout: '' });
    expect(wrong.stderr).toMatch(why);
  }
});
