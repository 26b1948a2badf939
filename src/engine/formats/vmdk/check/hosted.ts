import { FormatError } from '../../../core/errors.js';
import { alignUp, getU32, isZero, sameBytes } from '../../vmfs/bytes.js';
import type { Progress } from '../copy.js';
import { type HostedExtent, readPacked, StreamExtent } from '../hosted-extent.js';
import { decodeHostedHeader, GTES, IN_FOOTER } from '../hosted-header.js';
import { type Codec, type FileMedium, SECTOR } from '../medium.js';
import { Pages } from '../pages.js';
import type { Findings } from './findings.js';
import { checkGrains, UsedSectors } from './grains.js';

const TABLE_BYTES = GTES * 4;

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
  const used = new UsedSectors(Math.ceil(medium.bytes / SECTOR));
  const stream = extent instanceof StreamExtent;
  checkDirectory(extent, stream, used, findings);
  const size = stream
    ? (sector: number, grain: number) => packedSize(extent, sector, grain, codec, findings)
    : () => extent.grain;
  const step = stream ? 1 : extent.grain;
  const dataAt = extent.header.overhead;
  checkGrains(extent, { dataAt, step, size }, used, findings, progress);
  if (!stream) reportLost(extent, used, findings);
  else if (header.directoryAt === IN_FOOTER) checkEnd(medium, findings);
}

/** Tables where the directory says, and both copies alike. */
function checkDirectory(
  extent: HostedExtent,
  stream: boolean,
  used: UsedSectors,
  findings: Findings,
): void {
  const { medium, header } = extent;
  const pages = new Pages(medium);
  const copies = header.redundantAt === 0 ? [] : [header.redundantAt];
  for (let index = 0; index < extent.tables; index++) {
    const at = pages.u32(header.directoryAt * SECTOR + index * 4);
    const inFile = at * SECTOR + TABLE_BYTES <= medium.bytes;
    if ((at === 0 && !stream) || !inFile) {
      findings.add('directory', medium.name, `entry ${index}: sector ${at}`);
    } else if (at > 0) used.take(at, TABLE_BYTES / SECTOR);
    for (const copy of copies) {
      const place = copy * SECTOR + index * 4;
      const other = place + 4 <= medium.bytes ? pages.u32(place) : 0;
      if (other === 0 || other * SECTOR + TABLE_BYTES > medium.bytes) {
        findings.add('redundant', medium.name, `directory entry ${index}: sector ${other}`);
        continue;
      }
      used.take(other, TABLE_BYTES / SECTOR);
      if (at > 0 && inFile) compareTables(medium, index, at, other, findings);
    }
  }
}

function compareTables(
  medium: FileMedium,
  index: number,
  one: number,
  other: number,
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
  }
}

/** Sectors of a compressed grain's record; 0 when it is damaged, which is told. */
function packedSize(
  extent: HostedExtent,
  sector: number,
  grain: number,
  codec: Codec,
  findings: Findings,
): number {
  const { medium } = extent;
  try {
    const bytes = readPacked(medium, sector, grain, extent.grain, codec);
    const needed = Math.min(extent.grain, extent.sectors - grain * extent.grain) * SECTOR;
    if (bytes.length < needed) {
      throw new FormatError(`grain ${grain} has ${bytes.length} bytes of ${needed}`);
    }
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    findings.add('compressed', medium.name, error.message);
    return 0;
  }
  const marker = new Uint8Array(12);
  medium.read(sector * SECTOR, marker);
  return alignUp(12 + getU32(marker, 8), SECTOR) / SECTOR;
}

/** Whole grains behind the overhead that nothing names. */
function reportLost(extent: HostedExtent, used: UsedSectors, findings: Findings): void {
  used.eachFree(extent.header.overhead, (at, count) => {
    const grains = Math.floor(count / extent.grain);
    if (grains > 0) {
      findings.add('lost', extent.medium.name, `${grains} grains from sector ${at} on`);
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
