/** Guests that write less than 4 KiB at a time: what is around it stays, wherever it goes afterwards. */
import { describe, expect, it } from 'vitest';
import { expand } from '../../../src/engine/core/expand.js';
import { openDisk } from '../../../src/engine/formats/vmdk/disk.js';
import { zlibCodec } from '../../../src/input/image/zlib-codec.js';
import { MemoryFolder } from '../../formats/vmdk/model.js';
import { planOf, Work } from '../../operations/work.js';
import { SECOND } from '../support.js';
import { imagesOf, readerOf } from './rig.js';

/** Sectors the guest may write: 256 KiB from the beginning of a disk of 64 MiB. */
const PART = 512;
/** What a LUN holds of a write of a guest that does not verify. */
const UNVERIFIED = -1;

function started(kind: string): Work {
  const plan = planOf({
    array: { luns: [{ name: 'lun', count: 2, size: '2GiB', content: 'memory' }] },
    datastores: [
      { name: 'one', extents: 'array1/lun0', version: 5 },
      { name: 'two', extents: 'array1/lun1', version: 5 },
    ],
    host: { settings: { 'DataMover.HardwareAcceleratedMove': 0 } },
    job: { rw: 'randwrite', bs: '512:1536', size: '256KiB', iodepth: 3, thinktime: '4ms' },
  });
  const [vm] = plan.vms;
  const disks = vm!.disks.map((disk) => ({ ...disk, kind }));
  return new Work({ ...plan, vms: [{ ...vm!, disks }] } as typeof plan);
}

function untilIdle(work: Work, isBusy: () => boolean): void {
  for (let left = 300; isBusy(); left--) {
    expect(left).toBeGreaterThan(0);
    work.run(work.simulation.now + 0.05 * SECOND);
  }
  work.run(work.simulation.now + 0.5 * SECOND);
}

/** The part of the disk that the guest writes, by the names of its files on the volume. */
function diskOf(work: Work, names: readonly string[]): Uint8Array {
  const open = readerOf(imagesOf(work.simulation).slice(0, 1));
  const folder = new MemoryFolder();
  for (const [at, name] of names.entries()) {
    const length = name.endsWith('-flat.vmdk') ? 64 << 20 : at % 2 === 0 ? 1024 : 8 << 20;
    folder.create(name).write(0, open(`/vm1/${name}`)(0, length));
  }
  const bytes = new Uint8Array(PART * 512);
  openDisk(folder, names[0]!, zlibCodec).read(0, PART, bytes, 0);
  return bytes;
}

/** How many sectors hold what the guest wrote; every other one must be zeros. */
function written(bytes: Uint8Array): number {
  const whole = expand(UNVERIFIED);
  const zeros = new Uint8Array(512);
  let count = 0;
  for (let sector = 0; sector < bytes.length / 512; sector++) {
    const found = bytes.subarray(sector * 512, (sector + 1) * 512);
    const at = (sector % 8) * 512;
    if (Buffer.compare(found, zeros) === 0) continue;
    expect(Buffer.compare(found, whole.subarray(at, at + 512)), `sector ${sector}`).toBe(0);
    count++;
  }
  return count;
}

describe('writes of single sectors on LUNs that keep bytes', () => {
  it.each(['thin', 'lazyThick'])(
    'leave what is around them alone: %s disk, delta, merge',
    (kind) => {
      const work = started(kind);
      work.run(0.06 * SECOND);
      const create = { action: 'create', snapshot: 'one', format: 'seSparse' } as const;
      work.simulation.command({ kind: 'snapshot', vm: 'vm1', ...create });
      untilIdle(work, () => {
        if (work.simulation.now > 0.4 * SECOND) work.simulation.stopJobs();
        return work.simulation.now < 0.4 * SECOND;
      });
      const base = diskOf(work, ['vm1.vmdk', 'vm1-flat.vmdk']);
      const seen = diskOf(work, [
        'vm1-000001.vmdk',
        'vm1-000001-sesparse.vmdk',
        'vm1.vmdk',
        'vm1-flat.vmdk',
      ]);
      expect(written(base)).toBeGreaterThan(20);
      expect(written(seen)).toBeGreaterThan(written(base));
      expect(written(seen)).toBeLessThan(PART);
      work.simulation.command({ kind: 'snapshot', vm: 'vm1', action: 'deleteAll' });
      untilIdle(work, () => work.simulation.snapshots.taskOf('vm1') !== undefined);
      const merged = diskOf(work, ['vm1.vmdk', 'vm1-flat.vmdk']);
      expect(Buffer.compare(merged, seen)).toBe(0);
      work.simulation.command({ kind: 'clone', disk: 0, datastore: 'two', name: 'copy' });
      untilIdle(work, () => work.events('clone.end').length === 0);
      const [, two] = imagesOf(work.simulation);
      const copy = readerOf([two!])('/copy/copy-flat.vmdk')(0, PART * 512);
      expect(Buffer.compare(copy, seen)).toBe(0);
    },
  );
});
