/** Blocks that are copied at once: 64 KiB, a track of the cache (model). */
export const GRAIN_BLOCKS = 128;

/** What a copy of a grain holds: a stamp for each 4 KiB, or its bytes. */
export type GrainContent = Float64Array | Uint8Array;

/** What a snapshot has of a LUN, grain by grain: one bit each. */
export class GrainMap {
  /** 1: nothing is to be copied for the snapshot any more. */
  private readonly done: Uint8Array;
  /** 1: the snapshot holds a copy. */
  private readonly held: Uint8Array;
  /** What its copies hold; only in runs that verify data. */
  private readonly content = new Map<number, GrainContent>();

  constructor(
    readonly name: string,
    grains: number,
  ) {
    this.done = new Uint8Array(Math.ceil(grains / 8));
    this.held = new Uint8Array(this.done.length);
  }

  isDone(grain: number): boolean {
    return (this.done[grain >>> 3] & (1 << (grain & 7))) !== 0;
  }

  /** The grain held nothing when the snapshot was made. */
  skip(grain: number): void {
    this.done[grain >>> 3] |= 1 << (grain & 7);
  }

  /** The snapshot gets a copy of the grain. @param content what it holds, in runs that verify data */
  hold(grain: number, content?: GrainContent): void {
    this.skip(grain);
    this.held[grain >>> 3] |= 1 << (grain & 7);
    if (content !== undefined) this.content.set(grain, content);
  }

  /** What its copy of a grain holds; undefined without a copy, or in runs that do not verify. */
  contentOf(grain: number): GrainContent | undefined {
    return this.content.get(grain);
  }

  /** Hands what only this snapshot has to the next older one; returns how many copies are not needed. */
  mergeInto(older: GrainMap | undefined): number {
    let freed = 0;
    for (const [grain, content] of this.content) {
      if (older?.isDone(grain) === false) older.content.set(grain, content);
    }
    for (let index = 0; index < this.held.length; index++) {
      const moved = older === undefined ? 0 : this.held[index] & ~older.done[index];
      freed += bitsOf(this.held[index] & ~moved);
      if (older === undefined) continue;
      older.held[index] |= moved;
      older.done[index] |= this.done[index];
    }
    return freed;
  }
}

function bitsOf(byte: number): number {
  let count = 0;
  for (let rest = byte; rest !== 0; rest &= rest - 1) count++;
  return count;
}
