/** What a host does when an array no longer takes offloaded commands, and when it does again. */
import { describe, expect, it } from 'vitest';
import { SECOND } from '../simulation/support.js';
import { planOf, Work } from './work.js';

const MIB = 1024 * 1024;

/** A VM that goes on writing blocks of a thin disk for the first time, a few per second. */
const growing = () =>
  new Work(
    planOf({
      array: { luns: [{ name: 'lun', count: 1, size: '4GiB', thin: true }] },
      datastores: [{ name: 'one', extents: 'array1/lun0', locking: 'ats+scsi' }],
      job: { rw: 'write', bs: '4k', iodepth: 1, size: '64MiB', rate_iops: 1000 },
    }),
  );

describe('VMFS on an array that refuses VAAI (stack-lower reference, 6.6)', () => {
  it('writes plainly after the first refusal, until a rescan finds that the array takes it again', () => {
    const work = growing();
    const tries = () => {
      const { ats, atsFailed, zeros, zeroFailed } = work.device('lun0');
      return { ats, atsFailed, zeros, zeroFailed };
    };
    work.run(4 * SECOND);
    const before = tries();
    expect(before.ats).toBeGreaterThan(0);
    expect(before.zeros).toBeGreaterThan(10);
    expect([before.atsFailed, before.zeroFailed]).toEqual([0, 0]);

    const heal = work.inject('vaai-refused', 'array1/lun0');
    work.run(8 * SECOND);
    const refused = tries();
    // What was under way when the first answer came: one heartbeat, one block.
    expect([refused.atsFailed, refused.zeroFailed]).toEqual([1, 1]);
    expect(refused.ats).toBe(before.ats + 1);
    expect(refused.zeros).toBe(before.zeros + 1);

    heal();
    work.run(12 * SECOND);
    expect(tries()).toEqual(refused);

    work.simulation.command({ kind: 'rescan', host: 'esx1' });
    work.run(16 * SECOND);
    const again = tries();
    expect(again.ats).toBeGreaterThan(refused.ats);
    expect(again.zeros).toBeGreaterThan(refused.zeros + 10);
    expect([again.atsFailed, again.zeroFailed]).toEqual([1, 1]);
    expect(work.of('vm.stunned')).toEqual([]);
  });
});

describe('an NFS server that refuses Full File Clone (stack-lower reference, 6.7)', () => {
  it('the host copies what is held, once, and the copy is the source', () => {
    const work = new Work(
      planOf({
        array: { luns: [{ size: '4GiB' }] },
        nfsServers: [{ name: 'filer', capacity: '4GiB', plugin: true }],
        datastores: [{ name: 'one', server: 'filer' }],
        job: { rw: 'write', bs: '64k', iodepth: 4, size: '16MiB', verify: true, stop: '1s' },
      }),
    );
    work.run(2 * SECOND);
    const heal = work.inject('nfs-clone-refused', 'filer');
    const bytes = work.serverBytes();
    work.simulation.command({ kind: 'clone', disk: 0, datastore: 'one', name: 'copy' });
    work.run(30 * SECOND);
    expect(work.events('clone.end').map(({ what }) => what)).toHaveLength(1);
    const copy = work.nfsStamps(work.disk('one', 'copy'));
    expect(copy.filter((stamp) => stamp > 0)).toHaveLength(4096);
    expect(copy).toEqual(work.nfsStamps(work.source()));
    expect(work.serverBytes() - bytes).toBe(2 * 16 * MIB);
    const { fallbacks, copiedBlocks, offloadedBlocks, savedBlocks, failed } = work.mover();
    expect([fallbacks, copiedBlocks * 512, offloadedBlocks, savedBlocks, failed]).toEqual([
      1,
      16 * MIB,
      0,
      0,
      0,
    ]);
    heal();
    work.simulation.command({ kind: 'clone', disk: 0, datastore: 'one', name: 'more' });
    work.run(60 * SECOND);
    expect(work.nfsStamps(work.disk('one', 'more'))).toEqual(copy);
    expect(work.mover().fallbacks).toBe(1);
    expect(work.mover().offloadedBlocks).toBeGreaterThan(0);
  });
});
