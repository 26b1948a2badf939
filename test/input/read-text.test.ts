import { afterAll, describe, expect, it } from 'vitest';
import { InputError } from '../../src/engine/core/errors.js';
import { readText } from '../../src/input/read-text.js';
import { Folder } from './samples.js';

const folder = new Folder();
afterAll(() => folder.remove());

describe('readText', () => {
  it('reads UTF-8 without its byte order mark', () => {
    expect(readText(folder.file('a.yaml', '\ufeffname: "größe"\n'))).toBe('name: "größe"\n');
    expect(readText(folder.file('empty.yaml', ''))).toBe('');
  });

  it.runIf(process.platform === 'linux')('reads files that state no size', () => {
    expect(readText('/proc/self/status')).toMatch(/^Name:/);
    expect(() => readText('/proc/self/status', 10)).toThrow(/at most 10 B in the file/);
  });

  it.each([
    ['what is not UTF-8', Uint8Array.of(0x61, 0xff), /expected UTF-8 text/],
    ['binary data', Uint8Array.of(0x61, 0x00), /found a zero byte at byte 1/],
    ['what is too long', 'x'.repeat(101), /at most 100 B/],
  ])('refuses %s', (name, content, message) => {
    const path = folder.file(name, content);
    expect(() => readText(path, 100)).toThrow(InputError);
    expect(() => readText(path, 100)).toThrow(message);
  });

  it('refuses a folder and a missing file', () => {
    expect(() => readText(folder.path)).toThrow(/found a directory/);
    expect(() => readText(`${folder.path}/none`)).toThrow(/no such file/);
  });
});
