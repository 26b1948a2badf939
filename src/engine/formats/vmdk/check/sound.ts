import { FormatError } from '../../../core/errors.js';
import { CowdExtent } from '../cowd-extent.js';
import { NO_CID } from '../descriptor.js';
import type { Disk } from '../disk.js';
import { DATA, type Extent, Run } from '../extent.js';
import { FlatExtent } from '../flat-extent.js';
import { HostedExtent, StreamExtent } from '../hosted-extent.js';
import { GTES, hasFooter } from '../hosted-header.js';
import { SECTOR } from '../medium.js';
import { SeExtent } from '../se-extent.js';
import { type FindingKind, Findings, KINDS } from './findings.js';
import { checkGrains, UsedSectors } from './grains.js';
import { isStray, reportLost } from './hosted.js';
import { checkCowd, checkSe } from './redo.js';
import { checkRecords, readRecord } from './stream.js';

/** Damage after which what is read is not what a guest wrote. */
const FALSIFYING: ReadonlySet<FindingKind> = new Set<FindingKind>([
  'hint',
  'directory',
  'overlap',
  'outside',
  'metadata',
  'shared',
  'entry',
  'many',
  'compressed',
  'lost-record',
]);

/** What somebody who copies a disk should know, though it is read as it stands. */
const TOLD: ReadonlySet<FindingKind> = new Set<FindingKind>([
  'unclean',
  'file-long',
  'no-access',
  'lost',
]);

/**
 * Looks at the tables of a disk before it is copied: a copy of damage looks sound.
 * @returns sentences that are no reason to refuse it
 * @throws FormatError for a disk whose copy would have other data than its guest wrote
 */
export function requireSound(disk: Disk): string[] {
  const findings = new Findings();
  for (const { descriptor, name, extents } of disk.links) {
    if (descriptor.parentCid === NO_CID && descriptor.get('parentFileNameHint') !== undefined) {
      findings.add('hint', name, 'parentCID is ffffffff');
    }
    descriptor.extents(name).forEach(({ access }, index) => {
      if (access === 'NOACCESS') findings.add('no-access', name, `extent ${index + 1}`);
    });
    reportLong(extents, findings);
    for (const extent of extents) walk(extent, findings);
  }
  const wrong = findings.list.find(({ kind }) => FALSIFYING.has(kind));
  if (wrong !== undefined) {
    throw new FormatError(
      `${wrong.place}: it is damaged, a copy would have wrong data: ${KINDS[wrong.kind].title}: ${wrong.detail}`,
    );
  }
  return findings.list
    .filter(({ kind }) => TOLD.has(kind))
    .map(({ kind, place, detail }) => `${place}: ${KINDS[kind].title}: ${detail}`);
}

/** Bytes of flat files behind the last extent in them. */
function reportLong(extents: readonly Extent[], findings: Findings): void {
  const ends = new Map<FlatExtent['medium'], number>();
  for (const extent of extents) {
    if (!(extent instanceof FlatExtent)) continue;
    const end = (extent.offset + extent.sectors) * SECTOR;
    ends.set(extent.medium, Math.max(end, ends.get(extent.medium) ?? 0));
  }
  for (const [{ name, bytes }, end] of ends) {
    if (bytes > end)
      findings.add('file-long', name, `${bytes - end} bytes more, which are left out`);
  }
}

function walk(extent: Extent, findings: Findings): void {
  if (extent instanceof HostedExtent) walkHosted(extent, findings);
  else if (extent instanceof CowdExtent) checkCowd(extent, findings, () => undefined);
  else if (extent instanceof SeExtent) checkSe(extent, findings, () => undefined);
}

/** Tables as they are read here, whichever copy that is; grains wherever their writer aligned them. */
function walkHosted(extent: HostedExtent, findings: Findings): void {
  const { medium, header } = extent;
  if (header.unclean) findings.add('unclean', medium.name, 'marked as open');
  const stream = extent instanceof StreamExtent;
  const sectors = Math.ceil(medium.bytes / SECTOR);
  const grains = stream
    ? new UsedSectors(sectors)
    : new UsedSectors(sectors, firstPlace(extent) % extent.grain, extent.grain);
  const use = { tables: new UsedSectors(sectors), grains };
  const length = Math.max(1, Math.ceil((extent.tables * 4) / SECTOR));
  use.tables.take(0, 1);
  use.tables.take(header.descriptorAt, header.descriptorSectors);
  use.tables.take(header.directoryAt, length);
  for (let index = 0; index < extent.tables; index++) {
    const at = extent.table(index) / SECTOR;
    if (at === 0 && stream) continue;
    if (at === 0 || (at * SECTOR < medium.bytes && isStray(extent, at))) {
      findings.add('directory', medium.name, `entry ${index}: sector ${at}`);
    }
    if (at > 0 && !use.tables.take(at, (GTES * 4) / SECTOR)) {
      findings.add('overlap', medium.name, `the table of entry ${index} at sector ${at}`);
    }
  }
  const size = stream
    ? (sector: number, grain: number) => recordSectors(extent, sector, grain, findings)
    : () => extent.grain;
  const rules = { dataAt: 0, step: 1, size };
  const zeros = checkGrains(extent, rules, use, findings, () => undefined);
  if (!stream) {
    reportLost(extent, use, zeros, findings);
    return;
  }
  const first = new Uint8Array(SECTOR);
  medium.read(0, first);
  checkRecords(extent, hasFooter(first), use, findings);
}

/** Sector of the first grain; 0 when there is none, or its entry is damaged and found again later. */
function firstPlace(extent: HostedExtent): number {
  const run = new Run();
  try {
    for (let at = 0; at < extent.sectors; at += run.sectors) {
      extent.probe(at, extent.sectors - at, run);
      if (run.kind === DATA) return extent.locate(at / extent.grain);
    }
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
  }
  return 0;
}

/** Sectors a compressed grain takes, by its marker; 0 when that is damaged. */
function recordSectors(
  { medium, grain: sectors }: HostedExtent,
  sector: number,
  grain: number,
  findings: Findings,
): number {
  const found = readRecord(medium, sector);
  if (found !== undefined && found.value === grain * sectors && found.size > 0) {
    return Math.ceil((12 + found.size) / SECTOR);
  }
  findings.add('compressed', medium.name, `the marker of grain ${grain} at sector ${sector}`);
  return 0;
}
