import { alignDown, alignUp, sameBytes } from './bytes.js';
import type { Journal } from './journal.js';
import type { VolumeBytes } from './logical-volume.js';

/** What is written whole or not at all. */
export const SECTOR_BYTES = 512;

/**
 * The metadata of a volume. Changes gather in memory as sectors and reach the volume together in
 * `commit`, by way of the journal where there is one: after a loss of power all of them are there or
 * none. User data does not pass through here; like on ESXi it is never journalled.
 */
export class Store {
  /** Sector number to its new content. */
  private readonly pending = new Map<number, Uint8Array>();
  /** Content that replay of a journal would write, on a volume that must not be written to. */
  private readonly replayed = new Map<number, Uint8Array>();
  journal: Journal | undefined;
  /** Where somebody wants to know: the locks that guard what has been changed. */
  changedLocks: Set<number> | undefined;
  /** Where somebody wants to know: the locks of objects that come or go. */
  passingLocks: Set<number> | undefined;

  constructor(private volume: VolumeBytes) {}

  /** The volume has become larger; what it held is where it was. */
  enlarge(volume: VolumeBytes): void {
    this.volume = volume;
  }

  /** Sectors changed since the last commit. */
  get dirtySectors(): number {
    return this.pending.size;
  }

  /**
   * A copy of any range of the volume, with what is pending.
   * @param lock volume address of the lock block that guards the range, for volumes several hosts use;
   *   none for what never changes once a volume is formatted
   */
  read(at: number, length: number, lock?: number): Uint8Array {
    const start = alignDown(at, SECTOR_BYTES);
    const bytes = new Uint8Array(alignUp(at + length, SECTOR_BYTES) - start);
    this.volume.read(start, bytes, lock);
    this.overlay(this.replayed, start, bytes);
    this.overlay(this.pending, start, bytes);
    return bytes.subarray(at - start, at - start + length);
  }

  private overlay(sectors: ReadonlyMap<number, Uint8Array>, start: number, into: Uint8Array): void {
    if (sectors.size === 0) return;
    const first = start / SECTOR_BYTES;
    const count = into.length / SECTOR_BYTES;
    if (sectors.size < count) {
      for (const [sector, content] of sectors) {
        const index = sector - first;
        if (index >= 0 && index < count) into.set(content, index * SECTOR_BYTES);
      }
      return;
    }
    for (let index = 0; index < count; index++) {
      const content = sectors.get(first + index);
      if (content !== undefined) into.set(content, index * SECTOR_BYTES);
    }
  }

  /** Changes a range with the next commit; sectors that stay the same are not written. */
  write(at: number, bytes: Uint8Array, lock?: number): void {
    const start = alignDown(at, SECTOR_BYTES);
    const end = alignUp(at + bytes.length, SECTOR_BYTES);
    const whole = this.read(start, end - start, lock);
    for (let from = start; from < end; from += SECTOR_BYTES) {
      const first = Math.max(from, at);
      const part = bytes.subarray(first - at, Math.max(first, from + SECTOR_BYTES) - at);
      const target = whole.subarray(from - start, from - start + SECTOR_BYTES);
      if (sameBytes(part, target.subarray(first - from, first - from + part.length))) continue;
      target.set(part, first - from);
      if (lock !== undefined) this.changedLocks?.add(lock);
      // A copy of its own: the range read around it need not stay in memory.
      this.pending.set(from / SECTOR_BYTES, target.slice());
    }
  }

  /**
   * Writes at once what nothing on the volume refers to yet: the content of blocks that the pending
   * changes allocate.
   * @param at a multiple of 512, as `bytes.length` is
   */
  writeFresh(at: number, bytes: Uint8Array, lock?: number): void {
    for (let from = 0; from < bytes.length; from += SECTOR_BYTES) {
      this.pending.delete((at + from) / SECTOR_BYTES);
    }
    if (lock !== undefined) this.changedLocks?.add(lock);
    this.volume.write(at, bytes, lock);
  }

  commit(): void {
    if (this.pending.size === 0) return;
    const sectors = [...this.pending].sort(([one], [other]) => one - other);
    this.pending.clear();
    // One sector is atomic by itself; the data it may refer to comes first in any case.
    const journal = sectors.length > 1 ? this.journal : undefined;
    this.volume.flush();
    journal?.log(sectors);
    this.writeSectors(sectors);
    this.volume.flush();
    journal?.clear();
  }

  rollback(): void {
    this.pending.clear();
  }

  /** Shows the content a journal holds without writing it. */
  replay(sectors: Iterable<readonly [number, Uint8Array]>): void {
    for (const [sector, content] of sectors) this.replayed.set(sector, content);
  }

  /** Neighbours go out in one write. */
  private writeSectors(sectors: readonly (readonly [number, Uint8Array])[]): void {
    for (const [at, run] of sectorRuns(sectors)) this.volume.write(at, run);
  }
}

/**
 * Sectors joined with their neighbours: what one write each takes.
 * @param sectors number and content, in order
 * @returns address on the volume and content of each run, in bytes
 */
export function* sectorRuns(
  sectors: readonly (readonly [number, Uint8Array])[],
): Generator<readonly [number, Uint8Array], void> {
  for (let from = 0; from < sectors.length; ) {
    const first = sectors[from][0];
    let to = from + 1;
    while (to < sectors.length && sectors[to][0] === first + (to - from)) to++;
    const run = new Uint8Array((to - from) * SECTOR_BYTES);
    for (let index = from; index < to; index++) {
      run.set(sectors[index][1], (index - from) * SECTOR_BYTES);
    }
    yield [first * SECTOR_BYTES, run];
    from = to;
  }
}
