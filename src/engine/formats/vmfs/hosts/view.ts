import { assert } from '../../../core/assert.js';
import { FormatError } from '../../../core/errors.js';
import { getU32, getU64Saturated, putU32 } from '../bytes.js';
import { LOCK_ADDRESS_AT, LOCK_MODE_AT } from '../lock.js';
import type { VolumeBytes } from '../logical-volume.js';
import { SECTOR_BYTES } from '../store.js';

/** What one lock guards, as far as this host has read it. */
export interface Guarded {
  /** The lock block as it stands on the medium. */
  lockBytes: Uint8Array;
  readonly sectors: Map<number, Uint8Array>;
}

/** Content of files and directories that goes out before the metadata that refers to it. */
export interface DataWrite {
  readonly at: number;
  readonly bytes: Uint8Array;
  readonly lock: number;
}

/** Sectors of one lock that are kept from one operation to the next. */
const KEPT_SECTORS = 512;
/** Locks whose sectors are kept: a host's metadata cache, bounded (model). */
const KEPT_LOCKS = 4096;
/** Data that is kept as well: directories and pointer blocks, not what guests write. */
const KEPT_BYTES = 64 * 1024;

/**
 * A volume as one of several hosts sees it: what it has read so far. The tree and allocation code runs on
 * it as on a volume of its own; where it needs what has not been read it is interrupted by `missing`,
 * and runs again once that is here. What it writes is gathered.
 */
export class HostView implements VolumeBytes {
  /** Thrown to interrupt; one object, as it is thrown often. */
  readonly interruption = new Error('not read yet');
  /** What was needed last and is not here. */
  missing = { at: 0, length: 0, lock: undefined as number | undefined };
  readonly guarded = new Map<number, Guarded>();
  /** What no lock guards: it never changes. */
  private readonly constant = new Map<number, Uint8Array>();
  /** Locks whose sectors the operation has looked at. */
  readonly touched = new Set<number>();
  data: DataWrite[] = [];
  /** Metadata sectors that change, lock blocks left out. */
  readonly changes = new Map<number, Uint8Array>();
  /** Locks of what the operation changes. */
  readonly targets = new Set<number>();
  /** Lock blocks of objects that had none. */
  readonly freshLocks = new Map<number, Uint8Array>();
  private readonly owners = new Map<number, number>();
  private committing = false;
  /** Bytes of a lock block: known once the file system descriptor is. */
  lockUnit = SECTOR_BYTES;

  constructor(private readonly volume: VolumeBytes) {}

  get bytes(): number {
    return this.volume.bytes;
  }

  get record(): VolumeBytes['record'] {
    return this.volume.record;
  }

  get major(): number {
    return this.volume.major;
  }

  get devices(): VolumeBytes['devices'] {
    return this.volume.devices;
  }

  /** Forgets what an operation has gathered, and its look at the volume. */
  begin(): void {
    this.touched.clear();
    this.targets.clear();
    this.changes.clear();
    this.freshLocks.clear();
    this.owners.clear();
    this.data = [];
    this.committing = false;
  }

  read(at: number, into: Uint8Array, lock?: number): void {
    if (at + into.length > this.bytes) {
      throw new FormatError(`address ${at} is beyond the volume's ${this.bytes} bytes`);
    }
    const known = lock === undefined ? this.constant : this.guarded.get(lock)?.sectors;
    if (lock !== undefined) this.touched.add(lock);
    if (known === undefined) this.interrupt(at, into.length, lock);
    for (let from = 0; from < into.length; from += SECTOR_BYTES) {
      const sector = (at + from) / SECTOR_BYTES;
      const content = this.written(at + from) ?? known.get(sector);
      if (content === undefined) this.interrupt(at, into.length, lock);
      into.set(content, from);
      if (lock !== undefined) this.owners.set(sector, lock);
    }
  }

  private interrupt(at: number, length: number, lock: number | undefined): never {
    this.missing = { at, length, lock };
    throw this.interruption;
  }

  write(at: number, bytes: Uint8Array, lock?: number): void {
    if (this.committing) {
      this.change(at, bytes);
      return;
    }
    assert(lock !== undefined, 'content that no lock guards');
    this.data.push({ at, bytes, lock });
    this.targets.add(lock);
  }

