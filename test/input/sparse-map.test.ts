/** Holes of real files are found without reading them. */
import {
  closeSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DiskFile } from '../../src/input/image/disk-file.js';
import { parseSparseMap, readSparseMap } from '../../src/input/image/sparse-map.js';

const MIB = 1 << 20;
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vmtop-sparse-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A file of holes with one byte at each place. */
function sparse(name: string, bytes: number, places: readonly number[]): string {
  const path = join(folder, name);
  const file = openSync(path, 'w');
  ftruncateSync(file, bytes);
  for (const at of places) writeSync(file, Buffer.of(1), 0, 1, at);
  closeSync(file);
  return path;
}

describe('a sparse file', () => {
  const places = [0, 5 * MIB, 900_000 * MIB];

  it('has its data where it was written, and nothing else is called data', () => {
    const path = sparse('name with "quotes" and \u00fc', 1_000_000 * MIB, places);
    // File systems without holes have nothing to find.
    if (statSync(path).blocks * 512 > 64 * MIB || readSparseMap(path) === undefined) return;
    const file = DiskFile.open(path, false);
    const found: number[] = [];
    for (let at = file.nextData(0); at < file.bytes; at = file.nextData(file.nextHole(at))) {
      found.push(at);
      // Blocks of file systems have up to 64 KiB.
      expect(file.nextHole(at) - at).toBeLessThanOrEqual(65536);
    }
    expect(found).toEqual(places);
    // Backwards as well as forwards.
    expect(file.nextData(6 * MIB)).toBe(900_000 * MIB);
    expect(file.nextData(MIB)).toBe(5 * MIB);
    expect(file.nextHole(MIB)).toBeGreaterThan(5 * MIB);
    file.close();
  });

  it('that is written to is looked at anew', () => {
    const path = join(folder, 'new');
    const file = DiskFile.create(path, 'new');
    file.resize(16 * MIB);
    expect(file.nextData(0)).toBe(16 * MIB);
    file.write(8 * MIB, new Uint8Array(65536).fill(1));
    expect(file.nextData(0)).toBeLessThanOrEqual(8 * MIB);
    expect(file.nextHole(8 * MIB)).toBeGreaterThan(8 * MIB);
    file.close();
  });

  it('that is full, small or gone is data from end to end, or says so', () => {
    const small = DiskFile.open(sparse('small', MIB, []), false);
    expect([small.nextData(7), small.nextHole(7)]).toEqual([7, MIB]);
    small.close();
    expect(readSparseMap(join(folder, 'none'))).toBeUndefined();
  });
});

it('a damaged map is none', () => {
  const archive = (text: string, settings = 'GNU.sparse.major=1\nGNU.sparse.minor=0\n') => {
    const bytes = Buffer.alloc(2048);
    bytes.write(settings.length.toString(8).padStart(11, '0'), 124);
    bytes.write('x', 156);
    bytes.write(settings, 512);
    bytes.write(text, 1536);
    return bytes;
  };
  expect([...(parseSparseMap(archive('2\n0\n4096\n8192\n10\n')) ?? [])]).toEqual([
    0, 4096, 8192, 8202,
  ]);
  for (const text of ['', '2\n0\n4096\n', '2\n9\n9\n0\n1\n', '99999999\n', 'x\n', '-1\n']) {
    expect(parseSparseMap(archive(text)), text).toBeUndefined();
  }
  expect(parseSparseMap(archive('0\n', 'GNU.sparse.major=2\n'))).toBeUndefined();
  expect(parseSparseMap(new Uint8Array(100))).toBeUndefined();
});
