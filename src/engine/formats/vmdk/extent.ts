/** What a stretch of a disk is. */
export const HOLE = 0;
export const ZERO = 1;
export const DATA = 2;

/** A stretch of equal kind, filled in by `probe`; one object serves a whole walk. */
export class Run {
  kind = HOLE;
  sectors = 0;
}

/** Anything that is read like a disk. Addresses and lengths in sectors of 512 bytes. */
export interface Sectors {
  readonly sectors: number;
  /**
   * Says what is at a sector: a hole (the parent's business, or zeros), zeros, or data; and for how many
   * sectors at most `limit` that is so at least.
   */
  probe(sector: number, limit: number, run: Run): void;
  /** Fills `into` from byte `at` on; a stretch for which `probe` said data. */
  read(sector: number, count: number, into: Uint8Array, at: number): void;
}

/** One extent of a disk: a file, or part of one. */
export interface Extent extends Sectors {
  /** Most sectors of data there can be without one place serving two: against files that multiply. */
  readonly sectorsMax: number;
}

/**
 * Sectors of data, by walking the tables.
 * @param most is counted no further than that: damaged tables can name one place millions of times
 */
export function countData(source: Sectors, most = Number.POSITIVE_INFINITY): number {
  const run = new Run();
  let data = 0;
  for (let at = 0; at < source.sectors && data <= most; at += run.sectors) {
    source.probe(at, source.sectors - at, run);
    if (run.kind === DATA) data += run.sectors;
  }
  return data;
}

/** True for zeros only. The length is a multiple of four, its start in the buffer too. */
export function isZeroes(bytes: Uint8Array, from: number, to: number): boolean {
  const words = new Int32Array(bytes.buffer, bytes.byteOffset + from, (to - from) >> 2);
  const fours = words.length & ~3;
  let at = 0;
  // Four at a time take two thirds of the time.
  for (; at < fours; at += 4) {
    if ((words[at] | words[at + 1] | words[at + 2] | words[at + 3]) !== 0) return false;
  }
  for (; at < words.length; at++) if (words[at] !== 0) return false;
  return true;
}
