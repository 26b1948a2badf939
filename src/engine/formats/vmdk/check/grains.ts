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

/** What notes the sectors of a file that belong to something. */
export interface Taken {
  take(at: number, count: number): boolean;
}

/** Sectors one piece of the map covers: 256 MiB in 64 KiB. */
const PIECE = 1 << 19;

/** Which sectors of a file belong to something: one bit each, and nothing where nothing does. */
export class UsedSectors implements Taken {
  private readonly pieces = new Map<number, Uint8Array>();

  constructor(readonly sectors: number) {}

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

/** Walks all tables: every grain inside the file, at its place, and used once. */
export function checkGrains(
  extent: GrainExtent,
  rules: GrainRules,
  used: Taken,
  findings: Findings,
  progress: Progress,
): void {
  const place = extent.medium.name;
  const end = extent.medium.bytes / SECTOR;
  for (let index = 0; index < extent.tables; index++) {
    let table: number;
    try {
      table = extent.table(index);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      findings.add('directory', place, `entry ${index} is damaged`);
      continue;
    }
    if (table === 0 || isBlank(extent, table)) continue;
    checkTable(extent, index, table, rules, used, findings, end);
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
  used: Taken,
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
      if (!used.take(at, size)) findings.add('shared', place, where);
    }
  }
}
