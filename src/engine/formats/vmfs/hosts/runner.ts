import { FormatError, InputError } from '../../../core/errors.js';
import { getU32, sameBytes } from '../bytes.js';
import type { Core } from '../core.js';
import { encodeLog, idleLog } from '../journal.js';
import { decodeLock, type Lock, releasedLock, takenLock } from '../lock.js';
import { SECTOR_BYTES, sectorRuns } from '../store.js';
import type { Steps } from './access.js';
import type { HostIo, Swap } from './host-io.js';
import type { OwnSlot } from './own-slot.js';
import type { HostView } from './view.js';

/** What a transaction does besides: on the way there, with all its locks held. */
export interface Extras<T> {
  /** Before the metadata is written. */
  readonly before?: (value: T) => Steps<void>;
  /** When it is in place, before the locks are given back. */
  readonly after?: (value: T) => Steps<void>;
  /** Locks to take, change or no change, and to keep. */
  readonly keep?: (value: T) => number;
  /** True where it is not the operation's own: nobody's waits for it to take effect. */
  readonly aside?: boolean;
}

/** Headers of clusters that are read together: one group (reference, section 8.5). */
const AHEAD = 32;

/** What the attempt to run a change on what has been read came to. */
type Outcome<T> = { readonly value: T } | { readonly error: FormatError | InputError };

/** Counts of what a host has done on the volume; they only grow. */
export interface HostCounts {
  /** Transactions that took effect. */
  commits: number;
  /** Transactions that were computed again: what they were computed on had changed. */
  retries: number;
  /** Dead hosts this one has recovered. */
  recoveries: number;
}

/**
 * Runs transactions as several hosts must: compute on what was read, take the locks of all that changes
 * (an ATS against the lock block as it was read tells that nothing under it has changed), look at the
 * locks of what was only read, then data, journal, metadata in place, release. It never waits for a lock
 * while it holds others, so hosts cannot wait for each other.
 */
export class Runner {
  readonly counts: HostCounts = { commits: 0, retries: 0, recoveries: 0 };
  /** Locks that are kept beyond a transaction: open files. */
  readonly held = new Set<number>();
  /** Volume address of the journal, once there is one. */
  journalAt: number | undefined;
  slot: OwnSlot | undefined;

  /**
   * @param contend decides about a lock of another host: true where it is stale and may be taken
   */
  constructor(
    readonly io: HostIo,
    readonly view: HostView,
    private readonly contend: (lock: Lock, attempt: number) => Steps<boolean>,
  ) {}

  /** Runs something that only needs constant parts of the volume. */
  *prepare<T>(build: () => T): Steps<T> {
    for (;;) {
      try {
        this.view.begin();
        return build();
      } catch (error) {
        if (error !== this.view.interruption) throw error;
      }
      yield* this.fetch(0);
    }
  }

  /**
   * @param change computes on `core`; runs as often as it must, so it changes nothing else
   * @throws what `change` throws, once what it looked at is known to be so; HostStopped
   */
  *run<T>(core: Core, change: () => T, extras: Extras<T> = {}): Steps<T> {
    for (let attempt = 0; ; ) {
      const outcome = this.compute(core, change);
      if (outcome === undefined) {
        if (!(yield* this.fetch(attempt))) attempt++;
        continue;
      }
      if (yield* this.attempt(core, outcome, extras)) {
        if ('error' in outcome) throw outcome.error;
        return outcome.value;
      }
      this.counts.retries++;
      yield* this.io.backOff(attempt++);
    }
  }

  /** Undefined where something was not read yet. */
  private compute<T>(core: Core, change: () => T): Outcome<T> | undefined {
    const { view } = this;
    view.begin();
    try {
      return { value: core.transaction(change) };
    } catch (error) {
      if (error === view.interruption) return undefined;
      if (!(error instanceof FormatError || error instanceof InputError)) throw error;
      view.data = [];
      view.targets.clear();
      return { error };
    }
  }

  /** Reads what was missing; false where it must be asked for again. */
  private *fetch(attempt: number): Steps<boolean> {
    const { view, io } = this;
    const { at, length, lock } = view.missing;
    if (lock === undefined || view.guarded.has(lock)) {
      view.learn(at, yield* io.read(at, length, 'metadata'), lock);
      return true;
    }
    if (at === lock && length === 2 * view.lockUnit) {
      yield* this.fetchClusters(at, length);
      if (view.guarded.has(lock)) return true;
    }
    const bytes = yield* io.read(lock, Math.max(view.lockUnit, at === lock ? length : 0), 'lock');
    const holder = decodeLock(bytes);
    const own = this.held.has(lock);
    if (holder.mode !== 0 && !own && !(yield* this.contend(holder, attempt))) return false;
    view.learnLock(lock, bytes);
    return true;
  }

