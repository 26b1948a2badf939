import { closeSync, mkdtempSync, openSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { InputError } from '../../src/engine/core/errors.js';
import { sectorsOf } from '../../src/input/image/device-size.js';
import { FileImage } from '../../src/input/image/file-image.js';

const folder = mkdtempSync(join(tmpdir(), 'vmtop-image-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Longer than any file system and Node take: exact integers end at 2^53. */
const TOO_LONG = 2 ** 60;

it.each(['new', 'opened'] as const)('clears what was written to a file that is %s', (kind) => {
  const path = join(folder, `${kind}.img`);
  let image = FileImage.create(path, 8 << 20, false);
  const bytes = new Uint8Array(3 << 20).fill(7);
  image.write(1000, bytes.length / 512, bytes);
  if (kind === 'opened') {
    image.close();
    image = FileImage.open(path, true);
  }
  const expected = new Uint8Array(8 << 20);
  expected.set(bytes, 1000 * 512);
  const found = new Uint8Array(8 << 20);
  for (const [lba, blocks] of [
    [0, 1001],
    [2048, 2049],
    [7000, 16384 - 7000],
    [3, 4000],
  ] as const) {
    image.clear(lba, blocks);
    expected.fill(0, lba * 512, (lba + blocks) * 512);
    image.read(0, 16384, found);
    expect(Buffer.compare(found, expected)).toBe(0);
  }
  image.close();
  rmSync(path);
});

it('clears all of a large new file without reading it', () => {
  const path = join(folder, 'large.img');
  const image = FileImage.create(path, 2 ** 40, false);
  image.write(2 ** 30, 1, new Uint8Array(512).fill(1));
  image.read = () => expect.fail('reads');
  expect(() => image.clear(0, 2 ** 30)).not.toThrow();
  image.close();
  rmSync(path);
});

it('leaves no file behind that could not get its size, and touches none that was there', () => {
  const path = join(folder, 'huge.img');
  expect(() => FileImage.create(path, TOO_LONG, false)).toThrow(InputError);
  expect(readdirSync(folder)).toEqual([]);
  writeFileSync(path, 'mine');
  expect(() => FileImage.create(path, 512, false)).toThrow(/exists/);
  expect(() => FileImage.create(path, TOO_LONG, true)).toThrow(InputError);
  expect(readdirSync(folder)).toEqual(['huge.img']);
});

it.each([0, 1, 2, 3, 4095, 4096, 4097, 2 ** 31 + 5])(
  'counts the %d sectors that can be read',
  (sectors) => {
    const path = join(folder, 'counted.img');
    FileImage.create(path, sectors * 512, false).close();
    const file = openSync(path, 'r');
    expect(sectorsOf(file)).toBe(sectors);
    closeSync(file);
    rmSync(path);
  },
);
