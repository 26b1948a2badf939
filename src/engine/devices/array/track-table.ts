/** Blocks of a cache track: 64 KiB. */
export const TRACK_BLOCKS = 128;

/** Ways of a set. */
const WAYS = 4;
const EMPTY = -1;
const TWO_32 = 0x100000000;

/** Handles of slots count in steps of this: the bytes of a slot lie side by side. */
const SLOT_BYTES = 8;

/** What a slot of the table holds. */
export const CLEAN = 0;
/** Newer than the disks. */
export const DIRTY = 1;
/** On its way to the disks. */
export const DESTAGING = 2;
/** On its way, and written again meanwhile. */
export const REDIRTIED = 3;

/**
 * Which tracks a cache holds: a four-way set-associative table in typed arrays, the least recently
 * used clean way is replaced. Of each track one range of blocks is valid, and one dirty.
 */
export class TrackTable {
  readonly slots: number;
  /** By handle of a slot, as `find` and `claim` return it. */
  readonly state: Uint8Array;
  readonly validFrom: Uint8Array;
  readonly validTo: Uint8Array;
  readonly dirtyFrom: Uint8Array;
  readonly dirtyTo: Uint8Array;
  /** For each set its four tracks, then when each was last used: one line of the processor's cache. */
  private readonly sets: Float64Array;
  private readonly scale: number;
  private clock = 0;

  /** @param tracks size; rounded down to whole sets, at least one */
  constructor(tracks: number) {
    const sets = Math.max(1, Math.floor(tracks / WAYS));
    const slots = sets * WAYS;
    this.slots = slots;
    this.scale = sets / TWO_32;
    this.sets = new Float64Array(2 * slots).fill(EMPTY);
    const bytes = new Uint8Array(slots * SLOT_BYTES);
    this.state = bytes.subarray(0);
    this.validFrom = bytes.subarray(1);
    this.validTo = bytes.subarray(2);
    this.dirtyFrom = bytes.subarray(3);
    this.dirtyTo = bytes.subarray(4);
  }

  /** Handle of the slot of a track, or -1. */
  find(track: number): number {
    const { sets } = this;
    const set = this.setOf(track);
    const first = set * 2 * WAYS;
    const slot = set * WAYS * SLOT_BYTES;
    if (sets[first] === track) return slot;
    if (sets[first + 1] === track) return slot + SLOT_BYTES;
    if (sets[first + 2] === track) return slot + 2 * SLOT_BYTES;
    if (sets[first + 3] === track) return slot + 3 * SLOT_BYTES;
    return -1;
  }

  /** The track a slot holds. */
  trackOf(slot: number): number {
    return this.sets[placeOf(slot)];
  }

  /** Marks the slot as used just now. */
  touch(slot: number): void {
    this.sets[placeOf(slot) + WAYS] = ++this.clock;
  }

  /** A slot for a track that has none, with blocks `from..to` valid; -1 when all ways are dirty. */
  claim(track: number, from: number, to: number): number {
    const { sets, state } = this;
    const first = this.setOf(track) * WAYS * SLOT_BYTES;
    const end = first + WAYS * SLOT_BYTES;
    let oldest = -1;
    for (let slot = first; slot < end; slot += SLOT_BYTES) {
      if (state[slot] !== CLEAN) continue;
      if (oldest < 0 || sets[placeOf(slot) + WAYS] < sets[placeOf(oldest) + WAYS]) oldest = slot;
    }
    if (oldest < 0) return -1;
    sets[placeOf(oldest)] = track;
    this.validFrom[oldest] = from;
    this.validTo[oldest] = to;
    this.touch(oldest);
    return oldest;
  }

  /**
   * Makes blocks `from..to` of a slot valid. A clean range that does not touch them is forgotten;
   * a dirty track keeps everything between, as if the gap had been read.
   */
  cover(slot: number, from: number, to: number): void {
    const { validFrom, validTo } = this;
    const apart = from > validTo[slot] + 1 || to + 1 < validFrom[slot];
    if (apart && this.state[slot] === CLEAN) {
      validFrom[slot] = from;
      validTo[slot] = to;
      return;
    }
    if (from < validFrom[slot]) validFrom[slot] = from;
    if (to > validTo[slot]) validTo[slot] = to;
  }

  /** Fibonacci hashing: neighbouring tracks land in sets far apart and evenly spread. */
  private setOf(track: number): number {
    const hash = Math.imul(track | 0, 0x9e3779b1) >>> 0;
    return Math.floor(hash * this.scale);
  }
}

/** Where a slot's track stands in `sets`; its last use stands four places on. */
function placeOf(slot: number): number {
  const number = slot / SLOT_BYTES;
  return number + (number & -WAYS);
}
