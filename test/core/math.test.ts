import { describe, expect, it } from 'vitest';
import { exp, ln, pow, powerOfTwo } from '../../src/engine/core/math.js';
import { Random } from '../../src/engine/core/random.js';

const draw = new Random(7).stream('math');
const near = (value: number, reference: number): number =>
  Math.abs(value - reference) / Math.max(Math.abs(reference), 1e-300);

describe('exact arithmetic', () => {
  it('ln and exp agree with the built-ins to 1e-14 over their range', () => {
    for (let trial = 0; trial < 20_000; trial++) {
      const x = draw.unit() * 10 ** (draw.below(30) - 15) + 1e-18;
      if (Math.abs(Math.log(x)) > 1e-3) expect(near(ln(x), Math.log(x))).toBeLessThan(1e-14);
      const y = (draw.unit() - 0.5) * 200;
      expect(near(exp(y), Math.exp(y))).toBeLessThan(1e-13);
    }
    expect(ln(1)).toBe(0);
    expect(exp(0)).toBe(1);
    expect(near(pow(2, 0.5), Math.SQRT2)).toBeLessThan(1e-14);
    expect([-10, 0, 40].map(powerOfTwo)).toEqual([2 ** -10, 1, 2 ** 40]);
  });

  it('draws are uniform, exponential draws have their mean, streams are independent by name', () => {
    const random = new Random(1);
    const stream = random.stream('a');
    let sum = 0;
    let squares = 0;
    const n = 200_000;
    for (let i = 0; i < n; i++) {
      const value = stream.exponential(1000);
      sum += value;
      squares += value * value;
    }
    const mean = sum / n;
    expect(Math.abs(mean - 1000)).toBeLessThan(1000 * 0.01);
    expect(Math.abs(Math.sqrt(squares / n - mean * mean) - 1000)).toBeLessThan(20);
    const again = new Random(1).stream('a');
    const other = random.stream('b');
    const first = Array.from({ length: 8 }, () => again.next());
    expect(Array.from({ length: 8 }, () => new Random(1).stream('a')).map((s) => s.next())[0]).toBe(
      first[0],
    );
    expect(Array.from({ length: 8 }, () => other.next())).not.toEqual(first);
    const counts = new Array(16).fill(0);
    for (let i = 0; i < 160_000; i++) counts[stream.below(16)]++;
    // Chi-square with 15 degrees of freedom: 37.7 is the 0.1 % point.
    const chi = counts.reduce((total, count) => total + (count - 10_000) ** 2 / 10_000, 0);
    expect(chi).toBeLessThan(37.7);
  });
});
