import { FormatError } from '../../../core/errors.js';
import { alignUp, getU16, getU32, getU64Saturated, isZero, sameBytes } from '../../vmfs/bytes.js';
import type { Progress } from '../copy.js';
import { type HostedExtent, readPacked, StreamExtent } from '../hosted-extent.js';
import {
  decodeHostedHeader,
  FLAG_REDUNDANT,
  GTES,
  type HostedHeader,
  IN_FOOTER,
} from '../hosted-header.js';
import { type Codec, type FileMedium, SECTOR } from '../medium.js';
import { Pages } from '../pages.js';
import type { Findings } from './findings.js';
import { checkGrains, type GrainRules, type SectorUse, UsedSectors } from './grains.js';
import { checkRecords, readRecord } from './stream.js';

const TABLE_BYTES = GTES * 4;

/** Where the header says how grains are compressed, and where the copy of the directory is. */
const COMPRESSION_AT = 77;
const REDUNDANT_AT = 48;
/** Fields a footer repeats. */
const IN_BOTH = ['version', 'flags', 'descriptorAt', 'descriptorSectors', 'overhead'] as const;

/** Two tables that are compared: a disk may have thousands. */
const COPIES = { first: new Uint8Array(TABLE_BYTES), second: new Uint8Array(TABLE_BYTES) };

/** Checks a hosted sparse extent, plain or compressed. */
export function checkHosted(
  extent: HostedExtent,
  codec: Codec,
  findings: Findings,
  progress: Progress,
): void {
  const { medium } = extent;
  const first = new Uint8Array(SECTOR);
  medium.read(0, first);
  const header = decodeHostedHeader(first, medium.name);
  if (!header.newlines) findings.add('newline', medium.name, 'line ends in the header');
  if (header.unclean) findings.add('unclean', medium.name, 'marked as open');
  const sectors = Math.ceil(medium.bytes / SECTOR);
  const sound = checkFields(extent, first, header, findings);
  const dataAt = sound ? extent.header.overhead : 0;
  const stream = extent instanceof StreamExtent;
  const step = stream ? 1 : extent.grain;
  const use = {
    tables: new UsedSectors(sectors),
    grains: new UsedSectors(sectors, dataAt, step),
  };
  takeFixed(extent, use.tables, findings);
  checkDirectory(extent, { dataAt, step }, use.tables, findings);
  const size = stream
    ? (sector: number, grain: number) => packedSize(extent, sector, grain, codec, findings)
    : () => extent.grain;
  const zeros = checkGrains(extent, { dataAt, step, size }, use, findings, progress);
  if (!stream) reportLost(extent, use, zeros, findings);
  else {
    if (header.directoryAt === IN_FOOTER) checkEnd(medium, findings);
    checkRecords(extent, header.directoryAt === IN_FOOTER, use, findings);
  }
}

/** Fields that have to fit each other. False when it is not known where grains begin. */
function checkFields(
  extent: HostedExtent,
  first: Uint8Array,
  header: HostedHeader,
  findings: Findings,
): boolean {
  const { medium } = extent;
  const wrong = (detail: string): void => findings.add('header', medium.name, detail);
  const compression = getU16(first, COMPRESSION_AT);
  if (compression !== 0 && !header.compressed) {
    wrong(`compression ${compression}, but the flags say that grains are not compressed`);
  }
  if ((header.flags & FLAG_REDUNDANT) !== 0 && header.redundantAt === 0) {
    wrong('the flags say that there is a copy of the directory, and no field says where');
  }
  const copyAt = getU64Saturated(first, REDUNDANT_AT);
  if ((header.flags & FLAG_REDUNDANT) === 0 && copyAt !== 0) {
    findings.add('odd', medium.name, `a copy of the directory at sector ${copyAt}, not in use`);
  }
  for (const field of IN_BOTH) {
    const [one, other] = [header[field], extent.header[field]];
    if (one !== other) wrong(`${field} is ${one} in the header and ${other} in the footer`);
  }
  const { overhead } = extent.header;
  const least = Math.max(1, header.descriptorAt + header.descriptorSectors);
  if (overhead >= least && overhead * SECTOR <= alignUp(medium.bytes, SECTOR)) return true;
  wrong(`grains begin at sector ${overhead}; the file has ${least} to ${medium.bytes / SECTOR}`);
  return false;
}

/** Header, descriptor and directories, none over another. */
function takeFixed(extent: HostedExtent, tables: UsedSectors, findings: Findings): void {
  const { header, medium } = extent;
  const length = Math.ceil((extent.tables * 4) / SECTOR);
  const parts: readonly (readonly [string, number, number])[] = [
    ['the embedded descriptor', header.descriptorAt, header.descriptorSectors],
    ['the directory', header.directoryAt, length],
    ['the copy of the directory', header.redundantAt, header.redundantAt === 0 ? 0 : length],
  ];
  tables.take(0, 1);
  for (const [name, at, count] of parts) {
    if (count > 0 && !tables.take(at, count)) {
      findings.add('overlap', medium.name, `${name} at sector ${at}`);
    }
  }
}

