import { FormatError, InputError } from '../../../core/errors.js';
import type { Progress } from '../copy.js';
import { CowdExtent } from '../cowd-extent.js';
import type { Descriptor } from '../descriptor.js';
import { NO_CID } from '../descriptor.js';
import { openDisk, openExtentOf, rawDevice, readDescriptor } from '../disk.js';
import type { Extent } from '../extent.js';
import type { ExtentLine } from '../extent-line.js';
import { FlatExtent } from '../flat-extent.js';
import { HostedExtent } from '../hosted-extent.js';
import { type Codec, type DiskFolder, type FileMedium, SECTOR } from '../medium.js';
import { SeExtent } from '../se-extent.js';
import { Findings } from './findings.js';
import { checkGrains, UsedSectors } from './grains.js';
import { checkHosted } from './hosted.js';

export interface DiskReport {
  readonly findings: Findings;
  /** Files that were looked at. */
  readonly files: number;
  readonly sectors: number;
}

/** createTypes a product knows (reference `vmdk-formats.md`, section 1). */
const CREATE_TYPES = new Set(
  (
    'vmfs vmfsSparse seSparse vmfsRawDeviceMap vmfsPassthroughRawDeviceMap vmfsRaw monolithicSparse ' +
    'monolithicFlat twoGbMaxExtentSparse twoGbMaxExtentFlat streamOptimized fullDevice ' +
    'partitionedDevice custom vmfsThin vmfsEagerZeroedThick vmfsPreallocated'
  )
    .toLowerCase()
    .split(' '),
);

/** Checks a disk and the chain of its parents; changes nothing. Damage is told, never thrown. */
export function checkDisk(
  folder: DiskFolder,
  name: string,
  codec: Codec,
  progress: Progress,
): DiskReport {
  const findings = new Findings();
  let files = 1;
  let sectors = 0;
  guard(findings, name, 'unreadable', () => {
    const medium = folder.open(name);
    const { descriptor, embedded } = readDescriptor(medium);
    const lines = descriptor.extents(medium.name);
    checkDescriptor(descriptor, medium.name, findings);
    sectors = lines.reduce((sum, line) => sum + line.sectors, 0);
    const device = rawDevice(descriptor);
    if (device !== undefined) {
      findings.add('device', medium.name, device);
      return;
    }
    lines.forEach((line, index) => {
      const part: Progress = (done) => progress((index + done) / lines.length);
      const own = embedded && lines.length === 1 ? medium : undefined;
      if (own === undefined) files += 1;
      checkExtent(folder, line, own, medium.name, codec, findings, part);
    });
    // What is wrong with the disk itself was told: its chain would only say so again.
    const opens = findings.count('missing') + findings.count('unreadable') === 0;
    if (descriptor.parentCid !== NO_CID && opens) {
      guard(findings, medium.name, 'chain', () => {
        for (const link of openDisk(folder, name, codec).links.slice(1)) {
          files += 1 + link.extents.length;
          checkDescriptor(link.descriptor, link.name, findings);
          for (const extent of link.extents) checkContent(extent, codec, findings, progress);
        }
      });
    }
  });
  return { findings, files, sectors };
}

function checkDescriptor(descriptor: Descriptor, place: string, findings: Findings): void {
  if (!CREATE_TYPES.has(descriptor.createType.toLowerCase())) {
    findings.add('create-type', place, `"${descriptor.createType}"`);
  }
  for (const key of descriptor.repeated()) findings.add('key-twice', place, key);
  const long = descriptor.get('ddb.longContentID')?.toLowerCase();
  // Files of some tools have a content id of zeros, and a long one nobody reads.
  if (long !== undefined && descriptor.cid !== '00000000' && !long.endsWith(descriptor.cid)) {
    findings.add('content-id', place, `${descriptor.cid} and ${long}`);
  }
}

