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

/** Sectors one piece of the map covers: 256 MiB in 64 KiB. */
const PIECE = 1 << 19;

/** Which sectors of a file belong to something: one bit each, and nothing where nothing does. */
export class UsedSectors {
  private readonly pieces = new Map<number, Uint8Array>();

  constructor(readonly sectors: number) {}

  /** True when any of a stretch is marked. */
  meets(at: number, count: number): boolean {
    for (let sector = at; sector < Math.min(at + count, this.sectors); sector++) {
      const number = Math.floor(sector / PIECE);
      const inside = sector - number * PIECE;
      if (((this.pieces.get(number)?.[inside >> 3] ?? 0) & (1 << (inside & 7))) !== 0) return true;
    }
    return false;
  }

  /** Marks a stretch; false when part of it was marked before. */
  take(at: number, count: number): boolean {
    let free = true;
    for (let sector = at; sector < Math.min(at + count, this.sectors); sector++) {
      const number = Math.floor(sector / PIECE);
      let piece = this.pieces.get(number);
      if (piece === undefined) {
        piece = new Uint8Array(PIECE / 8);
        this.pieces.set(number, piece);
      }
      const inside = sector - number * PIECE;
      const bit = 1 << (inside & 7);
      if ((piece[inside >> 3] & bit) !== 0) free = false;
      piece[inside >> 3] |= bit;
    }
    return free;
  }

  /** Calls back for every stretch that belongs to nothing. */
  eachFree(from: number, visit: (at: number, count: number) => void): void {
    let start = from;
    for (let sector = from; sector < this.sectors; ) {
      const number = Math.floor(sector / PIECE);
      const piece = this.pieces.get(number);
      if (piece === undefined) {
        sector = (number + 1) * PIECE;
        continue;
      }
      const inside = sector - number * PIECE;
      if ((piece[inside >> 3] & (1 << (inside & 7))) !== 0) {
        if (sector > start) visit(start, sector - start);
        start = sector + 1;
      }
      sector += 1;
    }
    if (this.sectors > start) visit(start, this.sectors - start);
  }
}

/** Damaged entries after which a file is not looked at further: a small one can name millions. */
const DAMAGE_MAX = 50_000;

/** Walks all tables: every grain inside the file, at its place, and used once. */
export function checkGrains(
  extent: GrainExtent,
  rules: GrainRules,
  use: SectorUse,
  findings: Findings,
  progress: Progress,
): void {
  const place = extent.medium.name;
  const end = extent.medium.bytes / SECTOR;
  const before = findings.of('error');
  for (let index = 0; index < extent.tables; index++) {
    if (findings.of('error') - before > DAMAGE_MAX) {
      findings.add('many', place, `from table ${index} of ${extent.tables} on`);
      return;
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
    checkTable(extent, index, table, rules, use, findings, end);
    checkBehind(extent, index, table, findings);
    progress((index + 1) / extent.tables);
  }
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
): void {
  const place = extent.medium.name;
  const count = Math.min(extent.perTable, extent.grains - index * extent.perTable);
  for (let slot = 0; slot < count; slot++) {
    const grain = index * extent.perTable + slot;
    let at: number;
    try {
      at = extent.entry(table, slot);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      findings.add('entry', place, `table ${index}, entry ${slot}`);
      if (table + slot * 4 > extent.medium.bytes) return;
      continue;
    }
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
