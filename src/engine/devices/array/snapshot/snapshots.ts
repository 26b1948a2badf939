import { assert } from '../../../core/assert.js';
import { DATA_BLOCKS } from '../../../core/data-arena.js';
import { InputError } from '../../../core/errors.js';
import { recover, STAMPED_BYTES } from '../../../core/expand.js';
import {
  ATS,
  BLOCK_BYTES,
  type Io,
  NO_IO,
  READ,
  UNMAP,
  WRITE,
  XCOPY,
  ZERO,
} from '../../../core/io.js';
import { Layer } from '../../../core/layer.js';
import type { Sim } from '../../../core/sim.js';
import type { BlockMedium } from '../../../formats/vmfs/medium.js';
import type { Media } from '../../media.js';
import type { Cache } from '../cache.js';
import type { LunPlace } from '../lun-place.js';
import { PAGE_BLOCKS, type Pool } from '../pool.js';
import { GRAIN_BLOCKS, type GrainContent, GrainMap } from './grain-map.js';

const GRAINS_PER_PAGE = PAGE_BLOCKS / GRAIN_BLOCKS;
/** Copies of one LUN under way at once (model). */
const COPIES = 16;
/** Time until the next try when the request table is full (model). */
const RETRY_NS = 1e6;

/** The LUN whose past is kept. */
export interface SnapshotSource {
  readonly name: string;
  readonly pool: Pool;
  readonly cache: Cache | undefined;
  readonly place: LunPlace;
  readonly media: Media | undefined;
  /** Its bytes, where another LUN may present its snapshots with them. */
  readonly image: BlockMedium | undefined;
  /** False for pages of a thin LUN that hold nothing. */
  hasPage(page: number): boolean;
  /** A command that waited for copies goes on, at the LUN it was sent to. */
  resume(io: Io): void;
}

/**
 * Snapshots of a LUN by copy on write: before a part of it changes for the first time since the newest
 * snapshot, the old content is read and written elsewhere in the pool, and the command waits for that.
 * Older snapshots find there what has not changed between them. When the pool has no room for a copy,
 * the snapshots are lost, not the write. Hosts read one that is presented as a LUN (copy-lun.ts). Left
 * out: a second command on a part that is being copied does not wait.
 */
export class Snapshots extends Layer {
  /** Oldest first. */
  private readonly list: GrainMap[] = [];
  /** Names of those that were lost and nobody has deleted yet. */
  private readonly lost = new Set<string>();
  /** Copies the snapshots hold, and pages of the pool taken for them. */
  private held = 0;
  private pages = 0;
  /** Where the next copy goes in the array's address space. */
  private nextBlock: number;
  /** Copies to be made, each with the command that waits for it; from `head` on. */
  private grains: number[] = [];
  private waiters: Io[] = [];
  private head = 0;
  private copying = 0;
  private retrying = false;
  private readonly pending: Int32Array;
  private readonly copyFor: Int32Array;
  private readonly copyTarget: Float64Array;

  /** Told of each snapshot that is lost. */
  onLost: ((name: string) => void) | undefined;

  /** @param space first block of an address range as large as the LUN */
  constructor(
    sim: Sim,
    private readonly source: SnapshotSource,
    space: number,
  ) {
    super(sim, `${source.name} snapshots`);
    this.nextBlock = space;
    this.pending = sim.requests.column('snapshot.pending', Int32Array);
    this.copyFor = sim.requests.column('snapshot.copyFor', Int32Array);
    this.copyTarget = sim.requests.column('xcopy.target', Float64Array);
  }

  get count(): number {
    return this.list.length;
  }

  /** Blocks of the pool the copies take. */
  get blocks(): number {
    return this.pages * PAGE_BLOCKS;
  }

  /** @throws InputError when there is none of that name */
  require(name: string): void {
    this.indexOf(name);
  }

