/** Times of arm movements, ns. */
export interface SeekValues {
  /** To the next cylinder. */
  readonly seekTrack: number;
  /** Mean over pairs of random places. */
  readonly seekAverage: number;
  /** From edge to edge. */
  readonly seekFull: number;
}

/** Means of sqrt(|x - y|) and |x - y| for x, y uniform in [0, 1]: integrals of 2 (1 - d) f(d). */
const MEAN_ROOT = 8 / 15;
const MEAN_DISTANCE = 1 / 3;
/**
 * Limits of (full - track) / (average - track): at the lower the curve is flat at its far end, at the
 * upper it is a straight line. Both follow from the two means above.
 */
const STEEP_MIN = 15 / 11;
const STEEP_MAX = 3;

/**
 * Seek time by distance: `track + b sqrt(x) + c x`, x the part of the whole stroke. Short seeks
 * accelerate and brake (root), long ones coast (line): Ruemmler and Wilkes, "An introduction to disk
 * drive modeling", IEEE Computer 27(3), 1994. The three figures of a data sheet fix b and c.
 * A full stroke that no such curve reaches is taken as the nearest one that does.
 */
export class SeekCurve {
  private readonly root: number;
  private readonly line: number;
  private readonly span: number;

  constructor(
    private readonly values: SeekValues,
    cylinders: number,
  ) {
    const { seekTrack, seekAverage, seekFull } = values;
    const average = Math.max(0, seekAverage - seekTrack);
    const full = Math.min(STEEP_MAX * average, Math.max(STEEP_MIN * average, seekFull - seekTrack));
    this.root = (average - MEAN_DISTANCE * full) / (MEAN_ROOT - MEAN_DISTANCE);
    this.line = full - this.root;
    this.span = Math.max(1, cylinders - 1);
  }

  /** @param distance cylinders, from 0 */
  ns(distance: number): number {
    if (distance === 0) return 0;
    const part = Math.min(1, distance / this.span);
    return this.values.seekTrack + this.root * Math.sqrt(part) + this.line * part;
  }
}
