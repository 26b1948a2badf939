/**
 * All files of a machine lie on the volume as bytes: taken out with programs nobody here wrote, the home
 * is one that other programs open.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Dictionary } from '../../../src/engine/formats/dictionary/dictionary.js';
import { Volume } from '../../../src/engine/formats/vmfs/volume.js';
import { readHardware } from '../../../src/engine/formats/vmx/hardware.js';
import { SnapshotList } from '../../../src/engine/formats/vmx/snapshot-list.js';
import { hasTool as hasDiskTool, run as tool } from '../../formats/vmdk/tools.js';
import { hasTool, Images, run } from '../../formats/vmfs/tools.js';
import type { Work } from '../../operations/work.js';
import { judge, threeSnapshots } from '../chain-work.js';
import { damage, endCleanly, imagesOf, readerOf } from './rig.js';

const files = new Images();
const folder = mkdtempSync(join(tmpdir(), 'vmtop-home-'));
afterAll(() => {
  files.remove();
  rmSync(folder, { recursive: true, force: true });
});
const hasQemu = hasDiskTool('qemu-img');

const DISK_BYTES = 16 * 1024 * 1024;
const CASES = [
  { vmfs: 3, format: 'vmfsSparse', program: 'debugvmfs', job: {} },
  { vmfs: 5, format: 'vmfsSparse', program: 'debugvmfs', job: {} },
  { vmfs: 6, format: 'seSparse', program: 'debugvmfs6', job: { trim_percentage: 5 } },
] as const;

/** Takes every file of a folder of the volume out; vmtop's own reader where the program is missing. */
function takeOut(work: Work, program: string): Map<string, Buffer> {
  const images = imagesOf(work.simulation);
  const names = Volume.open(images, { seconds: 0 })
    .list('/vm1')
    .filter(({ name }) => /\.(vmx|vmsd|vmdk)$|^vmware\.log$/.test(name))
    .map(({ name, length }) => ({ path: `/vm1/${name}`, name, length }));
  const open = readerOf(images);
  const paths = hasTool(program) ? files.store(images) : [];
  const banner = program === 'debugvmfs6' ? 'VMFS version: 6\n'.length : 0;
  return new Map(
    names.map(({ path, name, length }) => {
      const own = Buffer.from(open(path)(0, length));
      if (paths.length === 0) return [name, own];
      const bytes = run(program, ...paths, 'cat', path).subarray(banner);
      expect(Buffer.compare(bytes, own), name).toBe(0);
      return [name, bytes];
    }),
  );
}

/** Everything but the blocks that `fsck.vmfs` takes for lost because they are still to be zeroed. */
function expectSound({ simulation }: Work): void {
  if (!hasTool('fsck.vmfs')) return;
  const images = imagesOf(simulation);
  const found = run('fsck.vmfs', ...files.store(images)).toString();
  const toBeZeroed = Volume.open(images, { seconds: 0 })
    .list('/vm1')
    .reduce((sum, file) => sum + file.toBeZeroed, 0);
  expect(found).toMatch(new RegExp(`^Lost blocks *: ${toBeZeroed}$`, 'm'));
  expect(found.match(/^(Unall|Undef|Orph|Direc).*: 0$/gm)).toHaveLength(4);
}

describe('the home of a machine on LUNs that keep bytes', () => {
  it.each(CASES)('is read as it was at each snapshot: $format on VMFS $vmfs', (shape) => {
    const { vmfs, format, program, job } = shape;
    const store = { version: vmfs };
    const guest = { thinktime: '1ms', ...job };
    const work = threeSnapshots(format, guest, { content: 'memory' }, store, DISK_BYTES);
    endCleanly(work.simulation);
    expect(damage(imagesOf(work.simulation))).toEqual([]);
    if (vmfs < 6) expectSound(work);
    const home = mkdtempSync(join(folder, 'home-'));
    const taken = takeOut(work, program);
    for (const [name, bytes] of taken) writeFileSync(join(home, name), bytes);
    const read = (name: string) => Dictionary.read(readFileSync(join(home, name)), name);
    const { devices, warnings } = readHardware(read('vm1.vmx'), 'vm1.vmx');
    expect(warnings).toEqual([]);
    expect(devices.map((one) => [one.name, one.file])).toEqual([['scsi0:0', 'vm1-000003.vmdk']]);
    const list = new SnapshotList(read('vm1.vmsd'), 'vm1.vmsd');
    const listed = list.all();
    expect(listed.map(({ displayName, disks }) => [displayName, disks[0]!.file])).toEqual([
      ['one', 'vm1.vmdk'],
      ['two', 'vm1-000001.vmdk'],
      ['three', 'vm1-000002.vmdk'],
    ]);
    expect(list.current).toBe(3);
    if (!hasQemu) return;
    const states = [
      ...listed.map(({ displayName, disks }) => [displayName, disks[0]!.file]),
      [undefined, 'vm1-000003.vmdk'],
    ] as const;
    for (const [snapshot, name] of states) {
      const raw = join(home, 'raw');
      expect(tool('qemu-img', 'convert', '-O', 'raw', join(home, name!), raw).status).toBe(0);
      expect(judge(work, readFileSync(raw), snapshot, DISK_BYTES)).toBeGreaterThan(100);
    }
    expect(work.simulation.violations).toEqual([]);
    rmSync(home, { recursive: true });
  });
});
