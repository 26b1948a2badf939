/** A clone by the array from a LUN of one pool to a LUN of another. */
import { expect, it } from 'vitest';
import { fieldOf, SECOND } from '../simulation/support.js';
import { planOf, Work } from './work.js';

const MIB = 1024 * 1024;

it('EXTENDED COPY between pools: the same bytes, room from the pool that is written to', () => {
  const work = new Work(
    planOf({
      array: {
        pools: [
          { name: 'fast', capacity: '8GiB' },
          { name: 'safe', capacity: '8GiB', disks: 5, raid: 5 },
        ],
        luns: ['fast', 'safe'].map((pool, number) => {
          return { name: `lun${number}`, pool, size: '4GiB', thin: true };
        }),
      },
      datastores: [
        { name: 'one', extents: 'array1/lun0' },
        { name: 'two', extents: 'array1/lun1' },
      ],
      job: { rw: 'write', bs: '64k', iodepth: 4, size: '32MiB', verify: true, stop: '2s' },
    }),
  );
  work.run(3 * SECOND);
  const used = (pool: string): number =>
    fieldOf(work.simulation.sample(false), work.entity('pool', `array1:${pool}`), 'usedBlocks');
  const before = [used('fast'), used('safe')] as const;
  work.simulation.command({ kind: 'clone', disk: 0, datastore: 'two', name: 'copy' });
  work.run(20 * SECOND);
  const copy = work.stamps(work.disk('two', 'copy'), 'two');
  expect(copy).toEqual(work.stamps(work.source(), 'one'));
  expect(copy.filter((stamp) => stamp > 0)).toHaveLength((32 * MIB) / 4096);
  expect(work.mover().offloadedBlocks * 512).toBe(32 * MIB);
  expect(used('fast')).toBe(before[0]);
  const grown = (used('safe') - before[1]) * 512;
  // The data, and pages that VMFS's own blocks begin.
  expect(grown).toBeGreaterThanOrEqual(32 * MIB);
  expect(grown).toBeLessThanOrEqual(36 * MIB);
});
