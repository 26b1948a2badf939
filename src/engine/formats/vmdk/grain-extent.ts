import { DATA, type Extent, HOLE, type Run, ZERO } from './extent.js';
import { type FileMedium, SECTOR } from './medium.js';

/** A grain that is not there, and one that is zeros; others are sectors of the file. */
export const NO_GRAIN = -1;
export const ZERO_GRAIN = -2;

/** Extents of two levels: a directory of tables, tables of grains. */
export abstract class GrainExtent implements Extent {
  constructor(
    readonly medium: FileMedium,
    readonly sectors: number,
    /** Sectors of a grain. */
    readonly grain: number,
    /** Grains of a table. */
    readonly perTable: number,
  ) {}

  /** Byte offset of a table; 0 when there is none. */
  abstract table(index: number): number;
  /** Sector of the file with the grain, NO_GRAIN or ZERO_GRAIN. */
  abstract entry(table: number, index: number): number;
  /** True when a table names no grain at all. */
  abstract blank(table: number): boolean;

  get grains(): number {
    return Math.ceil(this.sectors / this.grain);
  }

  get tables(): number {
    return Math.ceil(this.grains / this.perTable);
  }

  get sectorsMax(): number {
    return Math.ceil(this.medium.bytes / SECTOR / this.grain) * this.grain;
  }

  locate(grain: number): number {
    const table = this.table(Math.floor(grain / this.perTable));
    return table === 0 ? NO_GRAIN : this.entry(table, grain % this.perTable);
  }

  probe(sector: number, limit: number, run: Run): void {
    const end = Math.min(sector + limit, this.sectors);
    let grain = Math.floor(sector / this.grain);
    let kind = -1;
    while (grain * this.grain < end) {
      const index = Math.floor(grain / this.perTable);
      const table = this.table(index);
      const whole = grain % this.perTable === 0 && kind <= HOLE;
      if (table === 0 || (whole && this.blank(table))) {
        if (kind >= 0 && kind !== HOLE) break;
        kind = HOLE;
        grain = (index + 1) * this.perTable;
        continue;
      }
      const found = kindOf(this.entry(table, grain % this.perTable));
      if (kind >= 0 && found !== kind) break;
      kind = found;
      grain += 1;
    }
    run.kind = kind;
    run.sectors = Math.min(grain * this.grain, end) - sector;
  }

  read(sector: number, count: number, into: Uint8Array, at: number): void {
    for (let done = 0; done < count; ) {
      let grain = Math.floor((sector + done) / this.grain);
      const inside = (sector + done) % this.grain;
      const start = this.locate(grain);
      let length = this.grain - inside;
      // Neighbours in the file are one read.
      while (length < count - done) {
        grain += 1;
        if (this.locate(grain) !== start + inside + length) break;
        length += this.grain;
      }
      length = Math.min(length, count - done);
      const from = at + done * SECTOR;
      this.medium.read((start + inside) * SECTOR, into.subarray(from, from + length * SECTOR));
      done += length;
    }
  }
}

function kindOf(entry: number): number {
  if (entry === NO_GRAIN) return HOLE;
  return entry === ZERO_GRAIN ? ZERO : DATA;
}
