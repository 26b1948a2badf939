/** What is wrong with the content of a block that was read. */
export type Wrong =
  /** An acknowledged write is gone: something older was read, and nobody has ever read the write. */
  | 'lost'
  /** Something older was read than what a read had returned before. */
  | 'stale'
  /** Something was read that this guest never wrote to this block. */
  | 'foreign';

/** Outcome not known: in flight, or ended in an error. */
const OPEN = Number.POSITIVE_INFINITY;

/** At some time after `from` and before `to` a version surely was in the block. */
interface Sighting {
  readonly from: number;
  readonly to: number;
}

/** One write to a block. Instants are numbers of steps of the guest: issues and completions. */
interface Version {
  /** Number of the write; 0 is the block as it was before the first. */
  readonly write: number;
  /** It reads as zeros: the block before its first write, or after an UNMAP. */
  readonly zeros: boolean;
  readonly begunAt: number;
  /** It cannot take effect (again) after this: the write was acknowledged. */
  doneAt: number;
  /** Start of the last read that returned it; -1 for none. */
  readAt: number;
  sightings: Sighting[];
}

/** Fewer versions than this are not worth clearing up (model). */
const FEW = 8;

/**
 * What a block of a disk may hold, as the one guest that uses it knows it from its own commands.
 *
 * A write takes effect at some time between its issue and its acknowledgement, and where a layer
 * sent it again perhaps more than once. Writes in flight at the same time do so in any order; one
 * that ended in an error may do so at any later time, or never. A version is over once another one
 * was in the block after it was done.
 *
 * The test is that of Gibbons and Korach for atomic registers (Testing Shared Memories, 1997), eased
 * for repeated writes. It blames no read that any course of events explains; of random histories
 * that none explains it misses 1 in 400, all of several reads and writes at once.
 */
export class BlockHistory {
  private versions: Version[] = [
    { write: 0, zeros: true, begunAt: -1, doneAt: -1, readAt: -1, sightings: [] },
  ];
  /** Clearing up is worth it again when there are more versions than this. */
  private enough = FEW;

  /**
   * A write is issued.
   * @param write its number, greater than of all before
   * @param zeros it gives the block back: an UNMAP, after which zeros are read
   */
  begin(write: number, now: number, zeros = false): void {
    this.versions.push({ write, zeros, begunAt: now, doneAt: OPEN, readAt: -1, sightings: [] });
  }

  /** As it is now, for who may set the block back to it. */
  copy(): BlockHistory {
    const copy = new BlockHistory();
    copy.versions = this.versions.map((version) => ({
      ...version,
      sightings: [...version.sightings],
    }));
    copy.enough = this.enough;
    return copy;
  }

  /** A write whose outcome is not known any more, as if it had never ended. */
  reopen(write: number, now: number, zeros: boolean): void {
    const version = this.find(write);
    if (version === undefined) this.begin(write, now, zeros);
    else version.doneAt = OPEN;
  }

  /** The block may as well be as another history has it: what that allows may come back at any time. */
  mix(other: BlockHistory, now: number): void {
    for (const version of other.current(now)) {
      const known = this.find(version.write);
      if (known !== undefined) {
        known.doneAt = OPEN;
        continue;
      }
      this.versions.push({ ...version, begunAt: now, doneAt: OPEN, readAt: -1, sightings: [] });
      this.versions.sort((one, two) => one.write - two.write);
    }
  }

  /**
   * A write ended well. One that ended in an error is not told of: its outcome stays unknown.
   * @param oldestRead when the oldest read in flight began, or now
   */
  acknowledge(write: number, now: number, oldestRead: number): void {
    const version = this.find(write);
    if (version !== undefined) {
      version.doneAt = now;
      see(version, { from: version.begunAt, to: now }, oldestRead);
    }
    this.clearUp(oldestRead);
  }

  /** A command ended well that need not have changed this block: if it did, then by now. */
  conclude(write: number, now: number, oldestRead: number): void {
    const version = this.find(write);
    if (version !== undefined) version.doneAt = now;
    this.clearUp(oldestRead);
  }

  /**
   * A read that began at `began` has returned a write, or zeros (0); says what is wrong with that.
   * Zeros may be of several versions: then nothing is learnt about any of them.
   */
  read(write: number, began: number, now: number, oldestRead: number): Wrong | undefined {
    const found = this.sourcesOf(write, began);
    if (found.length === 0) {
      return this.versions.some((other) => other.readAt >= 0 && other.write > write)
        ? 'stale'
        : 'lost';
    }
    if (found.length > 1) return undefined;
    const [version] = found;
    version.readAt = Math.max(version.readAt, began);
    see(version, { from: began, to: now }, oldestRead);
    return undefined;
  }

  /** Numbers of the writes a read that began at `began` may return; 0 for zeros. */
  allowed(began: number): number[] {
    return [...new Set(this.current(began).map(({ write, zeros }) => (zeros ? 0 : write)))];
  }

  /** Versions a read that began at `began` can have this content from. */
  private sourcesOf(write: number, began: number): Version[] {
    if (write === 0) return this.current(began).filter(({ zeros }) => zeros);
    const version = this.find(write);
    const isSource = version !== undefined && !version.zeros && !this.isOver(version, began);
    return isSource ? [version] : [];
  }

  private clearUp(oldestRead: number): void {
    if (this.versions.length <= this.enough) return;
    this.versions = this.current(oldestRead);
    this.enough = Math.max(FEW, 2 * this.versions.length);
  }

  /** Versions a read that begins at `began` or later may return. */
  private current(began: number): Version[] {
    return this.versions.filter((version) => !this.isOver(version, began));
  }

  /**
   * True when a read that began at `began` cannot return the version: between its last effect and
   * that read (or an earlier one of it) another version was in the block.
   */
  private isOver(version: Version, began: number): boolean {
    const { doneAt } = version;
    const heldTo = Math.max(version.readAt, began);
    if (doneAt >= heldTo) return false;
    for (const other of this.versions) {
      if (other === version) continue;
      // Both stayed in the block from their last effect to their last read: at the same time.
      if (other.doneAt < other.readAt && other.doneAt < heldTo && doneAt < other.readAt)
        return true;
      for (const { from, to } of other.sightings) {
        if (from > doneAt && to < heldTo) return true;
      }
    }
    return false;
  }

  /** Versions are in the order of their numbers, the latest asked for most. */
  private find(write: number): Version | undefined {
    for (let index = this.versions.length - 1; index >= 0; index--) {
      if (this.versions[index].write === write) return this.versions[index];
      if (this.versions[index].write < write) return undefined;
    }
    return undefined;
  }
}

/** Adds a sighting. Of those that ended before every read in flight began, the latest tells all. */
function see(version: Version, sighting: Sighting, oldestRead: number): void {
  let latest: Sighting | undefined;
  const kept: Sighting[] = [];
  for (const one of [...version.sightings, sighting]) {
    if (one.to >= oldestRead) kept.push(one);
    else if (latest === undefined || one.from > latest.from) latest = one;
  }
  version.sightings = latest === undefined ? kept : [latest, ...kept];
}
