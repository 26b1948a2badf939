import type { Disk } from '../../disk.js';
import type { RaidLayout } from './layout.js';
import type { Members } from './members.js';

/**
 * Which blocks of which disks one stage of a command on a stripe needs: at most one range per disk,
 * relative to the disk's unit. One plan serves all commands in turn; it is made, read and forgotten.
 */
export class StripePlan {
  /** Disks concerned. */
  count = 0;
  readonly from: Int32Array;
  /** 0 for disks not concerned. */
  readonly to: Int32Array;

  constructor(
    private readonly layout: RaidLayout,
    private readonly members: Members,
    private readonly disks: readonly Disk[],
  ) {
    this.from = new Int32Array(layout.disks);
    this.to = new Int32Array(layout.disks);
  }

  /** A read of blocks `from..to` of a stripe's data: what is lost is computed from all the rest. */
  read(row: number, from: number, to: number): void {
    this.clear();
    const { layout, members } = this;
    const { unitBlocks } = layout;
    const place = layout.placeOf(row);
    for (let unit = Math.floor(from / unitBlocks); unit * unitBlocks < to; unit++) {
      const low = Math.max(0, from - unit * unitBlocks);
      const high = Math.min(unitBlocks, to - unit * unitBlocks);
      const disk = layout.copies > 1 ? this.nearest(row, unit) : layout.dataDisk(row, unit, 0);
      if (layout.parities > 0 && !members.holds(disk, place)) this.survivors(row, low, high);
      else this.add(disk, low, high);
    }
  }

  /**
   * What has to be read before a write: nothing for copies and whole stripes. Else old data and old
   * parity, or the data that is not written, whichever is less (Patterson, Gibson, Katz: "A case for
   * redundant arrays of inexpensive disks", SIGMOD 1988: four accesses per small write at RAID 5;
   * with a second parity six). Where that is lost, everything that is left.
   */
  before(row: number, from: number, to: number): void {
    this.clear();
    const { layout, members } = this;
    const { rowBlocks, unitBlocks, dataUnits, parities } = layout;
    if (parities === 0 || (from === 0 && to === rowBlocks)) return;
    const place = layout.placeOf(row);
    const low = this.lowOf(from, to);
    const high = this.highOf(from, to);
    let kept = 0;
    for (let number = 0; number < parities; number++) {
      if (members.holds(layout.parityDisk(row, number), place)) kept++;
    }
    if (kept === 0) return;
    let [olds, others] = [kept, 0];
    let [oldsLost, othersLost] = [false, false];
    for (let unit = 0; unit < dataUnits; unit++) {
      const start = unit * unitBlocks;
      const isLost = !members.holds(layout.dataDisk(row, unit, 0), place);
      if (from < start + unitBlocks && to > start) {
        olds++;
        oldsLost ||= isLost;
      }
      if (from > start + low || to < start + high) {
        others++;
        othersLost ||= isLost;
      }
    }
    if (!oldsLost && (othersLost || olds <= others)) this.olds(row, from, to, low, high);
    else if (!othersLost) this.others(row, from, to, low, high);
    else this.survivors(row, low, high);
  }

  /** What a write writes; disks that are not there miss it. */
  write(row: number, from: number, to: number): void {
    this.clear();
    const { layout } = this;
    const { unitBlocks, copies, parities } = layout;
    for (let unit = Math.floor(from / unitBlocks); unit * unitBlocks < to; unit++) {
      const low = Math.max(0, from - unit * unitBlocks);
      const high = Math.min(unitBlocks, to - unit * unitBlocks);
      for (let copy = 0; copy < copies; copy++) {
        this.put(row, layout.dataDisk(row, unit, copy), low, high);
      }
    }
    for (let number = 0; number < parities; number++) {
      const disk = layout.parityDisk(row, number);
      this.put(row, disk, this.lowOf(from, to), this.highOf(from, to));
    }
  }

  /**
   * What is read to rebuild the units of a disk in some stripes, which lie one after the other on every
   * disk; where there is parity to choose from, the first stripe's choice stands for all.
   */
  rebuildFrom(row: number, blocks: number, disk: number): void {
    this.clear();
    const { copies } = this.layout;
    if (copies === 1) this.survivors(row, 0, blocks);
    else this.add(this.nearest(row, Math.floor(disk / copies)), 0, blocks);
  }

  /** The units of a disk in some stripes. */
  whole(disk: number, blocks: number): void {
    this.clear();
    this.add(disk, 0, blocks);
  }

  private olds(row: number, from: number, to: number, low: number, high: number): void {
    const { layout, members } = this;
    this.read(row, from, to);
    const place = layout.placeOf(row);
    for (let number = 0; number < layout.parities; number++) {
      const disk = layout.parityDisk(row, number);
      if (members.holds(disk, place)) this.add(disk, low, high);
    }
  }

  private others(row: number, from: number, to: number, low: number, high: number): void {
    const { layout } = this;
    for (let unit = 0; unit < layout.dataUnits; unit++) {
      const start = unit * layout.unitBlocks;
      if (from <= start + low && to >= start + high) continue;
      this.add(layout.dataDisk(row, unit, 0), low, high);
    }
  }

  /** All data that is there, and as much parity as data is lost. */
  private survivors(row: number, low: number, high: number): void {
    const { layout, members } = this;
    const place = layout.placeOf(row);
    let lost = 0;
    for (let unit = 0; unit < layout.dataUnits; unit++) {
      const disk = layout.dataDisk(row, unit, 0);
      if (members.holds(disk, place)) this.add(disk, low, high);
      else lost++;
    }
    for (let number = 0; number < layout.parities && lost > 0; number++) {
      const disk = layout.parityDisk(row, number);
      if (!members.holds(disk, place)) continue;
      this.add(disk, low, high);
      lost--;
    }
  }

  /** The copy with the fewest commands before it; where all have as many, they take turns by address. */
  private nearest(row: number, unit: number): number {
    const { layout, members, disks } = this;
    const { copies } = layout;
    const place = layout.placeOf(row);
    let best = -1;
    for (let turn = 0; turn < copies; turn++) {
      const disk = layout.dataDisk(row, unit, (row + turn) % copies);
      if (!members.holds(disk, place)) continue;
      if (best < 0 || disks[disk].station.inside < disks[best].station.inside) best = disk;
    }
    return best < 0 ? layout.dataDisk(row, unit, 0) : best;
  }

  private put(row: number, disk: number, low: number, high: number): void {
    const place = this.layout.placeOf(row);
    if (this.members.holds(disk, place)) this.add(disk, low, high);
    else this.members.missed(disk, place);
  }

  /** First and last block that any unit of a range has in it: the range of its parity. */
  private lowOf(from: number, to: number): number {
    const { unitBlocks } = this.layout;
    const within = from % unitBlocks;
    return within + (to - from) > unitBlocks ? 0 : within;
  }

  private highOf(from: number, to: number): number {
    const { unitBlocks } = this.layout;
    return Math.min(unitBlocks, (from % unitBlocks) + (to - from));
  }

  private clear(): void {
    this.count = 0;
    this.to.fill(0);
  }

  private add(disk: number, low: number, high: number): void {
    const { from, to } = this;
    if (to[disk] === 0) {
      this.count++;
      from[disk] = low;
      to[disk] = high;
      return;
    }
    if (low < from[disk]) from[disk] = low;
    if (high > to[disk]) to[disk] = high;
  }
}
