import { alignUp, getU32, getU64 } from '../../vmfs/bytes.js';
import type { HostedExtent } from '../hosted-extent.js';
import { FLAG_MARKERS, GTES } from '../hosted-header.js';
import { type FileMedium, SECTOR } from '../medium.js';
import { Pages } from '../pages.js';
import type { Findings } from './findings.js';
import type { SectorUse } from './grains.js';

/** Types of markers, and what they announce (reference `vmdk-formats.md`, section 8). */
const TABLE = 1;
const DIRECTORY = 2;
const FOOTER = 3;
const LAST_TYPE = 4;
const NAMES = ['no', 'a table', 'a directory', 'a footer', 'a progress'];

/** Sectors of a footer and of the marker of the end behind it. */
const TAIL = 2;

/** What stands in a sector that is no data: the length of a grain, or 0 and the type of a marker. */
interface StreamRecord {
  readonly value: number;
  readonly size: number;
  readonly type: number;
}

/**
 * Follows a stream as programs do that read it from its beginning to its end: markers in front of tables,
 * directory and footer, and no grain or table that only such programs would find.
 * @param footer the stream ends with a footer: tables and directory have markers
 */
export function checkRecords(
  extent: HostedExtent,
  footer: boolean,
  use: SectorUse,
  findings: Findings,
): void {
  if ((extent.header.flags & FLAG_MARKERS) === 0) return;
  if (footer) checkMarkers(extent, use, findings);
  use.grains.eachFree(extent.header.overhead, (at, count) => {
    walk(extent, at, at + count, use, findings);
  });
}

function checkMarkers(extent: HostedExtent, use: SectorUse, findings: Findings): void {
  const { medium, header } = extent;
  const expect = (at: number, type: number, sectors: number): void => {
    use.tables.take(at, 1);
    const found = readRecord(medium, at);
    if (found?.size === 0 && found.type === type && found.value === sectors) return;
    const is = found === undefined ? 'the end of the file' : describe(found);
    const detail = `sector ${at}: ${is} where ${NAMES[type]} of ${sectors} sectors is announced`;
    findings.add('marker', medium.name, detail);
  };
  const pages = new Pages(medium);
  for (let index = 0; index < extent.tables; index++) {
    const at = pages.u32(header.directoryAt * SECTOR + index * 4);
    if (at > 0 && at * SECTOR < medium.bytes) expect(at - 1, TABLE, (GTES * 4) / SECTOR);
  }
  const length = Math.max(1, Math.ceil((extent.tables * 4) / SECTOR));
  expect(header.directoryAt - 1, DIRECTORY, length);
  const behind = header.directoryAt + length;
  expect(behind, FOOTER, 1);
  use.tables.take(behind + 1, TAIL);
}

/** Records in a stretch that no table names. */
function walk(
  extent: HostedExtent,
  from: number,
  to: number,
  use: SectorUse,
  findings: Findings,
): void {
  const { medium, grain } = extent;
  for (let at = from; at < to; ) {
    const found = use.tables.meets(at, 1) ? undefined : readRecord(medium, at);
    at += 1;
    if (found === undefined) continue;
    const { value, size, type } = found;
    if (size > 0 && size <= grain * SECTOR * 2 && value % grain === 0 && value < extent.sectors) {
      const what = `sector ${at - 1}: a grain of sector ${value} of the disk`;
      findings.add('lost-record', medium.name, what);
      at += alignUp(12 + size, SECTOR) / SECTOR - 1;
    } else if (size === 0 && type === TABLE) {
      findings.add('lost-record', medium.name, `sector ${at - 1}: a table of grains`);
      at += (GTES * 4) / SECTOR;
    } else if (size > 0 || type > LAST_TYPE) {
      findings.add('lost', medium.name, `${to - at + 1} sectors from sector ${at - 1} on`);
      return;
    }
  }
}

function describe({ value, size, type }: StreamRecord): string {
  if (size > 0) return `a grain of ${size} bytes`;
  return `${NAMES[type] ?? 'an unknown'} marker of ${value} sectors`;
}

/** Undefined beyond the end of the file. */
export function readRecord(medium: FileMedium, sector: number): StreamRecord | undefined {
  const bytes = new Uint8Array(16);
  if (sector < 0 || sector * SECTOR + bytes.length > medium.bytes) return undefined;
  medium.read(sector * SECTOR, bytes);
  // Beyond 2^53 a number is no place of any disk.
  const value = getU32(bytes, 4) > 0x1fffff ? Number.MAX_SAFE_INTEGER : getU64(bytes, 0);
  return { value, size: getU32(bytes, 8), type: getU32(bytes, 12) };
}
