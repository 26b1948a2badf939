import { type Io, NO_IO, READ } from '../../core/io.js';
import { Layer } from '../../core/layer.js';
import type { Sim } from '../../core/sim.js';
import type { Content } from '../content.js';
import type { Disk } from '../disk.js';
import type { Cache } from './cache.js';
import type { LunPlace } from './lun-place.js';
import type { Pool } from './pool.js';

/** Where a LUN's blocks are: behind a cache on a pool's disks, or on one disk of its own. */
export interface Backing {
  readonly pool: Pool;
  readonly cache: Cache | undefined;
  /** The one disk of a jbod LUN. */
  readonly disk: Disk | undefined;
  /** Where it is in the array's address space. */
  readonly place: LunPlace;
  /** Where it is kept what the LUN holds; stamps unless given. */
  readonly content?: Content | undefined;
}

/**
 * The disks' side of a LUN: finds the disks a row concerns, splits it where it crosses stripe units
 * (stripes, where there are copies or parity), and keeps in the cache what was read.
 */
export class BackEnd extends Layer {
  private readonly pool: Pool;
  private readonly cache: Cache | undefined;
  private readonly disk: Disk | undefined;
  private readonly place: LunPlace;
  /** Address and length as the host gave them, while the row is at the disks. */
  private readonly hostLba: Float64Array;
  private readonly hostBlocks: Int32Array;
  /** 1 for rows this layer split off. */
  private readonly piece: Uint8Array;

  constructor(sim: Sim, lun: string, backing: Backing) {
    super(sim, `${lun} back end`);
    this.pool = backing.pool;
    this.cache = backing.cache;
    this.disk = backing.disk;
    this.place = backing.place;
    this.hostLba = sim.requests.column('lun.hostLba', Float64Array);
    this.hostBlocks = sim.requests.column('lun.hostBlocks', Int32Array);
    this.piece = sim.requests.column('lun.piece', Uint8Array);
  }

  override submit(io: Io): void {
    const { requests } = this.sim;
    if (this.disk !== undefined) {
      this.disk.submit(io);
      return;
    }
    this.piece[io] = 0;
    this.hostLba[io] = requests.lba[io];
    this.hostBlocks[io] = requests.blocks[io];
    const lba = requests.lba[io];
    const address = this.place.addressOf(lba);
    let blocks = requests.blocks[io];
    if (this.cache !== undefined && requests.op[io] === READ) {
      blocks = Math.min(this.cache.stage(address, blocks), this.place.sizeBlocks - lba);
      requests.blocks[io] = blocks;
    }
    const { wholeBlocks } = this.pool;
    const within = address - Math.floor(address / wholeBlocks) * wholeBlocks;
    const isOne = within + blocks <= wholeBlocks || this.pool.disks.length === 1;
    if (isOne && !this.place.crosses(lba, blocks)) {
      this.toDisk(io, address, blocks);
    } else {
      this.toStripes(io, lba, lba + blocks);
    }
  }

  override complete(done: Io): void {
    const { requests } = this.sim;
    let io = done;
    if (this.piece[io] === 1) {
      io = requests.join(io);
      if (io === NO_IO) return;
    }
    requests.lba[io] = this.hostLba[io];
    // Reads find what was written through in the cache, as they find what was read.
    if (this.cache !== undefined && (requests.op[io] === READ || !this.cache.safety.writeBack)) {
      const { place } = this;
      const lba = requests.lba[io];
      const blocks = Math.min(requests.blocks[io], place.runFrom(lba));
      this.cache.keep(place.addressOf(lba), blocks);
    }
    requests.blocks[io] = this.hostBlocks[io];
    this.leave(io).complete(io);
  }

  /**
   * One child for each stripe unit, or for each stripe of a group; when rows run out, the last child takes
   * all that is left. From `first` to `end` on the LUN.
   */
  private toStripes(io: Io, first: number, end: number): void {
    const { requests } = this.sim;
    const { place } = this;
    const { wholeBlocks } = this.pool;
    let child = requests.split(io);
    if (child === NO_IO) {
      this.toDisk(io, place.addressOf(first), end - first);
      return;
    }
    for (let at = first; at < end; ) {
      const address = place.addressOf(at);
      const inUnit = (Math.floor(address / wholeBlocks) + 1) * wholeBlocks - address;
      const unitEnd = at + Math.min(inUnit, place.runFrom(at));
      const next = unitEnd < end ? requests.split(io) : NO_IO;
      const stop = next === NO_IO ? end : unitEnd;
      this.piece[child] = 1;
      this.toDisk(child, address, stop - at);
      child = next;
      at = stop;
    }
  }

  private toDisk(io: Io, address: number, blocks: number): void {
    const { requests } = this.sim;
    const { group } = this.pool;
    requests.blocks[io] = blocks;
    this.enter(io);
    if (group === undefined) {
      requests.lba[io] = this.pool.lbaOf(address);
      this.pool.diskOf(address).submit(io);
    } else {
      requests.lba[io] = address;
      group.submit(io);
    }
  }
}
