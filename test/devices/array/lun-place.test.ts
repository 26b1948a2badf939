/** Where a LUN's blocks are in its array: what grows never lies where something else is. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { LunPlace } from '../../../src/engine/devices/array/lun-place.js';
import { PAGE_BLOCKS } from '../../../src/engine/devices/array/pool.js';

it('has ranges of whole pages, one for each time it grows out of the last', () => {
  const size = fc.integer({ min: 1, max: 8 * PAGE_BLOCKS });
  fc.assert(
    fc.property(size, fc.array(size, { maxLength: 5 }), (first, more) => {
      let next = 0;
      const taken: [from: number, to: number][] = [];
      const space = (blocks: number): number => {
        expect(blocks % PAGE_BLOCKS).toBe(0);
        // A neighbour takes what lies between two ranges.
        next += PAGE_BLOCKS;
        taken.push([next, next + blocks]);
        next += blocks;
        return next - blocks;
      };
      const start = space(Math.ceil(first / PAGE_BLOCKS) * PAGE_BLOCKS);
      const place = new LunPlace(start, first);
      let blocks = first;
      for (const by of more) {
        blocks += by;
        place.grow(blocks, space);
      }
      expect(place.sizeBlocks).toBe(blocks);
      const seen = new Set<number>();
      for (let lba = 0; lba < blocks; lba += 512) {
        const address = place.addressOf(lba);
        const range = taken.find(([from, to]) => address >= from && address < to);
        expect(range).toBeDefined();
        expect(seen.has(address)).toBe(false);
        seen.add(address);
        const run = Math.min(place.runFrom(lba), blocks - lba);
        expect(place.addressOf(lba + run - 1)).toBe(address + run - 1);
        expect(place.crosses(lba, run)).toBe(false);
        expect(place.crosses(lba, blocks - lba)).toBe(run < blocks - lba);
      }
    }),
    { numRuns: 50 },
  );
});
