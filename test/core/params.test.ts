import { expect, it } from 'vitest';
import { InputError } from '../../src/engine/core/errors.js';
import { checkValues, count, duration } from '../../src/engine/core/params.js';

const params = {
  delay: duration('1ms', '1us', '1s', 'how long'),
  parts: count(4, 1, 8, 'how many'),
};

function problemsOf(given: Record<string, number>): string[] {
  try {
    checkValues(params, given, 'fault x');
  } catch (error) {
    return (error as InputError).problems.map(({ place, message }) => `${place}: ${message}`);
  }
  return [];
}

it('settings in base units are held to their limits, all problems at once', () => {
  expect(problemsOf({})).toEqual([]);
  expect(problemsOf({ delay: 1e3, parts: 8 })).toEqual([]);
  expect(problemsOf({ delay: 999, parts: Number.NaN, other: 1 })).toEqual([
    'fault x.delay: 999 is not in the range 1 us to 1 s',
    'fault x.parts: NaN is not in the range 1 to 8',
    'fault x.other: unknown setting',
  ]);
  expect(() => checkValues(params, { parts: 9 }, '')).toThrow(InputError);
});
