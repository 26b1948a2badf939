/** The chains of a running machine, written as files, are what their guest saw, to whoever reads them. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { exportDisks } from '../../../src/cli/export-disks.js';
import { Dictionary } from '../../../src/engine/formats/dictionary/dictionary.js';
import { Descriptor } from '../../../src/engine/formats/vmdk/descriptor.js';
import { openDisk } from '../../../src/engine/formats/vmdk/disk.js';
import { readHardware } from '../../../src/engine/formats/vmx/hardware.js';
import { SnapshotList } from '../../../src/engine/formats/vmx/snapshot-list.js';
import { zlibCodec } from '../../../src/input/image/zlib-codec.js';
import { MemoryFolder } from '../../formats/vmdk/model.js';
import { hasTool, run as tool } from '../../formats/vmdk/tools.js';
import { judge, threeSnapshots } from '../chain-work.js';
import { damage, endCleanly, imagesOf } from '../on-disk/rig.js';
import { SECOND } from '../support.js';

const folder = mkdtempSync(join(tmpdir(), 'vmtop-chains-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const hasQemu = hasTool('qemu-img');
const hasLibvmdk = hasTool('vmdkinfo');

const CASES = [
  { what: 'vmfsSparse on NFS', format: 'vmfsSparse', job: {}, lun: {}, store: { server: 'filer' } },
  {
    what: 'seSparse, a guest that unmaps',
    format: 'seSparse',
    job: { trim_percentage: 5 },
    lun: {},
  },
  {
    what: 'vmfsSparse, LUNs that keep bytes',
    format: 'vmfsSparse',
    job: {},
    lun: { content: 'memory' },
  },
] as const;

describe('a chain of three deltas written by a running guest', () => {
  it.each(CASES)(
    'is what the guest saw at each snapshot: $what',
    ({ what, format, job, lun, ...more }) => {
      const run = threeSnapshots(format, job, lun, 'store' in more ? more.store : {});
      const into = join(folder, what.replaceAll(/\W/g, ''));
      exportDisks(run.simulation, into);
      const home = join(into, 'one', 'vm1');

      // The machine's own files say which descriptor is which (stack-upper reference, 17 and 18).
      const read = (name: string) => Dictionary.read(readFileSync(join(home, name)), name);
      const { devices, warnings } = readHardware(read('vm1.vmx'), 'vm1.vmx');
      expect(warnings).toEqual([]);
      expect(devices.map(({ name, file }) => [name, file])).toEqual([
        ['scsi0:0', 'vm1-000003.vmdk'],
      ]);
      const list = new SnapshotList(read('vm1.vmsd'), 'vm1.vmsd');
      const listed = list.all();
      expect(
        listed.map(({ displayName, uid, parent, disks }) => [displayName, uid, parent, disks]),
      ).toEqual([
        ['one', 1, undefined, [{ node: 'scsi0:0', file: 'vm1.vmdk' }]],
        ['two', 2, 1, [{ node: 'scsi0:0', file: 'vm1-000001.vmdk' }]],
        ['three', 3, 2, [{ node: 'scsi0:0', file: 'vm1-000002.vmdk' }]],
      ]);
      expect(list.current).toBe(3);

      const states = [
        ...listed.map(({ displayName, disks }) => [displayName, disks[0]!.file]),
        [undefined, 'vm1-000003.vmdk'],
      ];
      const raws = states.flatMap(([snapshot, name]) => {
        const descriptor = join(home, name as string);
        if (hasLibvmdk && format === 'vmfsSparse') {
          const info = tool('vmdkinfo', descriptor);
          expect(info.status).toBe(0);
          expect(info.stdout.toString()).toMatch(/64 MiB \(67108864 bytes\)/);
        }
        if (!hasQemu) return [];
        const raw = join(home, 'raw');
        expect(tool('qemu-img', 'convert', '-O', 'raw', descriptor, raw).status).toBe(0);
        const bytes = readFileSync(raw);
        expect(judge(run, bytes, snapshot)).toBeGreaterThan(100);
        return [bytes];
      });
      // The guest went on writing between them.
      for (let at = 1; at < raws.length; at++) {
        expect(Buffer.compare(raws[at]!, raws[at - 1]!)).not.toBe(0);
      }
      expect(run.simulation.violations).toEqual([]);
      if ('content' in lun) {
        endCleanly(run.simulation);
        expect(damage(imagesOf(run.simulation))).toEqual([]);
      }
    },
  );

  it('keeps the content ids of the engine, and every branch a revert leaves', () => {
    const run = threeSnapshots('seSparse', {}, {});
    run.simulation.command({ kind: 'snapshot', vm: 'vm1', action: 'revert', snapshot: 'one' });
    run.run(run.simulation.now + 0.5 * SECOND);
    run.simulation.stopJobs();
    run.run(run.simulation.now + SECOND);
    const files = new MemoryFolder();
    for (const file of run.simulation.filesOf('vm1')) file.write(files.create(file.name));
    for (const [snapshot, name] of [
      ['one', 'vm1.vmdk'],
      ['two', 'vm1-000001.vmdk'],
      ['three', 'vm1-000002.vmdk'],
    ]) {
      const disk = openDisk(files, name!, zlibCodec);
      const bytes = new Uint8Array(disk.sectors * 512);
      disk.read(0, disk.sectors, bytes, 0);
      expect(judge(run, bytes, snapshot)).toBeGreaterThan(100);
    }
    const [leaf, base] = run.simulation.snapshots.chainOf(0);
    const name = leaf!.descriptor.split('/')[1]!;
    const text = Descriptor.parse(files.text(name), name);
    expect([text.cid, text.parentCid]).toEqual(
      [leaf!.cid, base!.cid].map((cid) => cid.toString(16).padStart(8, '0')),
    );
    expect(text.get('ddb.longContentID')!.slice(-8)).toBe(text.cid);
    expect(
      new SnapshotList(Dictionary.read(files.open('vm1.vmsd').content(), 'vmsd'), 'vmsd').current,
    ).toBe(1);
  });
});
