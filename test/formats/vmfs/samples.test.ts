/** Volumes written by real hosts; expected values from the samples' README. */
import { createHash } from 'node:crypto';
import { afterAll, describe, expect, it } from 'vitest';
import { checkVolume } from '../../../src/engine/formats/vmfs/check/check.js';
import { Volume } from '../../../src/engine/formats/vmfs/volume.js';
import { FileImage } from '../../../src/input/image/file-image.js';
import { pattern, readAll } from './model.js';
import { hasTool, Images, run } from './tools.js';

const images = new Images();
const three = images.sample('vmfs3-four-disk-formats.bin');
const six = images.sample('vmfs6-1g.bin');
afterAll(() => images.remove());

const sha = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

function withVolume(
  path: string,
  use: (volume: Volume, image: FileImage) => void,
  host?: string,
): void {
  const image = FileImage.open(path, host !== undefined);
  try {
    const volume = Volume.open([image], { seconds: 0, ...(host === undefined ? {} : { host }) });
    use(volume, image);
    volume.close();
  } finally {
    image.close();
  }
}

describe.skipIf(three === undefined)('the VMFS 3 sample', () => {
  const path = three ?? '';

  it('reads as it does with vmfs-tools', () => {
    withVolume(path, (volume) => {
      expect(volume.core.superblock).toMatchObject({
        label: 'toto',
        uuid: '49edf844-ebfc28f3-65cb-0021280083cf',
        fsMinor: 31,
        subBlockBytes: 65536,
      });
      const hashes: Readonly<Record<string, string>> = {
        thin: '77b71a52380ea03166249d0f35d5b933addc45ce704c9280b21ffd76aa8e42e4',
        thick: 'da39c1957fd196be41be6378948ac33aa6b90de4ba9d53c6807234311f40ba8f',
        zeroedthick: 'ae40fa6f22533fc9f89571e73a344296b218f8a3e49b6015cf6f44840ae1cccb',
        eagerzeroedthick: 'a0fee11b8bd0bd225fc930413fde74f850fc23fb30183ccc6bdf203e15de9c4e',
      };
      for (const [name, hash] of Object.entries(hashes)) {
        expect(sha(readAll(volume, `/${name}.vmdk`))).toBe(hash);
        expect(sha(readAll(volume, `/${name}-flat.vmdk`))).toBe(
          '72abf2ca8f36943ebe2e49ca3a51d409ca5f0bfcffab6c9d25643c17c32889da',
        );
      }
      // On-disk reference, section 19.
      const counts = ['thin', 'thick', 'zeroedthick', 'eagerzeroedthick'].map((name) => {
        const { blocks, toBeZeroed } = volume.stat(`/${name}-flat.vmdk`);
        return [blocks, toBeZeroed];
      });
      expect(counts).toEqual([
        [1, 0],
        [200, 0],
        [200, 199],
        [200, 0],
      ]);
    });
  });

  it('is clean', () => {
    const image = FileImage.open(path, false);
    expect(checkVolume([image]).findings.list).toEqual([]);
    image.close();
  });

  it.skipIf(!hasTool('debugvmfs'))('can be written to, and vmfs-tools then read it', () => {
    const host = '6553f100-12345678-abcd-005056010203';
    withVolume(
      path,
      (volume) => {
        volume.makeDirectory('/new');
        volume.create('/new/f');
        volume.write('/new/f', 0, pattern(5, 2_000_000));
        volume.write('/zeroedthick-flat.vmdk', 7_000_000, pattern(6, 100));
        volume.remove('/thick-flat.vmdk');
      },
      host,
    );
    const image = FileImage.open(path, false);
    expect(checkVolume([image]).findings.list).toEqual([]);
    image.close();
    expect(Buffer.compare(run('debugvmfs', path, 'cat', '/new/f'), pattern(5, 2_000_000))).toBe(0);
    expect(run('debugvmfs', path, 'check_vol_bitmaps').toString()).toContain('Total errors: 0');
    // 199 blocks were to be zeroed, which fsck.vmfs takes for lost; one has been written since.
    const text = run('fsck.vmfs', path).toString();
    expect(text).toMatch(/Lost blocks +: 198\n/);
    expect(text).toMatch(
      /Unallocated blocks +: 0\nLost.*\nUndefined inodes +: 0\nOrphaned inodes +: 0\nDirectory errors +: 0/,
    );
  });
});

describe.skipIf(six === undefined)('the VMFS 6 sample', () => {
  const path = six ?? '';

  it('reads as it does with vmfs6-tools', () => {
    withVolume(path, (volume) => {
      expect(volume.core.superblock).toMatchObject({
        label: 'VMFS6 Test',
        uuid: '6113001e-a6377ebc-1d24-000c29801686',
      });
      const files = volume.list('/directory').map(({ name, length }) => [name, length]);
      expect(files).toEqual([
        ['file1', 0],
        ['file2', 0],
        ['file3', 0],
        ['file4', 8],
        ['file5', 8193],
        ['symlink', 5],
      ]);
      expect(sha(readAll(volume, '/directory/file4'))).toBe(
        '434728a410a78f56fc1b5899c3593436e61ab0c731e9072d95e96db290205e53',
      );
      expect(sha(readAll(volume, '/directory/file5'))).toBe(
        '227c62ef44ec9d9d4dbda23feaf622078a496368e919980afcd786acd9f455c4',
      );
      expect(volume.stat('/directory/symlink').target).toBe('file4');
    });
  });

  it('is clean, its hash tables included', () => {
    const image = FileImage.open(path, false);
    expect(checkVolume([image]).findings.list).toEqual([]);
    image.close();
  });
});
