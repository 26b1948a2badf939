import type { RaidLevel } from '../../../plan/plan.js';

/** Fewest disks of a level. */
const FEWEST: Readonly<Record<RaidLevel, number>> = { 0: 1, 1: 2, 5: 3, 6: 4, 10: 4 };

/** Why so many disks cannot form a group of a level; undefined when they can. */
export function raidProblem(level: RaidLevel, disks: number): string | undefined {
  if (disks < FEWEST[level]) return `RAID ${level} needs at least ${FEWEST[level]} disks`;
  if (level === 10 && disks % 2 === 1) return 'RAID 10 needs an even number of disks';
  return undefined;
}

/** Disks' worth of data in a group: what is left of its disks after copies and parity. */
export function dataUnitsOf(level: RaidLevel, disks: number): number {
  if (level === 1) return 1;
  if (level === 5) return disks - 1;
  if (level === 6) return disks - 2;
  return level === 10 ? disks / 2 : disks;
}

/**
 * Where the units of a stripe lie. Each disk has one unit of every stripe, at the same place. Parity
 * moves one disk to the left with each stripe and the data follows it around ("left-symmetric": Lee
 * and Katz, "The performance of parity placements in disk arrays", IEEE Trans. Computers 42(6), 1993);
 * with two parities, Q is to the right of P. Copies of a unit lie on neighbouring disks.
 */
export class RaidLayout {
  /** Units of data in a stripe. */
  readonly dataUnits: number;
  /** Parity units in a stripe: 0, 1 or 2. */
  readonly parities: number;
  /** How often each unit of data is there. */
  readonly copies: number;
  /** Blocks of data in a stripe. */
  readonly rowBlocks: number;
  /** Stripes that fit on the disks. */
  readonly rows: number;

  constructor(
    readonly level: RaidLevel,
    readonly disks: number,
    readonly unitBlocks: number,
    diskBlocks: number,
  ) {
    this.dataUnits = dataUnitsOf(level, disks);
    this.parities = level === 5 ? 1 : level === 6 ? 2 : 0;
    this.copies = level === 1 ? disks : level === 10 ? 2 : 1;
    this.rowBlocks = this.dataUnits * unitBlocks;
    this.rows = Math.floor(diskBlocks / unitBlocks);
  }

  /** First block of a stripe on each disk; overcommitted pools reuse addresses. */
  lbaOf(row: number): number {
    return this.placeOf(row) * this.unitBlocks;
  }

  /** Number of the stripe on the disks. */
  placeOf(row: number): number {
    return row % this.rows;
  }

  /** Disk of a unit of data. @param copy which of its copies, from 0 */
  dataDisk(row: number, unit: number, copy: number): number {
    if (this.parities === 0) return unit * this.copies + copy;
    return (this.parityDisk(row, 0) + this.parities + unit) % this.disks;
  }

  /** Disk of a parity unit. @param number 0 is P, 1 is Q */
  parityDisk(row: number, number: number): number {
    return (this.disks - 1 - (row % this.disks) + number) % this.disks;
  }
}
