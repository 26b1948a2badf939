/** What VMFS 3 does otherwise than VMFS 5 (stack-upper reference, sections 4 and 8; on-disk, 18). */
import { describe, expect, it } from 'vitest';
import { VMFS3 } from '../../../src/engine/formats/vmfs/generation.js';
import { planGeometry } from '../../../src/engine/formats/vmfs/geometry.js';
import { layoutOf } from '../../../src/engine/stack/filesystem/vmfs/layout.js';
import { GB, MB, Rig } from './vmfs-rig.js';

const THREE = { plan: { version: 3 } } as const;

describe('a VMFS 3 volume', () => {
  it('has room for 30720 files and 3968 sub-blocks of 64 KiB, and none inside descriptors', () => {
    const { figures } = layoutOf(3, 100_000);
    expect(figures).toMatchObject({ descriptorsMax: 30720, subBlocksMax: 3968, residentBytes: 0 });
    expect(figures.subBlockBlocks * 512).toBe(64 * 1024);
  });

  it('takes as much for itself as one that is formatted, but for headers of clusters', () => {
    for (const fileBlocks of [100_000, 2_000_000]) {
      const geometry = planGeometry(VMFS3, MB, fileBlocks * MB);
      const taken = layoutOf(3, fileBlocks).metadataFileBlocks(fileBlocks);
      expect(Math.abs(taken - geometry.usedBlocks)).toBeLessThan(8);
    }
  });

  it('has no files of 256 GB, while VMFS 5 has', () => {
    const { volume } = new Rig(600_000, THREE);
    expect(() => volume.createFile('disk', 256 * GB, 'thin')).toThrow(/have 256 GB at most/);
    const file = volume.createFile('disk', 256 * GB - 512, 'thin');
    expect(() => volume.lengthen(file, 256 * GB, () => undefined)).toThrow(/have 256 GB at most/);
    expect(new Rig(600_000).volume.createFile('disk', 256 * GB, 'thin').sizeBlocks).toBe(
      (256 * GB) / 512,
    );
  });
});
