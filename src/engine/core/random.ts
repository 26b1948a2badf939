import { ln } from './math.js';

/** 32-bit FNV-1a over UTF-16 code units: turns a component's name into part of its seed. */
function hashName(name: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < name.length; index++) {
    hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193);
  }
  return hash | 0;
}

/** Finaliser of a 32-bit counter (constants of the public-domain `lowbias32` mixing function). */
function mix(value: number): number {
  let x = value | 0;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return x ^ (x >>> 16);
}

/**
 * A stream of random numbers: the xoshiro128** generator (Blackman and Vigna, 2018), 32-bit integer
 * operations only, so the bits are the same on every machine.
 */
export class Stream {
  private a: number;
  private b: number;
  private c: number;
  private d: number;

  constructor(seed: number, name: string) {
    const start = mix(seed ^ hashName(name));
    this.a = mix(start + 0x9e3779b9);
    this.b = mix(start + 0x3c6ef372);
    this.c = mix(start + 0xdaa66d2b);
    this.d = mix(start + 0x78dde6e4) | 1;
  }

  /** Uniform over the 32-bit unsigned integers. */
  next(): number {
    const x = Math.imul(this.b, 5);
    const result = Math.imul((x << 7) | (x >>> 25), 9);
    const t = this.b << 9;
    this.c ^= this.a;
    this.d ^= this.b;
    this.b ^= this.c;
    this.a ^= this.d;
    this.c ^= t;
    this.d = (this.d << 11) | (this.d >>> 21);
    return result >>> 0;
  }

  /** Uniform in [0, 1), 53 bits. */
  unit(): number {
    const high = this.next() >>> 5;
    return (high * 0x4000000 + (this.next() >>> 6)) / 0x20000000000000;
  }

  /** Uniform integer in [0, bound); bound up to 2^53. */
  below(bound: number): number {
    return Math.floor(this.unit() * bound);
  }

  /** Exponential with the given mean. */
  exponential(mean: number): number {
    return -mean * ln(1 - this.unit());
  }
}

/** One seed for a run; one stream per component name, so adding a disk changes no other draw. */
export class Random {
  constructor(readonly seed: number) {}

  stream(name: string): Stream {
    return new Stream(this.seed, name);
  }
}