  /** @throws InputError when there is one of that name */
  create(name: string, why: string): void {
    const { source } = this;
    if (this.lost.has(name) || this.list.some((map) => map.name === name)) {
      throw InputError.of(`LUN ${source.name}`, `has a snapshot ${name} already`);
    }
    const map = new GrainMap(name, Math.ceil(source.place.sizeBlocks / GRAIN_BLOCKS));
    for (let page = 0; page * PAGE_BLOCKS < source.place.sizeBlocks; page++) {
      // Bytes may lie where nothing was ever allocated: what was there before the run.
      if (source.image !== undefined || source.hasPage(page)) continue;
      const first = page * GRAINS_PER_PAGE;
      for (let grain = first; grain < first + GRAINS_PER_PAGE; grain++) map.skip(grain);
    }
    this.list.push(map);
    this.sim.log.note('snapshot.created', source.name, name, why);
  }

  /** @throws InputError when there is none of that name */
  delete(name: string, why: string): void {
    const { source } = this;
    if (this.lost.delete(name)) {
      this.sim.log.note('snapshot.deleted', source.name, `${name}, which was lost`, why);
      return;
    }
    const index = this.indexOf(name);
    this.held -= this.list[index].mergeInto(this.list[index - 1]);
    this.list.splice(index, 1);
    this.sim.log.note('snapshot.deleted', source.name, name, why);
    this.giveSurplus();
  }

  /**
   * The stamp a snapshot has for the 4 KiB at an address: in its own copy, that of the oldest newer
   * one that has one, or the LUN itself, which has not changed there since.
   * @throws InputError when there is none of that name
   */
  stampAt(name: string, lba: number): number {
    const grain = Math.floor(lba / GRAIN_BLOCKS);
    for (let index = this.indexOf(name); index < this.list.length; index++) {
      const map = this.list[index];
      const copy = map.contentOf(grain);
      if (copy !== undefined) return stampIn(copy, Math.floor((lba % GRAIN_BLOCKS) / DATA_BLOCKS));
      // Nothing to copy: it held nothing.
      if (map.isDone(grain)) return 0;
    }
    return this.source.media?.stampAt(lba) ?? 0;
  }

  /**
   * The bytes a snapshot has of a part of one grain, found in the same way; of a LUN with `image`.
   * @throws InputError when there is none of that name
   */
  read(name: string, lba: number, blocks: number, into: Uint8Array): void {
    const grain = Math.floor(lba / GRAIN_BLOCKS);
    for (let index = this.indexOf(name); index < this.list.length; index++) {
      const copy = this.list[index].contentOf(grain);
      if (copy === undefined) continue;
      const from = (lba % GRAIN_BLOCKS) * BLOCK_BYTES;
      into.set((copy as Uint8Array).subarray(from, from + blocks * BLOCK_BYTES));
      return;
    }
    this.source.image?.read(lba, blocks, into);
  }

  /**
   * True when a command that changes the LUN, by a write or as the target of EXTENDED COPY, has to
   * wait until what it changes has been copied; it resumes by itself.
   */
  holds(io: Io): boolean {
    const newest = this.list.at(-1);
    const { op, lba, blocks } = this.sim.requests;
    const code = op[io];
    if (newest === undefined || code === READ) return false;
    if (code !== WRITE && code !== UNMAP && code !== ZERO && code !== ATS && code !== XCOPY) {
      return false;
    }
    const from = code === XCOPY ? this.copyTarget[io] : lba[io];
    const to = from + blocks[io];
    if (to > this.source.place.sizeBlocks) return false;
    let copies = 0;
    for (let grain = Math.floor(from / GRAIN_BLOCKS); grain * GRAIN_BLOCKS < to; grain++) {
      if (newest.isDone(grain)) continue;
      if (!this.takeRoom()) break;
      newest.hold(grain, this.contentOf(grain));
      this.grains.push(grain);
      this.waiters.push(io);
      copies++;
    }
    if (copies === 0) return false;
    this.pending[io] = copies;
    this.pump();
    return true;
  }

  override submit(): void {
    assert(false, 'snapshots make their own rows');
  }

