/**
 * Power is lost between any two writes. A new disk is whole or seen not to be; a delta that is written to
 * has every write that had returned, and of the last one each sector is old or new.
 */
import { describe, expect, it } from 'vitest';
import { FormatError, InputError } from '../../../src/engine/core/errors.js';
import { DeltaWriter } from '../../../src/engine/formats/vmdk/delta-writer.js';
import { openDisk } from '../../../src/engine/formats/vmdk/disk.js';
import { FORMATS } from '../../../src/engine/formats/vmdk/formats.js';
import { zlibCodec } from '../../../src/input/image/zlib-codec.js';
import { child } from './chains.js';
import { contentOf, type MemoryFile, MemoryFolder, rawDisk, sequence, write } from './model.js';

/** Something a program did to a file. */
type Deed =
  | { readonly file: string; readonly at: number; readonly bytes: Uint8Array }
  | { readonly file: string; readonly length: number }
  | { readonly file: string; readonly created: true };

/** A folder that remembers every write, in order. */
class RecordingFolder extends MemoryFolder {
  readonly deeds: Deed[] = [];

  override put(name: string, content?: Uint8Array | string): MemoryFile {
    const file = super.put(name, content);
    this.deeds?.push({ file: name, created: true });
    const { write: writeIt, resize } = file;
    file.write = (at, bytes) => {
      this.deeds.push({ file: name, at, bytes: bytes.slice() });
      writeIt.call(file, at, bytes);
    };
    file.resize = (length) => {
      this.deeds.push({ file: name, length });
      resize.call(file, length);
    };
    return file;
  }
}

function carryOut(folder: MemoryFolder, deed: Deed): void {
  if ('created' in deed) folder.put(deed.file);
  else if ('length' in deed) folder.open(deed.file).resize(deed.length);
  else folder.open(deed.file).write(deed.at, deed.bytes);
}

/** Content of the disk; undefined when it cannot be opened or read. */
function read(folder: MemoryFolder): Buffer | undefined {
  try {
    return Buffer.from(contentOf(openDisk(folder, 'd.vmdk', zlibCodec)));
  } catch (error) {
    if (error instanceof FormatError || error instanceof InputError) return undefined;
    throw error;
  }
}

describe.each(FORMATS.filter(({ createType }) => createType !== ''))('new $name', ({ name }) => {
  it('is whole, or a check says that it is not', () => {
    const raw = rawDisk((3 << 20) + 512);
    const done = new RecordingFolder();
    write(done, 'd.vmdk', name, raw);
    const folder = new MemoryFolder();
    const states = done.deeds.map((deed) => {
      carryOut(folder, deed);
      const content = read(folder);
      if (content === undefined) return 'refused';
      const damaged = folder.check('d.vmdk').findings.of('error') > 0;
      return content.equals(raw) ? 'whole' : damaged ? 'seen' : 'wrong';
    });
    expect(states.at(-1)).toBe('whole');
    expect(new Set(states)).not.toContain('wrong');
    expect(states[0]).not.toBe('whole');
  });
});

describe.each(['vmfsSparse', 'seSparse'])('a %s delta', (format) => {
  it('keeps every write that had returned', () => {
    const sectors = 9000;
    const before = rawDisk(sectors * 512);
    const made = new MemoryFolder();
    write(made, 'base.vmdk', 'thin', before);
    child(made, 'base.vmdk', 'd.vmdk', format);
    const working = new RecordingFolder();
    const replica = new MemoryFolder();
    for (const [file, { bytes }] of made.files) {
      for (const folder of [working, replica]) {
        folder.put(file, made.open(file).content()).resize(bytes);
      }
    }
    working.deeds.length = 0;
    const disk = new DeltaWriter(working, 'd.vmdk', zlibCodec, sequence(4));
    const next = sequence(8);
    /** Content after each write, and how many deeds there were then. */
    const history = [{ deeds: 0, content: before }];
    for (let round = 0; round < 25; round++) {
      const length = 1 + (next() % 30);
      const at = next() % (sectors - length);
      const data = Uint8Array.from({ length: length * 512 }, () => next());
      disk.write(at, data);
      const content = history[round]!.content.slice();
      content.set(data, at * 512);
      history.push({ deeds: working.deeds.length, content });
    }
    disk.close();
    let round = 0;
    working.deeds.forEach((deed, index) => {
      carryOut(replica, deed);
      while (round + 1 < history.length && history[round + 1]!.deeds <= index + 1) round++;
      const content = read(replica);
      expect(content, `after ${index + 1} writes`).toBeDefined();
      const [old, now] = [history[round]!.content, (history[round + 1] ?? history[round])!.content];
      for (let at = 0; at < content!.length; at += 512) {
        const sector = content!.subarray(at, at + 512);
        if (sector.equals(old.subarray(at, at + 512))) continue;
        expect(sector.equals(now.subarray(at, at + 512)), `sector ${at / 512}`).toBe(true);
      }
      expect(replica.check('d.vmdk').findings.of('error')).toBe(0);
    });
    // What was cut short goes on: a new writer takes nothing that is in use.
    const again = new DeltaWriter(replica, 'd.vmdk', zlibCodec, sequence(5));
    const last = new Uint8Array(64 * 512).fill(9);
    again.write(100, last);
    again.close();
    const end = history.at(-1)!.content.slice();
    end.set(last, 100 * 512);
    expect(read(replica)?.equals(end)).toBe(true);
  });
});