function checkExtent(
  folder: DiskFolder,
  line: ExtentLine,
  own: FileMedium | undefined,
  place: string,
  codec: Codec,
  findings: Findings,
  progress: Progress,
): void {
  const kind = line.type === 'FLAT' || line.type === 'VMFS' ? 'file' : 'unreadable';
  guard(findings, line.file ?? place, kind, () => {
    const extent = openExtentOf(line, own, folder, place, codec);
    if (extent.sectors !== line.sectors) {
      findings.add(
        'capacity',
        place,
        `the extent has ${extent.sectors} sectors, the descriptor says ${line.sectors}`,
      );
    }
    checkContent(extent, codec, findings, progress);
  });
}

function checkContent(extent: Extent, codec: Codec, findings: Findings, progress: Progress): void {
  if (extent instanceof HostedExtent) checkHosted(extent, codec, findings, progress);
  else if (extent instanceof CowdExtent) checkCowd(extent, findings, progress);
  else if (extent instanceof SeExtent) checkSe(extent, findings, progress);
  else if (extent instanceof FlatExtent) checkFlat(extent, findings);
}

function checkFlat(extent: FlatExtent, findings: Findings): void {
  const more = extent.medium.bytes - (extent.offset + extent.sectors) * SECTOR;
  if (more > 0 && extent.offset === 0) {
    findings.add('file-long', extent.medium.name, `${more} bytes more`);
  }
}

/** Tables of a redo log lie among its grains: they are marked first. */
function checkCowd(extent: CowdExtent, findings: Findings, progress: Progress): void {
  const { medium, header } = extent;
  if (header.unclean) findings.add('unclean', medium.name, 'marked as open');
  const used = new UsedSectors(Math.ceil(medium.bytes / SECTOR));
  const directoryEnd = header.directoryAt + Math.ceil((header.tables * 4) / SECTOR);
  const tableSectors = (extent.perTable * 4) / SECTOR;
  used.take(0, directoryEnd);
  for (let index = 0; index < extent.tables; index++) {
    const at = extent.table(index) / SECTOR;
    if (at === 0) continue;
    if ((at + tableSectors) * SECTOR > medium.bytes) {
      findings.add('directory', medium.name, `entry ${index}: sector ${at}`);
    } else if (!used.take(at, tableSectors)) {
      findings.add('shared', medium.name, `the table of directory entry ${index} at sector ${at}`);
    }
  }
  const rules = { dataAt: directoryEnd, step: 1, size: () => extent.grain };
  checkGrains(extent, rules, used, findings, progress);
  if (header.next * SECTOR > alignedEnd(medium)) {
    findings.add('outside', medium.name, `in use up to sector ${header.next}: it is cut short`);
  }
}

function alignedEnd(medium: FileMedium): number {
  return Math.ceil(medium.bytes / SECTOR) * SECTOR;
}

/** Grains of seSparse have an area of their own, so do their tables. */
function checkSe(extent: SeExtent, findings: Findings, progress: Progress): void {
  const { medium, header } = extent;
  const { grains } = header.parts;
  // One bit for a sector of the grains' area; what lies in front may be terabytes of nothing.
  const used = new UsedSectors(Math.max(0, Math.ceil(medium.bytes / SECTOR) - grains.at));
  const shifted = {
    take: (at: number, count: number) => used.take(at - grains.at, count),
  };
  const rules = { dataAt: grains.at, step: extent.grain, size: () => extent.grain };
  checkGrains(extent, rules, shifted, findings, progress);
}

/** Runs a part of the check; what is wrong there becomes a finding. */
function guard(
  findings: Findings,
  place: string,
  kind: 'unreadable' | 'file' | 'chain',
  use: () => void,
): void {
  try {
    use();
  } catch (error) {
    if (error instanceof FormatError) findings.add(kind, place, error.message);
    else if (error instanceof InputError) {
      findings.add('missing', place, error.problems[0].message);
    } else throw error;
  }
}
