import { describe, expect, it } from 'vitest';
import type { LogEntry } from '../../src/engine/core/event-log.js';
import type { FileHandle } from '../../src/engine/stack/files.js';
import type { VmfsFile } from '../../src/engine/stack/filesystem/vmfs/file.js';
import { SECOND } from '../simulation/support.js';
import { planOf, Work } from './work.js';

const MIB = 1024 * 1024;

/** One VM writes and verifies 32 MiB of a thin disk of 64 MiB; half of it stays a hole. */
const base = (extra: Record<string, unknown> = {}, host: Record<string, unknown> = {}) =>
  planOf({
    array: { luns: [{ name: 'lun', count: 2, size: '4GiB', thin: true }] },
    host,
    datastores: [
      { name: 'one', extents: 'array1/lun0' },
      { name: 'two', extents: 'array1/lun1' },
    ],
    job: { rw: 'write', bs: '64k', iodepth: 4, size: '32MiB', verify: true, stop: '2s' },
    ...extra,
  });

const clone = (to: string) => ({
  kind: 'clone' as const,
  disk: 0,
  datastore: to,
  name: 'copy',
});

/** Runs a clone of the idle disk and returns what the copy and the source hold, and the cost. */
function cloned(work: Work, to: string) {
  work.run(3 * SECOND);
  const before = work.fabricBytes();
  const startedAt = work.simulation.now;
  work.simulation.command(clone(to));
  work.run(60 * SECOND);
  const end = work.events('clone.end')[0] as LogEntry;
  const copy = work.disk(to, 'copy');
  return {
    copy: work.stamps(copy, to),
    source: work.stamps(work.source(), 'one'),
    fabricBytes: work.fabricBytes() - before,
    tookNs: end.at - startedAt,
    device: work.device('lun0'),
    target: work.device('lun1'),
    mover: work.mover(),
  };
}

