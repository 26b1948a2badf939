import { InputError } from '../../core/errors.js';
import { BLOCK_BYTES } from '../../core/io.js';
import type { Entity } from '../../core/meters.js';
import type { Sim } from '../../core/sim.js';
import { formatSize } from '../../core/units.js';
import type { PoolPlan, RaidLevel } from '../../plan/plan.js';
import type { Disk } from '../disk.js';
import { Space } from '../space.js';
import type { Destager } from './destager.js';
import { RaidLayout } from './raid/layout.js';
import { RaidGroup } from './raid/raid-group.js';
import { Redundancy } from './raid/redundancy.js';

/** Unit in which thin LUNs take space: 1 MiB (model). */
export const PAGE_BLOCKS = 2048;
/** Blocks on one disk before the next disk's turn: 512 KiB (model). */
export const STRIPE_BLOCKS = 1024;

/** Blocks on one disk before the next one's turn: distributed storage has objects of 1 MiB (model). */
export function stripeBlocksOf({
  scaleOut,
  stripeBytes,
}: Pick<PoolPlan, 'scaleOut' | 'stripeBytes'>): number {
  if (stripeBytes !== undefined) return stripeBytes / BLOCK_BYTES;
  return scaleOut ? PAGE_BLOCKS : STRIPE_BLOCKS;
}

/** Disks whose room is shared by LUNs: striped, with copies or parity or none, handed out by the page. */
export class Pool extends Space {
  readonly name: string;
  readonly entity: Entity;
  /** Blocks in the cache that the disks do not have yet. */
  dirtyBlocks = 0;
  /** Copies or parity over the disks; undefined where there are none. */
  readonly group: RaidGroup | undefined;
  /** What keeps the group whole. */
  readonly redundancy: Redundancy | undefined;
  /** A command that stays within so many blocks goes to the disks, or their group, in one. */
  readonly wholeBlocks: number;
  /** One per disk when the array has a cache. */
  readonly destagers: Destager[] = [];
  /** Called each time the use climbs over the soft threshold. */
  onThreshold: (() => void) | undefined;
  /** Blocks on one disk before the next disk's turn. */
  readonly stripeBlocks: number;
  private readonly threshold: number;
  private warned = false;
  private exhausted = false;

  constructor(
    private readonly sim: Sim,
    array: string,
    plan: PoolPlan,
    readonly disks: readonly Disk[],
    private readonly diskBlocks: number,
  ) {
    super(Math.floor(plan.capacityBytes / BLOCK_BYTES));
    this.name = `${array}:${plan.name}`;
    this.stripeBlocks = stripeBlocksOf(plan);
    this.threshold = plan.softThreshold * this.capacityBlocks;
    this.group = plan.raid && this.makeGroup(plan.raid.level);
    this.redundancy = this.group && plan.raid && new Redundancy(sim, this.group, plan.raid);
    this.wholeBlocks = this.group?.layout.rowBlocks ?? this.stripeBlocks;
    this.entity = sim.meters.define('pool', this.name, { array }, [
      'capacityBlocks',
      'usedBlocks',
      'dirtyBlocks',
      'impairedDisks',
    ]);
    this.entity.refresh = () => {
      this.entity.values[0] = this.capacityBlocks;
      this.entity.values[1] = this.usedBlocks;
      this.entity.values[2] = this.dirtyBlocks;
      this.entity.values[3] = this.group?.members.impaired ?? 0;
    };
  }

  /** The disk that holds a block of the array's address space. */
  diskOf(address: number): Disk {
    return this.disks[this.diskNumber(address)];
  }

  /** The destager of that disk; of a group, one that has whole stripes. */
  destagerOf(address: number): Destager {
    if (this.group !== undefined) {
      const row = Math.floor(address / this.wholeBlocks);
      return this.destagers[row % this.destagers.length];
    }
    return this.destagers[this.diskNumber(address)];
  }

  /** The block's address on that disk; overcommitted pools reuse addresses. */
  lbaOf(address: number): number {
    const { stripeBlocks } = this;
    const unit = Math.floor(address / stripeBlocks);
    const row = Math.floor(unit / this.disks.length) * stripeBlocks;
    return (row % this.diskBlocks) + (address - unit * stripeBlocks);
  }

  /** Takes whole pages for writes; false when the pool is full. */
  takePages(pages: number, why: string): boolean {
    if (this.take(pages * PAGE_BLOCKS)) {
      this.checkThreshold(why);
      return true;
    }
    if (!this.exhausted) {
      this.exhausted = true;
      this.sim.log.note('pool.full', this.name, 'no pages left for thin LUNs', why);
    }
    return false;
  }

  /** Room of a thick LUN, taken when the array is built. */
  reserve(blocks: number, lun: string): void {
    if (this.take(blocks)) return;
    throw InputError.of(
      `pool ${this.name}`,
      `${formatSize(this.freeBlocks * BLOCK_BYTES)} free, LUN ${lun} takes ${formatSize(blocks * BLOCK_BYTES)}`,
      'make the pool larger, the LUN smaller, or the LUN thin',
    );
  }

  override give(blocks: number): void {
    if (blocks <= 0) return;
    const wasShort = this.warned || this.exhausted;
    if (this.usedBlocks - blocks <= this.threshold) this.warned = false;
    this.exhausted = false;
    if (wasShort) {
      const what = `${formatSize(blocks * BLOCK_BYTES)} freed`;
      this.sim.log.note('pool.freed', this.name, what, 'space given back');
    }
    super.give(blocks);
  }

  override fill(bytes: number, why = 'filled from outside'): number {
    const filled = super.fill(bytes);
    this.checkThreshold(why);
    return filled;
  }

  private makeGroup(level: RaidLevel): RaidGroup {
    const layout = new RaidLayout(level, this.disks.length, this.stripeBlocks, this.diskBlocks);
    return new RaidGroup(this.sim, this.name, layout, this.disks);
  }

  private diskNumber(address: number): number {
    const unit = Math.floor(address / this.stripeBlocks);
    const count = this.disks.length;
    return unit - Math.floor(unit / count) * count;
  }

  private checkThreshold(why: string): void {
    if (this.warned || this.usedBlocks <= this.threshold) return;
    this.warned = true;
    const share = Math.round((this.usedBlocks / this.capacityBlocks) * 100);
    this.sim.log.note('pool.threshold', this.name, `${share}% in use`, why);
    this.onThreshold?.();
  }
}