  override complete(io: Io): void {
    const { op } = this.sim.requests;
    if (op[io] === READ) {
      this.writeCopy(io);
      return;
    }
    const waiter = this.copyFor[io];
    this.sim.requests.give(io);
    this.copying--;
    if (--this.pending[waiter] === 0) this.source.resume(waiter);
    this.pump();
  }

  override fire(): void {
    this.retrying = false;
    this.pump();
  }

  private indexOf(name: string): number {
    const index = this.list.findIndex((map) => map.name === name);
    if (index >= 0) return index;
    const known = this.list.map((map) => map.name).join(', ') || 'none';
    throw InputError.of(`LUN ${this.source.name}`, `has no snapshot ${name}`, `known: ${known}`);
  }

  /** What a grain holds now; undefined in runs that do not verify. */
  private contentOf(grain: number): GrainContent | undefined {
    const { media, image } = this.source;
    if (media === undefined) return undefined;
    if (image !== undefined) {
      const bytes = new Uint8Array(GRAIN_BLOCKS * BLOCK_BYTES);
      const first = grain * GRAIN_BLOCKS;
      image.read(first, Math.min(GRAIN_BLOCKS, image.blocks - first), bytes);
      return bytes;
    }
    const stamps = new Float64Array(GRAIN_BLOCKS / DATA_BLOCKS);
    for (let index = 0; index < stamps.length; index++) {
      stamps[index] = media.stampAt(grain * GRAIN_BLOCKS + index * DATA_BLOCKS);
    }
    return stamps;
  }

  private pump(): void {
    const { requests } = this.sim;
    const { place, cache } = this.source;
    while (this.head < this.grains.length && this.copying < COPIES && !this.retrying) {
      const io = requests.takeOwn(READ, 0, GRAIN_BLOCKS, this.sim.now);
      if (io === NO_IO) {
        this.retrying = true;
        this.after(RETRY_NS, NO_IO);
        return;
      }
      const address = place.addressOf(this.grains[this.head] * GRAIN_BLOCKS);
      this.copyFor[io] = this.waiters[this.head++];
      this.copying++;
      if (cache?.hit(address, GRAIN_BLOCKS)) this.writeCopy(io);
      else this.access(io, address);
    }
    if (this.head < this.grains.length) return;
    this.grains = [];
    this.waiters = [];
    this.head = 0;
  }

  private writeCopy(io: Io): void {
    this.sim.requests.op[io] = WRITE;
    this.access(io, this.nextBlock);
    this.nextBlock += GRAIN_BLOCKS;
  }

  private access(io: Io, address: number): void {
    const { requests } = this.sim;
    const { pool } = this.source;
    this.enter(io);
    if (pool.group === undefined) {
      requests.lba[io] = pool.lbaOf(address);
      pool.diskOf(address).submit(io);
    } else {
      requests.lba[io] = address;
      pool.group.submit(io);
    }
  }

  /** Room for one more copy; without it the snapshots are lost. */
  private takeRoom(): boolean {
    const { pool, name } = this.source;
    if (this.held + 1 > this.pages * GRAINS_PER_PAGE) {
      if (!pool.takePages(1, `snapshots of ${name}`)) {
        this.lose();
        return false;
      }
      this.pages++;
    }
    this.held++;
    return true;
  }

  private lose(): void {
    for (const { name } of this.list) {
      this.lost.add(name);
      this.onLost?.(name);
      this.sim.log.note('snapshot.lost', this.source.name, name, 'no room in the pool for copies');
    }
    this.list.length = 0;
    this.held = 0;
    this.giveSurplus();
  }

  private giveSurplus(): void {
    const needed = Math.ceil(this.held / GRAINS_PER_PAGE);
    const surplus = this.pages - needed;
    this.pages = needed;
    this.source.pool.give(surplus * PAGE_BLOCKS);
  }
}

/** The stamp of one of the 4 KiB of a grain. */
function stampIn(content: GrainContent, index: number): number {
  if (!(content instanceof Uint8Array)) return content[index];
  return recover(content.subarray(index * STAMPED_BYTES, (index + 1) * STAMPED_BYTES));
}