describe('clone of a virtual disk', () => {
  const withArray = cloned(new Work(base()), 'two');
  const withHost = cloned(
    new Work(base({}, { settings: { 'DataMover.HardwareAcceleratedMove': 0 } })),
    'two',
  );

  it('holds what the source holds, whoever copied it', () => {
    expect(withArray.source.filter((stamp) => stamp > 0).length).toBeGreaterThan(1000);
    expect(withArray.copy).toEqual(withArray.source);
    expect(withHost.copy).toEqual(withHost.source);
    expect(withHost.copy).toEqual(withArray.copy);
  });

  it('is faster and leaves the fabric alone when the array copies', () => {
    // 32 MiB each way through the host; nothing of it when the array copies but VMFS's own blocks.
    expect(withHost.fabricBytes).toBeGreaterThanOrEqual(2 * 32 * MIB);
    expect(withHost.fabricBytes).toBeLessThan(2 * 33 * MIB);
    expect(withArray.fabricBytes).toBeLessThan(MIB);
    expect(withArray.tookNs).toBeLessThan(withHost.tookNs);
    expect(withArray.mover.savedBlocks * 512).toBe(2 * 32 * MIB);
    // Two Fibre Channel ports; their speed is the plan's.
    const speed = base().hosts[0]!.adapters.reduce((sum, own) => sum + own.linkBytesPerSecond, 0);
    expect(withArray.mover.savedNs / 1e9).toBeCloseTo((2 * 32 * MIB) / speed, 6);
    expect(withHost.mover.savedBlocks).toBe(0);
    expect(withHost.mover.copiedBlocks * 512).toBe(32 * MIB);
  });

  it('sends EXTENDED COPY of at most DataMover.MaxHWTransferSize', () => {
    // Default 4 MB: 32 MiB in a row are eight commands; the target counts the other half.
    expect(withArray.device.clones).toBe(8);
    expect(withArray.device.cloneReadBlocks).toBe(65_536);
    expect(withArray.target.cloneWrites).toBe(8);
    expect(withArray.target.cloneWriteBlocks).toBe(65_536);
    expect(withArray.device.cloneNs).toBeGreaterThan(0);
  });

  it('copies by the host what the array refuses, and asks no more', () => {
    // ATS is refused, too: a volume that is ATS-only would take no new file.
    const datastores = ['one', 'two'].map((name, index) => ({
      name,
      extents: `array1/lun${index}`,
      locking: 'ats+scsi',
    }));
    const work = new Work(base({ datastores }));
    work.simulation.command({
      kind: 'inject',
      fault: 'vaai-refused',
      target: 'array1/lun0',
      params: {},
    });
    const { copy, source, device, mover } = cloned(work, 'two');
    expect(copy).toEqual(source);
    // Eight are under way before the first answer; after it the host knows.
    expect(device.cloneFailed).toBeLessThanOrEqual(8);
    expect(mover.fallbacks).toBe(device.cloneFailed);
    expect(mover.copiedBlocks * 512).toBe(32 * MIB);
  });

  it('takes no space for holes, and thin LUNs give pages for the rest', () => {
    const work = new Work(base());
    work.run(3 * SECOND);
    const pages = work.lun('lun1').allocatedBlocks;
    work.simulation.command(clone('two'));
    work.run(60 * SECOND);
    const copy = work.disk('two', 'copy');
    expect(copy.allocatedBlocks * 512).toBe(32 * MIB);
    expect((work.lun('lun1').allocatedBlocks - pages) * 512).toBeGreaterThanOrEqual(32 * MIB);
  });

  it('shows the disk as it was when the clone began, while its VM writes on', () => {
    const job = { rw: 'randwrite', bs: '64k', iodepth: 8, size: '32MiB', verify: true };
    const slow = { settings: { 'DataMover.HardwareAcceleratedMove': 0 } };
    for (const host of [{}, slow]) {
      const work = new Work(base({ job }, host));
      work.run(1 * SECOND);
      work.simulation.command(clone('two'));
      // Until what was under way has ended, nothing new gets through.
      let frozen: number[] = [];
      const until = 61 * SECOND;
      while (work.events('clone.end').length === 0 && work.simulation.now < until) {
        work.run(work.simulation.now + 100_000);
        if (frozen.length === 0 && work.exists('two', 'copy')) {
          frozen = work.stamps(work.source(), 'one');
        }
      }
      const copied = work.stamps(work.disk('two', 'copy'), 'two');
      expect(frozen.length).toBeGreaterThan(0);
      expect(copied).toEqual(frozen);
      const before = work.simulation.totals().writes;
      work.run(work.simulation.now + SECOND);
      expect(work.simulation.totals().writes).toBeGreaterThan(before + 100);
      expect(work.simulation.violations).toEqual([]);
      expect(work.stamps(work.source(), 'one')).not.toEqual(copied);
    }
  });

  it('fails, and leaves nothing behind, when there is no space', () => {
    const work = new Work(base({ job: { rw: 'write', bs: '1m', size: '32MiB', stop: '1s' } }));
    work.run(2 * SECOND);
    const fill = { kind: 'inject' as const, fault: 'fill-datastore', target: 'two' };
    work.simulation.command({ ...fill, params: { leave: 8 * MIB } });
    work.simulation.command(clone('two'));
    work.run(10 * SECOND);
    expect(work.events('disk.failed')[0]?.why).toMatch(/needs 32 MB.* 8 MB free/);
    expect(work.exists('two', 'copy')).toBe(false);
    const writes = work.simulation.totals().errors;
    expect(writes).toBe(0);
  });
});

