import { describe, expect, test } from 'vitest';
import { bundledScenarios } from '../../src/scenario/bundled.js';
import { loadScenario } from '../../src/scenario/load.js';
import { beside, cut, plain, shorten, shortenMiddle, widthOf, wrap } from '../../src/tui/text.js';

const RED = '\u001B[31m';
const OFF = '\u001B[0m';

describe('cut', () => {
  test('counts columns, not codes, and pads', () => {
    expect(cut('abcdef', 2, 4)).toBe('cd');
    expect(cut('ab', 0, 4)).toBe('ab  ');
    expect(widthOf(cut(`${RED}abcdef${OFF}`, 2, 4))).toBe(2);
  });

  test('keeps the style that is on and closes it', () => {
    expect(cut(`${RED}abcdef${OFF}`, 2, 4)).toBe(`${RED}cd${OFF}`);
  });

  test('beyond the end there are blanks', () => {
    expect(cut('abc', 5, 8)).toBe('   ');
  });
});

test('plain: nothing from outside can move the cursor or take two columns', () => {
  expect(plain('a\u001B[2Jb')).toBe('a?[2Jb');
  expect(plain('a\nb\tc')).toBe('a?b c');
  expect(plain('数据')).toBe('??');
  expect(plain('e\u0301')).toBe('e?');
  expect(plain('µs → é')).toBe('µs → é');
});

test('shorten marks what is left out', () => {
  expect(shorten('abcdef', 4, '~')).toBe('abc~');
  expect(shorten('abc', 4, '~')).toBe('abc');
  expect(shortenMiddle('naa.600000000000000000000001', 12, '~')).toBe('naa.60~00001');
  expect(shortenMiddle('naa.600000000000000000000001', 12, '~')).toHaveLength(12);
});

test('wrap breaks at blanks, and inside words only when it must', () => {
  expect(wrap('one two three', 7)).toEqual(['one two', 'three']);
  expect(wrap('abcdefgh', 3)).toEqual(['abc', 'def', 'gh']);
  for (const line of wrap('the quick brown fox jumps over the lazy dog', 11)) {
    expect(line.length).toBeLessThanOrEqual(11);
  }
});

test('beside gives every row the full width', () => {
  const rows = beside(
    [
      { rows: ['a'], width: 3 },
      { rows: ['b', 'c'], width: 2 },
    ],
    2,
    1,
  );
  expect(rows).toEqual(['a   b ', '    c ']);
});

test('what the bundled drills tell can be read in the two rows of an 80-column screen', () => {
  for (const scenario of bundledScenarios()) {
    for (const { text } of loadScenario(scenario).narrative) {
      expect(wrap(plain(text), 80 - 3).length, text).toBeLessThanOrEqual(2);
    }
  }
});
