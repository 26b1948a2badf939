/** `vmtop vm info`: a machine in real files. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { vmtop } from './helpers.js';

let folder: string;
const at = (name: string): string => join(folder, name);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'vmtop-vm-'));
  mkdirSync(at('other'));
  for (const name of ['web1.vmdk', 'other/data.vmdk']) {
    await vmtop('disk', 'create', at(name), '--size', '8MiB');
  }
  await vmtop('disk', 'clone', at('web1.vmdk'), at('web1-000001.vmdk'), '--linked');
  await vmtop('disk', 'create', at('split.vmdk'), '--size', '1MiB', '--format', '2gbsparse');
  writeFileSync(
    at('web1.vmx'),
    [
      'config.version = "8"',
      'virtualHW.version = "14"',
      'displayName = "web1"',
      'scsi0.present = "TRUE"',
      'scsi0.virtualDev = "pvscsi"',
      ...['web1-000001.vmdk', 'gone.vmdk', 'other/data.vmdk', 'split.vmdk'].flatMap(
        (file, unit) => [`scsi0:${unit}.present = "TRUE"`, `scsi0:${unit}.fileName = "${file}"`],
      ),
      '',
    ].join('\n'),
  );
  writeFileSync(
    at('web1.vmsd'),
    'snapshot.current = "1"\nsnapshot.numSnapshots = "1"\nsnapshot0.uid = "1"\n' +
      'snapshot0.displayName = "before"\nsnapshot0.createTimeHigh = "395812"\n' +
      'snapshot0.createTimeLow = "404635648"\n',
  );
});
afterAll(() => rmSync(folder, { recursive: true }));

it('shows adapters, chains, snapshots, and what is wrong', async () => {
  const { stdout, stderr, code } = await vmtop('vm', 'info', at('web1.vmx'));
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  for (const words of [
    /scsi0 +pvscsi +none/,
    /scsi0:0 +8 MB .*seSparse, thin .*web1-000001\.vmdk <- web1\.vmdk/,
    /1 before, 2023-11-14T22:13:20Z, with memory +<- the machine runs on this one/,
    /warning: scsi0:1: gone\.vmdk: .*no such file/i,
    /warning: scsi0:2: "other\/data\.vmdk" is in another folder; --outside follows it/,
    /warning: scsi0:3: twoGbMaxExtentSparse is for exchange/,
  ]) {
    expect(stdout).toMatch(words);
  }
  const outside = await vmtop('vm', 'info', at('web1.vmx'), '--outside');
  expect(outside.stdout).not.toContain('another folder');
});

// As VMware Workstation writes it on Windows in Chinese: the bytes of "64 位" in GBK.
it('finds disks by names in the code page of the machine they come from', async () => {
  await vmtop('disk', 'create', at('64 位.vmdk'), '--size', '8MiB');
  const name = Buffer.from([0x36, 0x34, 0x20, 0xce, 0xbb]).toString('latin1');
  const lines = [
    '.encoding = "GBK"',
    'config.version = "8"',
    `displayName = "${name}"`,
    'scsi0.present = "TRUE"',
    'scsi0:0.present = "TRUE"',
    `scsi0:0.fileName = "${name}.vmdk"`,
    '',
  ];
  writeFileSync(at('gbk.vmx'), Buffer.from(lines.join('\r\n'), 'latin1'));
  const { stdout } = await vmtop('vm', 'info', at('gbk.vmx'));
  expect(stdout).toMatch(/^64 位\n/);
  expect(stdout).toMatch(/scsi0:0 +8 MB .*vmfs, thin .*64 位\.vmdk/);
  expect(stdout).not.toContain('warning');
});

it('finds a disk of a machine that was copied here from where its configuration says', async () => {
  const from = 'scsi0:0.fileName = "/vmfs/volumes/gone/web1.vmdk"';
  const head = 'config.version = "8"\nscsi0.present = "TRUE"\nscsi0:0.present = "TRUE"\n';
  writeFileSync(at('copied.vmx'), `${head}${from}\n`);
  const { stdout } = await vmtop('vm', 'info', at('copied.vmx'));
  expect(stdout).toMatch(/scsi0:0 +8 MB .*vmfs, thin .*web1\.vmdk/);
});

it('refuses what is no machine', async () => {
  const { stderr, code } = await vmtop('vm', 'info', at('web1.vmsd'));
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: expect.stringContaining('expected the configuration of a virtual machine'),
  });
});
