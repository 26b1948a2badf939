import { FormatError } from '../../../core/errors.js';
import { alignUp, getU64, isZero } from '../../vmfs/bytes.js';
import type { Progress } from '../copy.js';
import { COWD_FLAGS, type CowdExtent } from '../cowd-extent.js';
import { NO_GRAIN } from '../grain-extent.js';
import { type FileMedium, SECTOR } from '../medium.js';
import { Pages } from '../pages.js';
import {
  SE_GRAIN,
  SE_PARTS,
  SE_PARTS_AT,
  SE_TABLE_SECTORS,
  type SeExtent,
  type SePart,
  seGrain,
} from '../se-extent.js';
import type { Findings } from './findings.js';
import { checkGrains, UsedSectors } from './grains.js';

/** Tables of a redo log lie among its grains: they are marked first. */
export function checkCowd(extent: CowdExtent, findings: Findings, progress: Progress): void {
  const { medium, header } = extent;
  if (header.unclean) findings.add('unclean', medium.name, 'marked as open');
  const sectors = Math.ceil(medium.bytes / SECTOR);
  const use = { tables: new UsedSectors(sectors), grains: new UsedSectors(sectors) };
  if (header.flags !== COWD_FLAGS) findings.add('odd', medium.name, `flags ${header.flags}`);
  if (header.tables !== extent.tables) {
    const detail = `a directory of ${header.tables} tables, the disk needs ${extent.tables}`;
    findings.add('odd', medium.name, detail);
  }
  const length = Math.ceil((Math.max(1, extent.tables) * 4) / SECTOR);
  const tableSectors = (extent.perTable * 4) / SECTOR;
  use.tables.take(0, HEADER_SECTORS);
  if (!use.tables.take(header.directoryAt, length)) {
    findings.add('overlap', medium.name, `the directory at sector ${header.directoryAt}`);
  }
  let named = 0;
  for (let index = 0; index < extent.tables; index++) {
    const at = extent.table(index) / SECTOR;
    if (at === 0) continue;
    named += 1;
    if ((at + tableSectors) * SECTOR > medium.bytes) {
      findings.add('directory', medium.name, `entry ${index}: sector ${at}`);
    } else if (!use.tables.take(at, tableSectors)) {
      findings.add('overlap', medium.name, `the table of directory entry ${index} at sector ${at}`);
    }
  }
  // The first grain comes with its table.
  if (named === 0 && header.next > header.directoryAt + length + tableSectors) {
    const detail = `it names no table at all, and sectors up to ${header.next} are in use`;
    findings.add('directory', medium.name, detail);
  }
  const rules = { dataAt: 0, step: 1, size: () => extent.grain };
  checkGrains(extent, rules, use, findings, progress);
  if (header.next * SECTOR > alignUp(medium.bytes, SECTOR)) {
    findings.add('outside', medium.name, `in use up to sector ${header.next}: it is cut short`);
  }
  // A program that stopped had not written down yet how far it was.
  if (!header.unclean) checkCursor(extent, use, findings);
}

const HEADER_SECTORS = 4;

/** Everything in front of the cursor is in use, nothing behind it is. */
function checkCursor(
  { medium, header, grain }: CowdExtent,
  { tables, grains }: { tables: UsedSectors; grains: UsedSectors },
  findings: Findings,
): void {
  const all = grains.sectors - header.next;
  if (all > 0 && (tables.meets(header.next, all) || grains.meets(header.next, all))) {
    const detail = `the next free sector is ${header.next}, and there is data behind`;
    findings.add('cursor', medium.name, detail);
  }
  grains.eachFree(HEADER_SECTORS, (at, count) => {
    const end = Math.min(at + count, header.next);
    let lost = 0;
    for (let sector = at; sector < end; sector++) if (!tables.meets(sector, 1)) lost++;
    // Grains of more than a sector leave gaps in front of them.
    if (lost >= grain && lost > 0) {
      findings.add('lost', medium.name, `${lost} sectors from sector ${at} on`);
    }
  });
}

/** Grains of seSparse have an area of their own, so do their tables. */
export function checkSe(extent: SeExtent, findings: Findings, progress: Progress): void {
  const { medium, header } = extent;
  const { grains } = header.parts;
  checkReserved(medium, header.parts.volatileHeader.at, findings);
  checkParts(extent, findings);
  checkTables(extent, findings);
  // What lies in front of the grains' area may be terabytes of nothing.
  const used = new UsedSectors(Math.ceil(medium.bytes / SECTOR), grains.at, extent.grain);
  const use = { tables: new UsedSectors(0), grains: used };
  let last = 0;
  const size = (at: number): number => {
    last = Math.max(last, at + extent.grain);
    return extent.grain;
  };
  checkGrains(extent, { dataAt: grains.at, step: extent.grain, size }, use, findings, progress);
  if (last > grains.at + alignUp(grains.sectors, SE_GRAIN)) {
    const detail = `grains up to sector ${last}, their area ends at ${grains.at + grains.sectors}`;
    findings.add('header', medium.name, detail);
  }
  const pages = new Pages(medium);
  used.eachFree(grains.at, (at, count) => {
    const free = Math.floor(count / extent.grain);
    let lost = 0;
    for (let grain = 0; grain < free; grain++) {
      if (isLost(extent, pages, (at - grains.at) / extent.grain + grain)) lost += 1;
    }
    const where = `from sector ${at} on`;
    if (lost > 0) findings.add('lost', medium.name, `${lost} of ${free} grains ${where}`);
    else if (free > 0) findings.add('unnamed', medium.name, `${free} grains ${where}`);
  });
}