describe('NFS', () => {
  const nfs = (plugin: boolean) =>
    planOf({
      array: { luns: [{ size: '4GiB' }] },
      nfsServers: [{ name: 'filer', capacity: '4GiB', plugin }],
      datastores: [{ name: 'one', server: 'filer' }],
      job: { rw: 'randwrite', bs: '64k', iodepth: 4, size: '32MiB', verify: true, stop: '2s' },
    });

  it('the server clones the file with the plug-in, the host without; the same bytes', () => {
    const results = [true, false].map((plugin) => {
      const work = new Work(nfs(plugin));
      work.run(3 * SECOND);
      const bytes = work.serverBytes();
      work.simulation.command(clone('one'));
      work.run(60 * SECOND);
      const copy = work.nfsStamps(work.disk('one', 'copy'));
      expect(copy).toEqual(work.nfsStamps(work.source()));
      expect(copy.some((stamp) => stamp > 0)).toBe(true);
      return { bytes: work.serverBytes() - bytes, mover: work.mover(), copy };
    });
    expect(results[0]?.bytes).toBe(0);
    expect(results[1]?.bytes).toBe(2 * 32 * MIB);
    expect(results[0]?.copy).toEqual(results[1]?.copy);
  });

  it('reserves space for thick disks with the plug-in only', () => {
    const held = [true, false].map((plugin) => {
      const work = new Work(nfs(plugin));
      work.simulation.command({
        kind: 'createDisk',
        datastore: 'one',
        name: 'thick',
        sizeBytes: 100 * MIB,
        diskKind: 'lazyThick',
      });
      work.run(SECOND);
      return (work.disk('one', 'thick') as FileHandle).allocatedBlocks * 512;
    });
    expect(held).toEqual([100 * MIB, 0]);
  });
});

describe('a new eager-zeroed disk', () => {
  const create = {
    kind: 'createDisk' as const,
    datastore: 'one',
    name: 'fresh',
    sizeBytes: 64 * MIB,
    diskKind: 'eagerThick' as const,
  };

  it('is zeroed by WRITE SAME, or by writes through the fabric', () => {
    const took: number[] = [];
    for (const init of [1, 0]) {
      const host = { settings: { 'DataMover.HardwareAcceleratedInit': init } };
      const work = new Work(base({}, host));
      work.run(3 * SECOND);
      const before = work.fabricBytes();
      work.simulation.command(create);
      const startedAt = work.simulation.now;
      work.run(60 * SECOND);
      const fresh = work.disk('one', 'fresh') as VmfsFile;
      expect(fresh.unzeroed).toBe(0);
      expect(new Set(work.stamps(fresh, 'one'))).toEqual(new Set([0]));
      const device = work.device('lun0');
      const bytes = work.fabricBytes() - before;
      // 64 units of 1 MiB.
      if (init === 1) expect(device.zeros).toBeGreaterThanOrEqual(64);
      else expect(device.zeros).toBe(0);
      expect(bytes >= 64 * MIB).toBe(init === 0);
      took.push((work.events('disk.zeroed')[0]?.at ?? 0) - startedAt);
    }
    expect(took[0]).toBeLessThan(took[1] ?? 0);
  });
});

describe('reclaim', () => {
  it('gives the pages of a deleted disk back to the pool', () => {
    const work = new Work(base());
    work.run(3 * SECOND);
    work.simulation.command(clone('two'));
    work.run(10 * SECOND);
    const copy = work.disk('two', 'copy') as VmfsFile;
    const { blocks } = work.places(copy, 'two');
    const held = work.lun('lun1').allocatedBlocks;
    work.simulation.command({ kind: 'deleteDisk', datastore: 'two', name: 'copy' });
    work.run(11 * SECOND);
    // Deleting says nothing to the array.
    expect(work.lun('lun1').allocatedBlocks).toBe(held);
    work.simulation.command({ kind: 'reclaim', datastore: 'two' });
    work.run(60 * SECOND);
    expect((held - work.lun('lun1').allocatedBlocks) * 512).toBe(32 * MIB);
    const { deletes = 0, deleteFailed, deleteBlocks = 0 } = work.device('lun1');
    expect(deleteBlocks).toBeGreaterThan(65_536);
    expect(deleteFailed).toBe(0);
    // No more in one command than page B0h allows.
    expect(deletes).toBeGreaterThanOrEqual(deleteBlocks / 65_536);
    for (const lba of blocks) expect(work.lun('lun1').media?.stampAt(lba)).toBe(0);
    expect(work.events('reclaim.end')).toHaveLength(1);
  });
});
