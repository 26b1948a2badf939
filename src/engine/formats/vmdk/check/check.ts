import { FormatError, InputError } from '../../../core/errors.js';
import type { Progress } from '../copy.js';
import { CowdExtent } from '../cowd-extent.js';
import { NO_CID } from '../descriptor.js';
import { openDisk, openExtentOf, rawDevice, readDescriptor, sameSize } from '../disk.js';
import type { Extent } from '../extent.js';
import type { ExtentLine } from '../extent-line.js';
import { FlatExtent } from '../flat-extent.js';
import { HostedExtent, StreamExtent } from '../hosted-extent.js';
import { type Codec, type DiskFolder, type FileMedium, OutsideError, SECTOR } from '../medium.js';
import { SeExtent } from '../se-extent.js';
import { checkDescriptor, checkTracking } from './descriptor.js';
import { Findings } from './findings.js';
import { checkHosted } from './hosted.js';
import { checkCowd, checkSe } from './redo.js';

export interface DiskReport {
  readonly findings: Findings;
  /** Files that were looked at. */
  readonly files: number;
  readonly sectors: number;
}

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
    const { descriptor, embedded } = readDescriptor(medium, codec);
    const lines = descriptor.extents(medium.name);
    checkDescriptor(descriptor, medium.name, findings);
    checkTracking(descriptor, folder, medium.name, findings);
    sectors = lines.reduce((sum, line) => sum + line.sectors, 0);
    const device = rawDevice(descriptor);
    if (device !== undefined) {
      findings.add('device', medium.name, device);
      return;
    }
    const seen = new Set<string>();
    lines.forEach((line, index) => {
      // Named once more, which was told: to look at it again would multiply the work.
      if (line.file !== undefined && !isFlat(line) && seen.has(line.file)) return;
      seen.add(line.file ?? '');
      const part: Progress = (done) => progress((index + done) / lines.length);
      const own = embedded && lines.length === 1 ? medium : undefined;
      if (own === undefined) files += 1;
      const { createType } = descriptor;
      const named = { line, own, place: medium.name, createType, end: endIn(lines, line) };
      checkExtent(folder, named, codec, findings, part);
    });
    const file = lines[0]?.file ?? '';
    // The file may be called by any path: its last part is what the descriptor would say.
    if (embedded && lines.length === 1 && file !== '' && !`/${medium.name}`.endsWith(`/${file}`)) {
      findings.add('renamed', medium.name, `"${file}"`);
    }
    // What is wrong with the disk itself was told: its chain would only say so again.
    const opens = findings.count('missing') + findings.count('unreadable') === 0;
    if (descriptor.parentCid !== NO_CID && opens) {
      guard(findings, medium.name, 'chain', () => {
        for (const link of openDisk(folder, name, codec).links.slice(1)) {
          files += 1 + link.extents.length;
          checkDescriptor(link.descriptor, link.name, findings);
          const lines = link.descriptor.extents(link.name);
          link.extents.forEach((extent, index) => {
            const end = endIn(lines, lines[index]);
            if (extent instanceof FlatExtent) checkFlat(extent, end, findings);
            checkContent(extent, codec, findings, progress);
          });
        }
      });
    }
  });
  return { findings, files, sectors };
}

/** An extent line, the file it may be embedded in, and what its descriptor is called and calls itself. */
interface NamedExtent {
  readonly line: ExtentLine;
  readonly own: FileMedium | undefined;
  readonly place: string;
  readonly createType: string;
  /** Sector of the file behind the last that is part of the disk. */
  readonly end: number;
}

function isFlat({ type }: ExtentLine): boolean {
  return type === 'FLAT' || type === 'VMFS';
}

/** Parts of one flat file may be several extents. */
function endIn(lines: readonly ExtentLine[], { file }: ExtentLine): number {
  return lines
    .filter((line) => line.file === file)
    .reduce((end, line) => Math.max(end, (line.offset ?? 0) + line.sectors), 0);
}

function checkExtent(
  folder: DiskFolder,
  { line, own, place, createType, end }: NamedExtent,
  codec: Codec,
  findings: Findings,
  progress: Progress,
): void {
  const kind = isFlat(line) ? 'file' : 'unreadable';
  guard(findings, line.file ?? place, kind, () => {
    const extent = openExtentOf(line, own, folder, place, codec);
    if (!sameSize(extent, line.sectors)) {
      findings.add(
        'capacity',
        place,
        `the extent has ${extent.sectors} sectors, the descriptor says ${line.sectors}`,
      );
    } else if (extent.sectors !== line.sectors) {
      findings.add(
        'rounded',
        place,
        `${extent.sectors} sectors, the descriptor says ${line.sectors}`,
      );
    }
    checkKind(extent, line, createType, place, findings);
    if (extent instanceof FlatExtent) checkFlat(extent, end, findings);
    checkContent(extent, codec, findings, progress);
  });
}

/** Whether the file is what its extent line and the createType say. */
function checkKind(
  extent: Extent,
  { type, file = '' }: ExtentLine,
  createType: string,
  place: string,
  findings: Findings,
): void {
  const said = extent instanceof HostedExtent ? 'SPARSE' : 'VMFSSPARSE';
  const sparse = extent instanceof HostedExtent || extent instanceof CowdExtent;
  if (sparse && type !== said) {
    findings.add('extent-type', place, `"${file}" is ${said}, its line says ${type}`);
  }
  const stream = createType.toLowerCase() === 'streamoptimized';
  if (extent instanceof HostedExtent && extent instanceof StreamExtent !== stream) {
    const is = stream ? 'not compressed' : 'compressed';
    findings.add('extent-type', place, `grains of "${file}" are ${is}, createType "${createType}"`);
  }
}

function checkContent(extent: Extent, codec: Codec, findings: Findings, progress: Progress): void {
  if (extent instanceof HostedExtent) checkHosted(extent, codec, findings, progress);
  else if (extent instanceof CowdExtent) checkCowd(extent, findings, progress);
  else if (extent instanceof SeExtent) checkSe(extent, findings, progress);
}

function checkFlat(extent: FlatExtent, end: number, findings: Findings): void {
  const more = extent.medium.bytes - end * SECTOR;
  if (more > 0 && extent.offset === 0) {
    findings.add('file-long', extent.medium.name, `${more} bytes more`);
  }
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
      const [{ place: file, message }] = error.problems;
      const outside = error instanceof OutsideError;
      // The place of the finding is named anyhow.
      const named = outside || file === '' || file.endsWith(place);
      const detail = named ? message : `${file}: ${message}`;
      findings.add(outside ? 'other-folder' : 'missing', place, detail);
    } else throw error;
  }
}
