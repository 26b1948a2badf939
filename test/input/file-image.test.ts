import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { InputError } from '../../src/engine/core/errors.js';
import { FileImage } from '../../src/input/image/file-image.js';

const folder = mkdtempSync(join(tmpdir(), 'vmtop-image-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Longer than any file system and Node take: exact integers end at 2^53. */
const TOO_LONG = 2 ** 60;

it('leaves no file behind that could not get its size, and touches none that was there', () => {
  const path = join(folder, 'huge.img');
  expect(() => FileImage.create(path, TOO_LONG, false)).toThrow(InputError);
  expect(readdirSync(folder)).toEqual([]);
  writeFileSync(path, 'mine');
  expect(() => FileImage.create(path, 512, false)).toThrow(/exists/);
  expect(() => FileImage.create(path, TOO_LONG, true)).toThrow(InputError);
  expect(readdirSync(folder)).toEqual(['huge.img']);
});
