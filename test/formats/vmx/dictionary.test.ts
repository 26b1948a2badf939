/** Text forms of a machine's files: what is read is written back, whatever it is. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../../../src/engine/core/errors.js';
import { Dictionary } from '../../../src/engine/formats/dictionary/dictionary.js';
import { Descriptor } from '../../../src/engine/formats/vmdk/descriptor.js';
import { readHardware } from '../../../src/engine/formats/vmx/hardware.js';
import { SnapshotList } from '../../../src/engine/formats/vmx/snapshot-list.js';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const read = (text: string): Dictionary => Dictionary.read(bytesOf(text), 'web1.vmx');

/** Lines of all kinds (reference `stack-upper.md`, section 17). */
const TEXT = [
  '#!/usr/bin/vmware\r',
  '.encoding = "UTF-8"\r',
  '',
  'displayName = "Wéb |22one|22"\r',
  '# a comment = "x"',
  'scsi0.Present="TRUE"',
  '  memSize   =   "4096"  \r',
  'memsize = "2048"',
  'old = unquoted words',
  'noted = "x"  # why',
  'what is this',
  'guestinfo.blob = "a=b#c"',
].join('\n');

/** Anything that lines may be made of, whole lines among it. */
const anyText = fc
  .array(
    fc.oneof(
      fc.constantFrom('"', '=', '|22', '|', '#', '\n', '\r\n', ' ', '\t', 'é', '\u20ac', '\ufeff'),
      fc.constantFrom('scsi0.present = "TRUE"\n', 'uid = 3', '.encoding = "windows-1252"\n'),
      fc.string({ maxLength: 6 }),
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join('').replaceAll('\0', ''));

describe('a dictionary', () => {
  it('is read with keys in any case, escapes, and the last of several', () => {
    const vmx = read(TEXT);
    expect(textOf(vmx.bytes())).toBe(TEXT);
    expect(vmx.get('DISPLAYNAME')).toBe('Wéb "one"');
    expect(vmx.isTrue('scsi0.present')).toBe(true);
    expect(vmx.get('memSize')).toBe('2048');
    expect(vmx.get('old')).toBe('unquoted words');
    expect(vmx.get('noted')).toBe('x');
    expect(vmx.get('guestinfo.blob')).toBe('a=b#c');
    expect(vmx.repeated()).toEqual(['memsize']);
    expect(vmx.strays()).toEqual([11]);
    expect(vmx.keys()[0]).toBe('.encoding');
  });

  it('changes only the line a change is about', () => {
    const vmx = read(TEXT);
    vmx.set('DisplayName', 'a "b"|\n');
    vmx.set('memSize', '8192');
    vmx.set('noted', 'y');
    vmx.set('new.key', 'x');
    vmx.remove('old');
    expect(vmx.get('displayName')).toBe('a "b"|\n');
    expect(textOf(vmx.bytes())).toBe(
      `${TEXT.replace('Wéb |22one|22', 'a |22b|22|7C|0A')
        .replace('memsize = "2048"', 'memsize = "8192"')
        .replace('noted = "x"', 'noted = "y"')
        .replace('old = unquoted words\n', '')}\r\nnew.key = "x"\r\n`,
    );
  });

  it('keeps other encodings, and refuses what they cannot say', () => {
    const head = bytesOf('.encoding = "windows-1252"\ndisplayName = "');
    const western = Uint8Array.of(...head, 0x80, 0xe9, 0x81, 0x22, 10);
    const vmx = Dictionary.read(western, 'x');
    expect(vmx.get('displayName')).toBe('\u20acé\u0081');
    expect(vmx.bytes()).toEqual(western);
    vmx.set('displayName', 'š€');
    expect([...vmx.bytes().slice(head.length)]).toEqual([0x9a, 0x80, 0x22, 10]);
    vmx.set('displayName', '漢');
    expect(() => vmx.bytes()).toThrow(/windows-1252/);
    const chinese = Uint8Array.of(...bytesOf('.encoding = "GBK"\na = "'), 0xba, 0xba, 0x22);
    expect(Dictionary.read(chinese, 'x').bytes()).toEqual(chinese);
  });

  it('gives back any text and any bytes, and what was set', () => {
    fc.assert(
      fc.property(anyText, fc.string(), (text, value) => {
        const vmx = read(text);
        expect(textOf(vmx.bytes())).toBe(textOf(bytesOf(text)));
        const set = value.replace(/[\u0000\ud800-\udfff]/g, '');
        const key = 'Scsi0.present';
        const western = read(`.encoding = "UTF-8"\n${text.replaceAll('.encoding', '')}`);
        western.set(key, set);
        const again = Dictionary.read(western.bytes(), 'again');
        expect(again.get(key)).toBe(set);
        again.remove(key);
        expect(again.get(key)).toBeUndefined();
      }),
      { numRuns: 300 },
    );
    const bytes = fc.uint8Array({ maxLength: 60 }).map((all) => all.filter((byte) => byte !== 0));
    fc.assert(
      fc.property(bytes, (all) => {
        expect(Dictionary.read(all, 'x').bytes()).toEqual(all);
        const text = Uint8Array.of(...bytesOf('version=1\nRW 1 ZERO\n# '), ...all);
        try {
          expect(Descriptor.read(text, 'd').bytes()).toEqual(text);
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('is refused when it is no text or has no end, with no other error ever', () => {
    expect(() => read('a\0b')).toThrow(/zero byte at byte 1/);
    expect(() => read('a'.repeat((1 << 20) + 1))).toThrow(/at most 1048576/);
    fc.assert(
      fc.property(anyText, (text) => {
        const vmx = read(`config.version = "8"\n${text}`);
        for (const use of [
          () => readHardware(vmx, 'x'),
          () => new SnapshotList(vmx, 'x').all(),
          () => Descriptor.parse(text, 'x'),
        ]) {
          try {
            use();
          } catch (error) {
            expect(error).toBeInstanceOf(FormatError);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it('takes 64 KB of the worst lines in little memory and time', () => {
    const worst = ['\n', 'a=\n', ' ', '='.repeat(7), 'k = "|22|22"\n'];
    const before = process.memoryUsage().heapUsed;
    const kept = worst.map((line) => read(line.repeat(65536 / line.length)));
    const used = process.memoryUsage().heapUsed - before;
    expect(kept[2].strays()).toEqual([]);
    expect(used).toBeLessThan(worst.length * (16 << 20));
  });
});