  /** Headers of clusters lie next to each other, and who searches one searches the next. */
  private *fetchClusters(at: number, length: number): Steps<void> {
    const { view } = this;
    const most = Math.min(AHEAD * length, view.bytes - at);
    const bytes = yield* this.io.read(at, most - (most % length), 'lock');
    for (let from = 0; from < bytes.length; from += length) {
      const part = bytes.slice(from, from + length);
      const lock = decodeLock(part);
      const header = lock.address === at + from && lock.type === getU32(bytes, 0);
      if (!header || lock.mode !== 0) return;
      if (!view.guarded.has(at + from)) view.learnLock(at + from, part);
    }
  }

  private *attempt<T>(core: Core, outcome: Outcome<T>, extras: Extras<T>): Steps<boolean> {
    const { view } = this;
    const keep = 'value' in outcome ? extras.keep?.(outcome.value) : undefined;
    if (keep !== undefined) view.targets.add(keep);
    const taken = this.swaps();
    const { changed, failed } = yield* this.io.swap(taken, 'lock');
    if (failed !== undefined) {
      yield* this.release(taken.slice(0, changed));
      view.guarded.delete(taken[failed].at);
      return false;
    }
    if (!(yield* this.verify('error' in outcome))) {
      yield* this.release(taken);
      return false;
    }
    if ('error' in outcome) return true;
    if (extras.before !== undefined) yield* extras.before(outcome.value);
    yield* this.commit(core.blockBytes, extras.aside !== true);
    for (const { at, bytes } of taken) view.learnLockBytes(at, bytes);
    view.settle();
    if (extras.after !== undefined) yield* extras.after(outcome.value);
    if (keep !== undefined) this.held.add(keep);
    yield* this.release(taken.filter(({ at }) => at !== keep));
    view.trim(this.held);
    return true;
  }

  /** What takes the locks of all that changes, in the order of their addresses. */
  private swaps(): Swap[] {
    const { view, slot } = this;
    const locks = [...view.targets].filter((lock) => !this.held.has(lock));
    if (locks.length === 0) return [];
    if (slot === undefined) throw new FormatError('a change before the host has a heartbeat slot');
    const uptime = Math.floor(this.io.now / 1000);
    return locks
      .sort((one, other) => one - other)
      .map((lock) => {
        const expected = view.lockBytes(lock);
        const base = view.lockBase(lock);
        return { at: lock, expected, bytes: takenLock(base, slot.holder, uptime) };
      });
  }

  /**
   * Is everything the operation only looked at still as it was?
   * @param all go on after the first that is not: a search that found nothing looked at many
   */
  private *verify(all: boolean): Steps<boolean> {
    const { view } = this;
    let same = true;
    for (const lock of view.touched) {
      if (view.targets.has(lock) || this.held.has(lock)) continue;
      const known = view.lockBytes(lock);
      const found = yield* this.io.read(lock, view.lockUnit, 'lock');
      if (sameBytes(found, known)) continue;
      view.guarded.delete(lock);
      same = false;
      if (!all) break;
    }
    return same;
  }

  /** From the last of these writes that matters on, the transaction has taken effect. */
  private *commit(journalBytes: number, own: boolean): Steps<void> {
    const { view, io } = this;
    const sectors = [...view.changes].sort(([one], [other]) => one - other);
    for (const [index, { at, bytes }] of view.data.entries()) {
      const last = sectors.length === 0 && index === view.data.length - 1;
      yield* io.write(at, bytes, 'data', last && own);
    }
    if (sectors.length > 0 || view.data.length > 0) this.counts.commits++;
    if (sectors.length === 0) return;
    const { journalAt } = this;
    const logged = sectors.length > 1 && journalAt !== undefined;
    if (logged) {
      const { head, body } = encodeLog(sectors, journalBytes);
      yield* io.write(journalAt + SECTOR_BYTES, body, 'journal');
      yield* io.write(journalAt, head, 'journal', own);
    }
    yield* this.writeSectors(sectors, own && !logged);
    if (logged) yield* io.write(journalAt, idleLog(), 'journal');
  }

  /** Metadata to its place; neighbours go out together. */
  *writeSectors(
    sectors: readonly (readonly [number, Uint8Array])[],
    commits: boolean,
  ): Steps<void> {
    for (const [at, run] of sectorRuns(sectors)) yield* this.io.write(at, run, 'metadata', commits);
  }

  /** Gives locks back. What this host knows of what they guard stays good until another takes them. */
  *release(taken: readonly Swap[]): Steps<void> {
    for (const { at, bytes } of taken) {
      const free = releasedLock(bytes);
      yield* this.io.write(at, free, 'lock');
      this.view.learnLockBytes(at, free);
    }
  }
}
