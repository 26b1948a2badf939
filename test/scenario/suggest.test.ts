import { describe, expect, it } from 'vitest';
import { editDistance, suggest } from '../../src/scenario/suggest.js';

describe('editDistance', () => {
  it('counts insertions, deletions, replacements and swaps', () => {
    expect(editDistance('vmfs', 'vmfs')).toBe(0);
    expect(editDistance('vmf', 'vmfs')).toBe(1);
    expect(editDistance('vmfss', 'vmfs')).toBe(1);
    expect(editDistance('nmfs', 'vmfs')).toBe(1);
    expect(editDistance('mvfs', 'vmfs')).toBe(1);
    expect(editDistance('kitten', 'sitting')).toBe(3);
    expect(editDistance('', 'abc')).toBe(3);
  });
});

describe('suggest', () => {
  it('names the nearest known word', () => {
    expect(suggest('duraton', ['seed', 'duration'])).toBe('did you mean "duration"?');
  });

  it('lists what is known when nothing is near', () => {
    expect(suggest('xyzzy', ['seed', 'duration'])).toBe('known here: seed, duration');
    expect(suggest('xyzzy', [])).toBe('none are defined');
  });

  it('cuts long lists', () => {
    const names = Array.from({ length: 20 }, (_, index) => `array-number-${index}`);
    expect(suggest('x', names)).toMatch(/and 8 more$/);
  });
});
