import { FormatError } from '../../../core/errors.js';
import type { Progress } from '../copy.js';
import { type GrainExtent, NO_GRAIN, ZERO_GRAIN } from '../grain-extent.js';
import { SECTOR } from '../medium.js';
import type { Findings } from './findings.js';

/** Where grains may be, and how. */
export interface GrainRules {
  /** First sector behind headers and fixed tables. */
  readonly dataAt: number;
  /** Grains are at multiples of this many sectors, from `dataAt`. */
  readonly step: number;
  /** Sectors a grain takes, by where it is; for compressed ones their record. */
  readonly size: (sector: number, grain: number) => number;
}

/** What the sectors of a file belong to. */
export interface SectorUse {
  /** Headers and tables: no grain may be there. */
  readonly tables: UsedSectors;
  readonly grains: UsedSectors;
}

/** Units one piece of the map covers: 64 KiB of bits. */
const PIECE = 1 << 19;

/** Which sectors of a file belong to something: a bit for each unit of them, and nothing where nothing does. */
export class UsedSectors {
  private readonly pieces = new Map<number, Uint8Array>();
  private readonly units: number;

  /**
   * @param sectors of the file
   * @param first sector the map begins with
   * @param unit sectors that belong together: stretches begin at multiples of it, from `first`
   */
  constructor(
    readonly sectors: number,
    private readonly first = 0,
    private readonly unit = 1,
  ) {
    this.units = Math.max(0, Math.ceil((sectors - first) / unit));
  }

  /** True when any of a stretch is marked. */
  meets(at: number, count: number): boolean {
    const end = this.end(at, count);
    for (let unit = this.start(at); unit < end; unit++) {
      const number = Math.floor(unit / PIECE);
      const inside = unit - number * PIECE;
      if (((this.pieces.get(number)?.[inside >> 3] ?? 0) & (1 << (inside & 7))) !== 0) return true;
    }
    return false;
  }

  /** Marks a stretch; false when part of it was marked before. */
  take(at: number, count: number): boolean {
    let free = true;
    const end = this.end(at, count);
    for (let unit = this.start(at); unit < end; ) {
      const number = Math.floor(unit / PIECE);
      const piece = this.piece(number);
      const inside = unit - number * PIECE;
      const whole = (inside & 7) === 0 && unit + 8 <= end;
      const bits = whole ? 0xff : 1 << (inside & 7);
      if ((piece[inside >> 3] & bits) !== 0) free = false;
      piece[inside >> 3] |= bits;
      unit += whole ? 8 : 1;
    }
    return free;
  }

  /** Calls back for every stretch that belongs to nothing. */
  eachFree(from: number, visit: (at: number, count: number) => void): void {
    let start = this.start(from);
    const tell = (end: number): void => {
      if (end <= start) return;
      const at = this.first + start * this.unit;
      visit(at, Math.min(this.sectors, this.first + end * this.unit) - at);
    };
    for (let unit = start; unit < this.units; ) {
      const number = Math.floor(unit / PIECE);
      const piece = this.pieces.get(number);
      if (piece === undefined) {
        unit = (number + 1) * PIECE;
        continue;
      }
      const inside = unit - number * PIECE;
      const whole = (inside & 7) === 0 && piece[inside >> 3] === 0xff;
      const length = whole ? 8 : 1;
      if (whole || (piece[inside >> 3] & (1 << (inside & 7))) !== 0) {
        tell(unit);
        start = unit + length;
      }
      unit += length;
    }
    tell(this.units);
  }

  private start(at: number): number {
    return Math.max(0, Math.floor((at - this.first) / this.unit));
  }

  private end(at: number, count: number): number {
    return Math.min(this.units, Math.ceil((at + count - this.first) / this.unit));
  }

  /** No larger than the file: a disk may have thousands of small ones. */
  private piece(number: number): Uint8Array {
    let piece = this.pieces.get(number);
    if (piece === undefined) {
      piece = new Uint8Array(Math.ceil(Math.min(PIECE, this.units - number * PIECE) / 8));
      this.pieces.set(number, piece);
    }
    return piece;
  }
}

/** Damaged entries after which a file is not looked at further: a small one can name millions. */
const DAMAGE_MAX = 50_000;

/**
 * Walks all tables: every grain inside the file, at its place, and used once.
 * @returns entries that say zeros
 */
export function checkGrains(
  extent: GrainExtent,
  rules: GrainRules,
  use: SectorUse,
  findings: Findings,
  progress: Progress,
): number {
  const place = extent.medium.name;
  const end = extent.medium.bytes / SECTOR;
  const before = findings.of('error');
  let zeros = 0;
  for (let index = 0; index < extent.tables; index++) {
    if (findings.of('error') - before > DAMAGE_MAX) {
      findings.add('many', place, `from table ${index} of ${extent.tables} on`);
      break;
    }
    let table: number;
    try {
      table = extent.table(index);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      findings.add('directory', place, `entry ${index} is damaged`);
      continue;
    }
    if (table === 0 || isBlank(extent, table)) continue;
    zeros += checkTable(extent, index, table, rules, use, findings, end);
    checkBehind(extent, index, table, findings);
    progress((index + 1) / extent.tables);
  }
  return zeros;
}

/** False also for a table that cannot be read: its entries are looked at then. */
function isBlank(extent: GrainExtent, table: number): boolean {
  try {
    return extent.blank(table);
  } catch (error) {
    if (error instanceof FormatError) return false;
    throw error;
  }
}

function checkTable(
  extent: GrainExtent,
  index: number,
  table: number,
  rules: GrainRules,
  use: SectorUse,
  findings: Findings,
  end: number,
): number {
  let zeros = 0;
  const place = extent.medium.name;
  const count = Math.min(extent.perTable, extent.grains - index * extent.perTable);
  for (let slot = 0; slot < count; slot++) {
    const grain = index * extent.perTable + slot;
    let at: number;
    try {
      at = extent.entry(table, slot);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      const why = error.message.replace(`${place}: `, '');
      findings.add('entry', place, `table ${index}, entry ${slot}: ${why}`);
      if (table + slot * 4 > extent.medium.bytes) break;
      continue;
    }
    if (at === ZERO_GRAIN) zeros += 1;
    if (at === NO_GRAIN || at === ZERO_GRAIN) continue;
    const where = `grain ${grain} at sector ${at}`;
    if (at >= end) findings.add('outside', place, `${where} of ${Math.ceil(end)}`);
    else if (at < rules.dataAt) findings.add('metadata', place, where);
    else if ((at - rules.dataAt) % rules.step !== 0) findings.add('unaligned', place, where);
    else {
      const size = rules.size(at, grain);
      if (size === 0) continue;
      if (at + size > end) findings.add('outside', place, `${where} goes beyond the end`);
      const free = use.grains.take(at, size);
      if (use.tables.meets(at, size)) findings.add('metadata', place, where);
      else if (!free) findings.add('shared', place, where);
    }
  }
  return zeros;
}

/** The last table has more entries than the disk has grains: they name nothing. */
function checkBehind(extent: GrainExtent, index: number, table: number, findings: Findings): void {
  const from = extent.grains - index * extent.perTable;
  for (let slot = from; slot < extent.perTable; slot++) {
    try {
      if (extent.entry(table, slot) === NO_GRAIN) continue;
    } catch (error) {
      if (error instanceof FormatError) return;
      throw error;
    }
    findings.add('behind', extent.medium.name, `table ${index}, entry ${slot}`);
  }
}
