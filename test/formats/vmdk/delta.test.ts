/** Deltas written as a running machine does: anywhere, again and again. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DeltaWriter } from '../../../src/engine/formats/vmdk/delta-writer.js';
import { Descriptor } from '../../../src/engine/formats/vmdk/descriptor.js';
import { openDisk } from '../../../src/engine/formats/vmdk/disk.js';
import { zlibCodec } from '../../../src/input/image/zlib-codec.js';
import { child } from './chains.js';
import { contentOf, MemoryFolder, rawDisk, sequence, write } from './model.js';
import { hasTool, run } from './tools.js';

const SECTORS = 33_001;
const FORMATS = ['vmfsSparse', 'seSparse'] as const;

const writer = (folder: MemoryFolder, name: string, seed = 1): DeltaWriter =>
  new DeltaWriter(folder, name, zlibCodec, sequence(seed));

/** Random content, or zeros: both are data of the delta. */
function bytes(sectors: number, seed: number): Uint8Array {
  const next = sequence(seed);
  return Uint8Array.from({ length: sectors * 512 }, () => (seed % 5 === 0 ? 0 : next()));
}

/** Places near ends of grains, of tables (2 MiB, 16 MiB) and of the disk. */
const place = fc.oneof(
  fc.nat(SECTORS - 1),
  fc.constantFrom(0, 7, 8, 4095, 4096, 32767, 32768, SECTORS - 3),
);
const step = fc.record({ at: place, sectors: fc.integer({ min: 1, max: 40 }), seed: fc.nat() });
const steps = fc.array(fc.record({ what: step, unmap: fc.boolean() }), { maxLength: 25 });

describe.each(FORMATS)('%s', (format) => {
  const other = format === 'seSparse' ? 'vmfsSparse' : 'seSparse';

  it('holds what was written, over a chain, whatever the order', () => {
    const base = rawDisk(SECTORS * 512);
    fc.assert(
      fc.property(steps, steps, (first, second) => {
        const folder = new MemoryFolder();
        write(folder, 'base.vmdk', 'thin', base);
        const model = base.slice();
        [first, second].forEach((changes, index) => {
          const [parent, name] = [['base', 'one'][index], ['one', 'two'][index]];
          const kind = [other, format][index] as string;
          child(folder, `${parent}.vmdk`, `${name}.vmdk`, kind);
          const disk = writer(folder, `${name}.vmdk`, index + 1);
          for (const { what, unmap } of changes) {
            const sectors = Math.min(what.sectors, SECTORS - what.at);
            const data = bytes(sectors, what.seed);
            disk.write(what.at, data);
            model.set(data, what.at * 512);
            if (!unmap || kind !== 'seSparse') continue;
            // Whole grains of 4 KiB are given back; the rest of the range stays.
            disk.unmap(what.at, sectors);
            const from = Math.ceil(what.at / 8) * 4096;
            const to = Math.floor((what.at + sectors) / 8) * 4096;
            if (to > from) model.fill(0, from, to);
          }
          expect(Buffer.from(contentOf(disk)).equals(model)).toBe(true);
          disk.close();
        });
        const again = openDisk(folder, 'two.vmdk', zlibCodec);
        expect(Buffer.from(contentOf(again)).equals(model)).toBe(true);
        // Grains that were given back are not named, and not yet reclaimed.
        const { findings } = folder.check('two.vmdk');
        expect(findings.list.filter(({ kind }) => kind !== 'unnamed')).toEqual([]);
      }),
      { numRuns: 6 },
    );
  });

  it('changes its content id once, with the first write', () => {
    const folder = new MemoryFolder();
    write(folder, 'base.vmdk', 'thin', rawDisk(1 << 20));
    child(folder, 'base.vmdk', 'one.vmdk', format);
    const [base, before] = [folder.text('base.vmdk'), folder.text('one.vmdk')];
    writer(folder, 'one.vmdk').close();
    expect(folder.text('one.vmdk')).toBe(before);
    const disk = writer(folder, 'one.vmdk', 9);
    disk.write(3, bytes(1, 1));
    const after = folder.text('one.vmdk');
    disk.write(9, bytes(1, 2));
    disk.close();
    expect(folder.text('one.vmdk')).toBe(after);
    const [old, now] = [before, after].map((text) => Descriptor.parse(text, 'one'));
    expect(now?.cid).not.toBe(old?.cid);
    expect(now?.get('ddb.longContentID')?.slice(-8)).toBe(now?.cid);
    expect(folder.text('base.vmdk')).toBe(base);
  });

  it('is read by qemu-img as the machine saw it', () => {
    if (!hasTool('qemu-img')) return;
    const memory = new MemoryFolder();
    const model = rawDisk(SECTORS * 512);
    write(memory, 'base.vmdk', 'thin', model);
    child(memory, 'base.vmdk', 'one.vmdk', format);
    const disk = writer(memory, 'one.vmdk');
    const next = sequence(3);
    for (let round = 1; round < 200; round++) {
      const at = next() % (SECTORS - 64);
      const data = bytes(1 + (next() % 60), round);
      disk.write(at, data);
      model.set(data, at * 512);
    }
    disk.close();
    const folder = mkdtempSync(join(tmpdir(), 'vmtop-delta-'));
    for (const [name, file] of memory.files) writeFileSync(join(folder, name), file.content());
    writeFileSync(join(folder, 'raw'), model);
    const [one, raw] = ['one.vmdk', 'raw'].map((name) => join(folder, name)) as [string, string];
    const { status, stdout } = run('qemu-img', 'compare', '-f', 'vmdk', '-F', 'raw', one, raw);
    rmSync(folder, { recursive: true });
    expect({ status, said: String(stdout).trim() }).toEqual({
      status: 0,
      said: 'Images are identical.',
    });
  });
});

it('only deltas are written in place', () => {
  const folder = new MemoryFolder();
  write(folder, 'base.vmdk', 'thin', rawDisk(4096));
  expect(() => writer(folder, 'base.vmdk')).toThrow(/only a snapshot's delta/);
});