/**
 * True for a grain that is part of the disk by the back map, where the disk has nothing. Entries there have 1 in
 * their first digit and name grains of the disk as those of tables do (seen in disks of ESXi); it may be empty.
 */
function isLost(extent: SeExtent, pages: Pages, grain: number): boolean {
  const { backmap } = extent.header.parts;
  const at = backmap.at * SECTOR + grain * 8;
  if ((grain + 1) * 8 > backmap.sectors * SECTOR || at + 8 > extent.medium.bytes) return false;
  const high = pages.u32(at + 4);
  if (high >>> 28 !== 1) return false;
  const owner = seGrain(pages.u32(at), high);
  try {
    return owner < extent.grains && extent.locate(owner) === NO_GRAIN;
  } catch (error) {
    if (error instanceof FormatError) return false;
    throw error;
  }
}

/** Bytes other readers want to be zeros: reserved fields, and what is behind the last (section 10). */
function checkReserved(medium: FileMedium, volatileAt: number, findings: Findings): void {
  const behind = SE_PARTS_AT + SE_PARTS.length * 16;
  const bytes = new Uint8Array(SECTOR);
  for (const [name, at, from, to] of [
    ['header', 0, 48, SE_PARTS_AT],
    ['header', 0, behind, SECTOR],
    ['volatile header', volatileAt, 32, SECTOR],
  ] as const) {
    medium.read(at * SECTOR, bytes);
    if (isZero(bytes.subarray(from, to))) continue;
    findings.add('header', medium.name, `reserved bytes ${from} to ${to - 1} of the ${name}`);
  }
}

/** The parts of the file, none over another. */
function checkParts({ medium, header }: SeExtent, findings: Findings): void {
  const parts = SE_PARTS.map((name) => [name, header.parts[name]] as const);
  const inOrder = [...parts].sort(([, one], [, other]) => one.at - other.at);
  let end = 1;
  let before: SePart | 'header' = 'header';
  for (const [name, { at, sectors }] of inOrder) {
    if (sectors === 0) continue;
    if (name !== 'grains' && (at + sectors) * SECTOR > medium.bytes) {
      findings.add(
        'header',
        medium.name,
        `${name} ends at sector ${at + sectors}, beyond the file`,
      );
    }
    if (at < end) {
      const detail = `${name} begins at sector ${at}, ${before} ends at sector ${end}`;
      findings.add('overlap', medium.name, detail);
    }
    if (at + sectors <= end) continue;
    end = at + sectors;
    before = name;
  }
}

/** Each table named once, within its area, and below the number that counts as free. */
function checkTables(extent: SeExtent, findings: Findings): void {
  const { medium, header } = extent;
  const { tables, volatileHeader } = header.parts;
  const room = Math.floor(tables.sectors / SE_TABLE_SECTORS);
  const named = new UsedSectors(room);
  let last = -1;
  for (let index = 0; index < extent.tables; index++) {
    const number = tableNumber(extent, index);
    if (number < 0) continue;
    if (number >= room) {
      const detail = `entry ${index}: table ${number}, there is room for ${room}`;
      findings.add('directory', medium.name, detail);
    } else if (!named.take(number, 1)) {
      findings.add(
        'overlap',
        medium.name,
        `entry ${index}: table ${number} belongs to another too`,
      );
    }
    if (number < room) last = Math.max(last, number);
  }
  const bytes = new Uint8Array(16);
  medium.read(volatileHeader.at * SECTOR, bytes);
  const free = getU64(bytes, 8);
  if (free <= last) {
    const detail = `the next free table is ${free}, table ${last} is in use`;
    findings.add('cursor', medium.name, detail);
  }
  if (free > room) {
    findings.add('header', medium.name, `${free} tables are in use, there is room for ${room}`);
  }
  named.eachFree(0, (at, count) => {
    const lost = Math.min(at + count, free) - at;
    if (lost <= 0) return;
    findings.add('lost', medium.name, `${lost} tables from number ${at} on`);
    // One that is in use is not named, one that is not in use is.
    if (free <= last)
      findings.add('directory', medium.name, `table ${last} stands for table ${at}`);
  });
}

/** Number of the table of a directory entry, or -1: there is none, or the entry is damaged. */
function tableNumber(extent: SeExtent, index: number): number {
  try {
    const at = extent.table(index);
    const first = extent.header.parts.tables.at;
    return at === 0 ? -1 : (at / SECTOR - first) / SE_TABLE_SECTORS;
  } catch (error) {
    if (error instanceof FormatError) return -1;
    throw error;
  }
}
