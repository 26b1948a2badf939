import { type Io, NO_IO } from '../../../core/io.js';
import { RowList } from '../../../core/row-list.js';
import type { Sim } from '../../../core/sim.js';
import type { MetadataClient, MetadataIo } from './metadata-io.js';
import { RETRY_NS, refused } from './retry.js';
import type { VmfsVolume } from './volume.js';

/** 32 TB of open files, in file blocks (VMFS3.MaxAddressableSpaceTB). */
export const CACHED_FILE_BLOCKS = 32 * 1024 * 1024;

const ABSENT = 0;
const READING = 1;
const PRESENT = 2;
/** Present, and used since the hand passed. */
const USED = 3;

/** What the cache does with rows that waited for a pointer block. */
export interface PointerUser {
  place(io: Io): void;
  failRow(io: Io, status: number, sense: number): void;
}

/**
 * The pointer blocks a host has in memory. A missing one is read once, however many rows wait for
 * it; the clock algorithm decides which one makes room.
 */
export class PointerCache implements MetadataClient {
  private states = new Uint8Array(64);
  private waiting: (RowList | undefined)[] = [];
  private readonly ring: Int32Array;
  private held = 0;
  private hand = 0;

  constructor(
    private readonly sim: Sim,
    entries: number,
    private readonly volume: Pick<VmfsVolume, 'pointerAddress' | 'layout'>,
    private readonly metadata: MetadataIo,
    private readonly user: PointerUser,
  ) {
    this.ring = new Int32Array(entries);
    // Pointer block 0 stands for "needs none" and is always there.
    this.states[0] = USED;
  }

  /** Makes room for the state of pointer blocks below `count`. */
  reach(count: number): void {
    if (count <= this.states.length) return;
    const states = new Uint8Array(Math.max(count, this.states.length * 2));
    states.set(this.states);
    this.states = states;
  }

  /** True when the pointer block is in memory; it then counts as used. */
  touch(pointer: number): boolean {
    if (this.states[pointer] < PRESENT) return false;
    this.states[pointer] = USED;
    return true;
  }

  /** Reads a missing pointer block for `io`, which is placed again when it is there. */
  fetch(io: Io, pointer: number): void {
    let rows = this.waiting[pointer];
    if (rows === undefined) {
      rows = new RowList(this.sim);
      this.waiting[pointer] = rows;
    }
    rows.push(io);
    if (this.states[pointer] === READING) return;
    this.states[pointer] = READING;
    this.read(pointer);
  }

  /** The row is to wait no longer; false when it does not wait here. */
  remove(io: Io): boolean {
    return this.waiting.some((rows) => rows?.remove(io) === true);
  }

  metadataDone(pointer: number, status: number, sense: number): void {
    if (status !== 0 && !refused(status)) {
      this.sim.timers.delay(RETRY_NS, () => this.read(pointer));
      return;
    }
    if (status === 0) this.insert(pointer);
    else this.states[pointer] = ABSENT;
    const rows = this.waiting[pointer] as RowList;
    this.waiting[pointer] = undefined;
    for (let io = rows.shift(); io !== NO_IO; io = rows.shift()) {
      if (status === 0) this.user.place(io);
      else this.user.failRow(io, status, sense);
    }
  }

  private read(pointer: number): void {
    const { layout } = this.volume;
    const at = this.volume.pointerAddress(pointer);
    this.metadata.read(at, layout.figures.pointerBlocks, 'pointerIos', this, pointer);
  }

  private insert(pointer: number): void {
    const { ring, states } = this;
    states[pointer] = USED;
    if (this.held < ring.length) {
      ring[this.held++] = pointer;
      return;
    }
    while (states[ring[this.hand]] === USED) {
      states[ring[this.hand]] = PRESENT;
      this.hand = (this.hand + 1) % ring.length;
    }
    states[ring[this.hand]] = ABSENT;
    ring[this.hand] = pointer;
    this.hand = (this.hand + 1) % ring.length;
  }
}