/** Tables where the directory says, and both copies alike. */
function checkDirectory(
  extent: HostedExtent,
  rules: Pick<GrainRules, 'dataAt' | 'step'>,
  tables: UsedSectors,
  findings: Findings,
): void {
  const { medium, header } = extent;
  const stream = extent instanceof StreamExtent;
  const pages = new Pages(medium);
  const copies = header.redundantAt === 0 ? [] : [header.redundantAt];
  const take = (what: string, at: number): void => {
    if (tables.take(at, TABLE_BYTES / SECTOR)) return;
    findings.add('overlap', medium.name, `the table of ${what} at sector ${at}`);
  };
  for (let index = 0; index < extent.tables; index++) {
    const at = pages.u32(header.directoryAt * SECTOR + index * 4);
    const inFile = at * SECTOR + TABLE_BYTES <= medium.bytes;
    if ((at === 0 && !stream) || !inFile) {
      findings.add('directory', medium.name, `entry ${index}: sector ${at}`);
    } else if (at > 0) {
      take(`directory entry ${index}`, at);
      if (isStray(extent, at)) {
        const detail = `entry ${index}: sector ${at}, which is empty and among the grains`;
        findings.add('directory', medium.name, detail);
      }
    }
    for (const copy of copies) {
      const place = copy * SECTOR + index * 4;
      const other = place + 4 <= medium.bytes ? pages.u32(place) : 0;
      if (other === 0 || other * SECTOR + TABLE_BYTES > medium.bytes) {
        if (stream && at === 0) continue;
        findings.add('redundant', medium.name, `directory entry ${index}: sector ${other}`);
        continue;
      }
      take(`entry ${index} of the copy`, other);
      if (at > 0 && inFile) compareTables(extent, index, at, other, rules, findings);
      else if (at === 0 && stream && !extent.blank(other * SECTOR)) {
        findings.add('redundant', medium.name, `directory entry ${index}: 0 and ${other}`);
      }
    }
  }
}

/** True for a table behind all others, where writers put none but for a grain it names. */
export function isStray(extent: HostedExtent, at: number): boolean {
  return (
    !(extent instanceof StreamExtent) && at >= extent.header.overhead && extent.blank(at * SECTOR)
  );
}

function compareTables(
  { medium }: HostedExtent,
  index: number,
  one: number,
  other: number,
  { dataAt, step }: Pick<GrainRules, 'dataAt' | 'step'>,
  findings: Findings,
): void {
  if (one === other) return;
  const [first, second] = [COPIES.first, COPIES.second];
  medium.read(one * SECTOR, first);
  medium.read(other * SECTOR, second);
  if (sameBytes(first, second)) return;
  for (let slot = 0; slot < GTES; slot++) {
    const entries = [getU32(first, slot * 4), getU32(second, slot * 4)];
    if (entries[0] === entries[1]) continue;
    const detail = `table ${index}, entry ${slot}: ${entries[0]} and ${entries[1]}`;
    findings.add('redundant', medium.name, detail);
    // The copy is read then: nothing else would tell what is wrong with the first.
    const [at] = entries;
    if (at * SECTOR >= medium.bytes) {
      findings.add('outside', medium.name, `${detail}; the file has ${medium.bytes} bytes`);
    } else if (at > 1 && at < dataAt) findings.add('metadata', medium.name, detail);
    else if (at > 1 && (at - dataAt) % step !== 0) findings.add('unaligned', medium.name, detail);
  }
}

/** Sectors of a compressed grain's record; 0 when that is not known. What is damaged is told. */
function packedSize(
  extent: HostedExtent,
  sector: number,
  grain: number,
  codec: Codec,
  findings: Findings,
): number {
  const { medium } = extent;
  const whole = extent.grain * SECTOR;
  try {
    const { bytes, spare } = readPacked(medium, sector, grain, extent.grain, codec);
    if (spare > 0) {
      const detail = `grain ${grain} at sector ${sector}: ${spare} bytes shorter`;
      findings.add('packed-length', medium.name, detail);
    }
    const needed = Math.min(whole, (extent.sectors - grain * extent.grain) * SECTOR);
    if (bytes.length < needed) {
      throw new FormatError(
        `${medium.name}, sector ${sector}: grain ${grain} has ${bytes.length} bytes of ${needed}`,
      );
    }
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    findings.add('compressed', medium.name, error.message);
  }
  const found = readRecord(medium, sector);
  if (found === undefined || found.size === 0 || found.size > 2 * whole) return 0;
  // A record of another grain is that grain's, and told with it.
  return found.value === grain * extent.grain ? alignUp(12 + found.size, SECTOR) / SECTOR : 0;
}

/**
 * Whole grains behind the overhead that nothing names, and anything behind the last one.
 * @param zeros entries that say zeros: each may have left a grain behind
 */
export function reportLost(
  extent: HostedExtent,
  { grains, tables }: SectorUse,
  zeros: number,
  findings: Findings,
): void {
  const { medium } = extent;
  let left = zeros;
  grains.eachFree(extent.header.overhead, (at, count) => {
    let whole = 0;
    const last = Math.floor(count / extent.grain);
    for (let grain = 0; grain < last; grain++) {
      if (!tables.meets(at + grain * extent.grain, extent.grain)) whole += 1;
    }
    if (whole > 0) {
      const kind = whole <= left ? 'unnamed' : 'lost';
      findings.add(kind, medium.name, `${whole} grains from sector ${at} on`);
      left -= whole;
    } else if (last === 0 && at + count === grains.sectors && !tables.meets(at, count)) {
      findings.add('lost', medium.name, `${medium.bytes - at * SECTOR} bytes from sector ${at} on`);
    }
  });
}

/** A stream ends with a sector of zeros. */
function checkEnd(medium: FileMedium, findings: Findings): void {
  const last = new Uint8Array(SECTOR);
  if (medium.bytes % SECTOR !== 0) {
    findings.add('end-marker', medium.name, 'the file ends inside a sector');
    return;
  }
  medium.read(medium.bytes - SECTOR, last);
  if (!isZero(last)) findings.add('end-marker', medium.name, 'the last sector is no end marker');
}
