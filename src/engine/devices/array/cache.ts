import { Fifo } from '../../core/discipline.js';
import type { Io } from '../../core/io.js';
import type { Sim } from '../../core/sim.js';
import type { MirrorPlan } from '../../plan/plan.js';
import { CacheSafety } from './cache-safety.js';
import type { Lun } from './lun.js';
import type { Pool } from './pool.js';
import { CLEAN, DESTAGING, DIRTY, REDIRTIED, TRACK_BLOCKS, TrackTable } from './track-table.js';

/** Largest table, in tracks: 16 GiB of cache (model; keeps the memory of a run small). */
const TRACKS_MAX = 1 << 18;
const TRACK_BYTES = 65_536;
/** Share of the cache that may be dirty before writes wait (model). */
const DIRTY_SHARE = 0.25;
/** Share of the dirty limit above which dirty tracks go to the disks at once (model). */
const HURRY_SHARE = 0.5;

/**
 * The cache of an array, shared by its LUNs: reads that find all their blocks are hits, writes end
 * in it and are destaged later. Addresses are blocks of the array's own address space.
 * While it is not safe (its battery has failed, or the controller that mirrors it) writes go through
 * to the disks, and what is dirty follows at once. Left out: read-ahead beyond the track; what a
 * controller that fails takes with it from a cache without mirror.
 */
export class Cache {
  readonly table: TrackTable;
  /** Tracks that the disks do not have yet. */
  dirtyTracks = 0;
  /** Writes are as safe here as on the disks. */
  readonly safety: CacheSafety;
  private readonly hurryAbove: number;
  private readonly limitTracks: number;
  private readonly waiting = new Fifo();
  private waitingCount = 0;

  constructor(
    private readonly sim: Sim,
    bytes: number,
    mirror?: MirrorPlan,
  ) {
    this.safety = new CacheSafety(sim, mirror);
    this.table = new TrackTable(Math.min(TRACKS_MAX, Math.floor(bytes / TRACK_BYTES)));
    this.limitTracks = Math.max(1, Math.floor(this.table.slots * DIRTY_SHARE));
    this.hurryAbove = Math.floor(this.limitTracks * HURRY_SHARE);
  }

  /** Above this, dirty tracks do not wait for their age. */
  get hurryTracks(): number {
    return this.safety.writeBack ? this.hurryAbove : 0;
  }

  /** True when writes have to wait for room: too much is dirty, or others wait already. */
  get full(): boolean {
    return this.dirtyTracks >= this.limitTracks || this.waitingCount > 0;
  }

  /** True when every block is here. */
  hit(address: number, blocks: number): boolean {
    const { table } = this;
    let track = Math.floor(address / TRACK_BLOCKS);
    let from = address - track * TRACK_BLOCKS;
    for (let left = blocks; left > 0; track++) {
      const slot = table.find(track);
      const to = Math.min(from + left, TRACK_BLOCKS) - 1;
      if (slot < 0 || table.validFrom[slot] > from || table.validTo[slot] < to) return false;
      table.touch(slot);
      left -= to - from + 1;
      from = 0;
    }
    return true;
  }

  /** How many blocks to read for a miss: to the end of the track when the blocks before are here. */
  stage(address: number, blocks: number): number {
    const { table } = this;
    const track = Math.floor(address / TRACK_BLOCKS);
    const from = address - track * TRACK_BLOCKS;
    if (from + blocks >= TRACK_BLOCKS) return blocks;
    const before = table.find(from === 0 ? track - 1 : track);
    const sequential = before >= 0 && table.validTo[before] === (from + 127) % TRACK_BLOCKS;
    return sequential ? TRACK_BLOCKS - from : blocks;
  }

  /** Keeps blocks that have been read from the disks. */
  keep(address: number, blocks: number): void {
    const { table } = this;
    let track = Math.floor(address / TRACK_BLOCKS);
    let from = address - track * TRACK_BLOCKS;
    for (let left = blocks; left > 0; track++) {
      const to = Math.min(from + left, TRACK_BLOCKS) - 1;
      const slot = table.find(track);
      if (slot < 0) table.claim(track, from, to);
      else table.cover(slot, from, to);
      left -= to - from + 1;
      from = 0;
    }
  }

  /** Takes a write; false when a track finds no room, and the row must go to the disks itself. */
  write(pool: Pool, address: number, blocks: number): boolean {
    const { table } = this;
    let taken = true;
    let track = Math.floor(address / TRACK_BLOCKS);
    let from = address - track * TRACK_BLOCKS;
    for (let left = blocks; left > 0; track++) {
      const to = Math.min(from + left, TRACK_BLOCKS) - 1;
      let slot = table.find(track);
      if (slot < 0) slot = table.claim(track, from, to);
      if (slot < 0) taken = false;
      else this.dirty(pool, slot, from, to);
      left -= to - from + 1;
      from = 0;
    }
    return taken;
  }

  /** The row waits until destaging has made room. */
  wait(io: Io): void {
    this.waiting.push(io);
    this.waitingCount++;
  }

  /** Lets waiting writes in while there is room. */
  admit(): void {
    while (this.waitingCount > 0 && this.dirtyTracks < this.limitTracks) {
      const io = this.takeWaiting();
      this.lunOf(io).admit(io);
    }
  }

  /** Sends every waiting write straight to the disks: there are no rows left to destage with. */
  writeThrough(): void {
    while (this.waitingCount > 0) {
      const io = this.takeWaiting();
      this.lunOf(io).toDisks(io);
    }
  }

  private takeWaiting(): Io {
    this.waitingCount--;
    return this.waiting.pop();
  }

  private lunOf(io: Io): Lun {
    return this.sim.layers[this.sim.requests.lun[io]] as Lun;
  }

  private dirty(pool: Pool, slot: number, from: number, to: number): void {
    const { table } = this;
    const { state, dirtyFrom, dirtyTo } = table;
    table.cover(slot, from, to);
    table.touch(slot);
    const was = state[slot];
    if (was === CLEAN || was === DESTAGING) {
      dirtyFrom[slot] = from;
      dirtyTo[slot] = to;
      pool.dirtyBlocks += to - from + 1;
      if (was === DESTAGING) {
        state[slot] = REDIRTIED;
        return;
      }
      state[slot] = DIRTY;
      this.dirtyTracks++;
      pool.destagerOf(table.trackOf(slot) * TRACK_BLOCKS).add(slot);
      return;
    }
    if (from < dirtyFrom[slot]) {
      pool.dirtyBlocks += dirtyFrom[slot] - from;
      dirtyFrom[slot] = from;
    }
    if (to > dirtyTo[slot]) {
      pool.dirtyBlocks += to - dirtyTo[slot];
      dirtyTo[slot] = to;
    }
  }
}
