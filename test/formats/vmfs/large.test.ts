/** Large stays cheap: space on disk follows the metadata, not the capacity. */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { checkVolume } from '../../../src/engine/formats/vmfs/check/check.js';
import { formatVolume } from '../../../src/engine/formats/vmfs/format.js';
import { VMFS5, VMFS6 } from '../../../src/engine/formats/vmfs/generation.js';
import { growFileSystem } from '../../../src/engine/formats/vmfs/grow-blocks.js';
import { LogicalVolume } from '../../../src/engine/formats/vmfs/logical-volume.js';
import { extendLvm } from '../../../src/engine/formats/vmfs/lvm-change.js';
import { makeUuid } from '../../../src/engine/formats/vmfs/uuid.js';
import { FileImage } from '../../../src/input/image/file-image.js';
import { HOST, MIB, openToWrite, pattern, SECONDS, sequence } from './model.js';

const folder = mkdtempSync(join(tmpdir(), 'vmtop-large-'));
afterAll(() => rmSync(folder, { recursive: true }));

const TIB = MIB * MIB;
const FILE = 64 * 1024 * MIB;

it.each([
  { generation: VMFS5, bytes: 12.4 * TIB, begin: 5 },
  // Grown, so that the descriptor of `.fbb.sf` cannot map it any more: 256 blocks of it, on VMFS 6 320.
  { generation: VMFS5, bytes: 10.4 * TIB, begin: 4 },
  { generation: VMFS6, bytes: 4.4 * TIB, begin: 4 },
])(
  '$generation.name over five sparse images of $bytes bytes, begun on $begin',
  ({ generation, bytes, begin }) => {
    const paths = Array.from({ length: 5 }, (_, index) =>
      join(folder, `${generation.name}-${index}`),
    );
    const images = paths.map((path) =>
      FileImage.create(path, Math.floor(bytes / 512) * 512, false),
    );
    formatVolume(images.slice(0, begin), {
      generation,
      label: 'large',
      seconds: SECONDS,
      random: sequence(1),
      host: HOST,
    });
    if (begin < images.length) {
      const added = images.slice(begin);
      extendLvm(
        LogicalVolume.open(images.slice(0, begin)),
        added,
        added.map(() => makeUuid(SECONDS, [5, 6, 7])),
        SECONDS,
      );
      const grown = openToWrite(images);
      growFileSystem(grown.core);
      expect(grown.stat('/.fbb.sf').zla).toBe(generation.product === 6 ? 5 : 3);
      grown.close();
    }
    const volume = openToWrite(images);
    volume.create('/lazy', { length: FILE, provisioning: 'zeroedthick' });
    volume.write('/lazy', FILE - MIB, pattern(1, MIB));
    expect(volume.stat('/lazy')).toMatchObject({ blocks: 65536, toBeZeroed: 65535 });
    volume.close();
    expect(checkVolume(images).findings.list).toEqual([]);
    // Whole extents of 256 MiB (reference, section 3.5).
    const extents = Math.floor((bytes - 17 * MIB) / (256 * MIB)) * 5;
    expect(volume.space().volumeBytes).toBe(extents * 256 * MIB);
    // A cluster header of 1 KiB for 200 blocks or more; on VMFS 6 one of 8 KiB for 512. Model: with the
    // other resources, and what the disk rounds up to, less than 600 MiB.
    const used = paths.reduce((sum, path) => sum + statSync(path).blocks * 512, 0);
    expect(used).toBeLessThan(600 * MIB);
    for (const image of images) image.close();
    for (const path of paths) rmSync(path);
  },
  120_000,
);