  /** A sector of what the operation has written already. */
  private written(at: number): Uint8Array | undefined {
    for (let index = this.data.length - 1; index >= 0; index--) {
      const { at: start, bytes } = this.data[index];
      const from = at - start;
      if (from >= 0 && from < bytes.length) return bytes.subarray(from, from + SECTOR_BYTES);
    }
    return undefined;
  }

  private change(at: number, bytes: Uint8Array): void {
    for (let from = 0; from < bytes.length; from += SECTOR_BYTES) {
      const sector = (at + from) / SECTOR_BYTES;
      const content = bytes.subarray(from, from + SECTOR_BYTES);
      const lock = this.owners.get(sector);
      assert(lock !== undefined, 'metadata that no lock guards');
      this.targets.add(lock);
      const inside = at + from - lock;
      if (inside < 0 || inside >= this.lockUnit) this.changes.set(sector, content);
      else if (inside === 0) this.freshLocks.set(lock, content);
    }
  }

  /** What is written before belongs to blocks nothing refers to yet, what follows is metadata. */
  flush(): void {
    this.committing = true;
  }

  /** Takes up what was read for `missing`. */
  learn(at: number, bytes: Uint8Array, lock: number | undefined): void {
    const known = lock === undefined ? this.constant : this.guarded.get(lock)?.sectors;
    assert(known !== undefined, 'a lock that was not read');
    keep(known, at, bytes);
  }

  /**
   * Takes up a lock block and what follows it. The tree code sees the lock free: who may go on has been
   * decided before.
   */
  learnLock(lock: number, bytes: Uint8Array): void {
    const unit = this.lockUnit;
    const sectors = new Map<number, Uint8Array>();
    const shown = bytes.slice();
    if (getU32(shown, LOCK_MODE_AT) !== 0) putU32(shown, LOCK_MODE_AT, 0);
    keep(sectors, lock, shown);
    this.guarded.set(lock, { lockBytes: bytes.slice(0, unit), sectors });
  }

  /** The lock block as this host last saw it. */
  lockBytes(lock: number): Uint8Array {
    const bytes = this.guarded.get(lock)?.lockBytes;
    assert(bytes !== undefined, 'a lock that was not read');
    return bytes;
  }

  learnLockBytes(lock: number, bytes: Uint8Array): void {
    const known = this.guarded.get(lock);
    if (known !== undefined) known.lockBytes = bytes;
  }

  /** What a new lock block is made of: the one there is, or where there is none the new object's. */
  lockBase(lock: number): Uint8Array {
    const known = this.lockBytes(lock);
    const fresh = this.freshLocks.get(lock);
    if (fresh === undefined || getU64Saturated(known, LOCK_ADDRESS_AT) === lock) return known;
    const base = new Uint8Array(this.lockUnit);
    base.set(fresh);
    return base;
  }

  /** What the operation changed is on the medium. */
  settle(): void {
    for (const { at, bytes, lock } of this.data) {
      const sectors = this.guarded.get(lock)?.sectors;
      if (sectors === undefined) continue;
      if (bytes.length <= KEPT_BYTES) keep(sectors, at, bytes);
      else {
        for (let from = 0; from < bytes.length; from += SECTOR_BYTES) {
          sectors.delete((at + from) / SECTOR_BYTES);
        }
      }
    }
    for (const [sector, content] of this.changes) {
      const lock = this.owners.get(sector);
      if (lock !== undefined) this.guarded.get(lock)?.sectors.set(sector, content);
    }
    for (const [lock, content] of this.freshLocks) {
      const shown = this.guarded.get(lock)?.sectors;
      if (shown !== undefined && getU32(shown.get(lock / SECTOR_BYTES) ?? content, 0) === 0) {
        shown.set(lock / SECTOR_BYTES, content);
      }
    }
  }

  /** Lets go of what is large: content of files that were only read through, and of all when it is much. */
  trim(held: ReadonlySet<number>): void {
    const full = this.guarded.size > KEPT_LOCKS;
    for (const lock of full ? this.guarded.keys() : this.touched) {
      if (held.has(lock)) continue;
      if (full || (this.guarded.get(lock)?.sectors.size ?? 0) > KEPT_SECTORS) {
        this.guarded.delete(lock);
      }
    }
  }
}

function keep(sectors: Map<number, Uint8Array>, at: number, bytes: Uint8Array): void {
  for (let from = 0; from < bytes.length; from += SECTOR_BYTES) {
    sectors.set((at + from) / SECTOR_BYTES, bytes.subarray(from, from + SECTOR_BYTES));
  }
}
