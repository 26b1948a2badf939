/**
 * Logarithm and exponential from exact operations only: the built-ins return different last bits on
 * different processors and versions of V8 (architecture, section 4), which would change digests.
 */
const view = new Float64Array(1);
const words = new Uint32Array(view.buffer);
/** Which half of a double holds the exponent; true on every little-endian machine. */
const HIGH = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? 1 : 0;

const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;
const SQRT_2 = Math.sqrt(2);

/** 1/(2k+1), the coefficients of the series of atanh. */
const ATANH = Array.from({ length: 12 }, (_, k) => 1 / (2 * k + 1));
/** 1/k!, the coefficients of the series of exp. */
const FACTORIALS = ((): readonly number[] => {
  const inverse = [1];
  for (let k = 1; k <= 14; k++) inverse.push(inverse[k - 1] / k);
  return inverse;
})();

/** Natural logarithm of a positive normal number; relative error below 1e-15. */
export function ln(x: number): number {
  if (x === 0) return Number.NEGATIVE_INFINITY;
  view[0] = x;
  let exponent = (words[HIGH] >>> 20) - 1023;
  words[HIGH] = (words[HIGH] & 0x000fffff) | 0x3ff00000;
  let mantissa = view[0];
  if (mantissa > SQRT_2) {
    mantissa /= 2;
    exponent++;
  }
  const s = (mantissa - 1) / (mantissa + 1);
  const square = s * s;
  let sum = 0;
  for (let k = ATANH.length - 1; k >= 0; k--) sum = sum * square + ATANH[k];
  return exponent * LN2_HIGH + (2 * s * sum + exponent * LN2_LOW);
}

/** e to the power x, for |x| below 700; relative error below 1e-15. */
export function exp(x: number): number {
  const power = Math.round(x / (LN2_HIGH + LN2_LOW));
  const rest = x - power * LN2_HIGH - power * LN2_LOW;
  let sum = 0;
  for (let k = FACTORIALS.length - 1; k >= 0; k--) sum = sum * rest + FACTORIALS[k];
  return sum * powerOfTwo(power);
}

/** x to the power y for positive x: exp(y ln x). */
export function pow(x: number, y: number): number {
  return exp(y * ln(x));
}

/** 2 to an integer power in the normal range. */
export function powerOfTwo(power: number): number {
  view[0] = 0;
  words[HIGH] = (power + 1023) << 20;
  return view[0];
}
