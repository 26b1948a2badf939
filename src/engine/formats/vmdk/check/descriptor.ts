import { InputError } from '../../../core/errors.js';
import { type Descriptor, NO_CID } from '../descriptor.js';
import { rawDevice } from '../disk.js';
import type { ExtentLine } from '../extent-line.js';
import type { DiskFolder } from '../medium.js';
import type { Findings } from './findings.js';

/** createTypes a product knows, with the type of their extents (reference `vmdk-formats.md`, section 1). */
const EXTENT_TYPES: ReadonlyMap<string, string> = new Map(
  (
    'vmfs:VMFS vmfsThin:VMFS vmfsEagerZeroedThick:VMFS vmfsPreallocated:VMFS ' +
    'vmfsSparse:VMFSSPARSE seSparse:SESPARSE vmfsRawDeviceMap:VMFSRDM ' +
    'vmfsPassthroughRawDeviceMap:VMFSRDM vmfsRaw:VMFSRAW monolithicSparse:SPARSE ' +
    'monolithicFlat:FLAT twoGbMaxExtentSparse:SPARSE twoGbMaxExtentFlat:FLAT ' +
    'streamOptimized:SPARSE fullDevice: partitionedDevice: custom:'
  )
    .split(' ')
    .map((entry) => entry.split(':'))
    .map(([name, type]) => [name.toLowerCase(), type] as const),
);

/** Lines without which other programs refuse a disk (reference, sections 2 and 16). */
const NEEDED = ['version', 'CID', 'parentCID'];

/** Adapters there are; disks of pvscsi and lsisas say lsilogic, some tools write their own name. */
const ADAPTERS = new Set('ide buslogic lsilogic legacyesx lsisas1068 pvscsi'.split(' '));
/** Cylinders are not counted further (reference, section 4). */
const CYLINDERS_MAX = 65535;

/** What a descriptor says, by itself. */
export function checkDescriptor(descriptor: Descriptor, place: string, findings: Findings): void {
  const wanted = EXTENT_TYPES.get(descriptor.createType.toLowerCase());
  if (wanted === undefined) findings.add('create-type', place, `"${descriptor.createType}"`);
  const lines = descriptor.extents(place);
  checkLines(lines, wanted ?? '', place, findings);
  if (!descriptor.titled) findings.add('incomplete', place, '# Disk DescriptorFile, at the top');
  for (const key of NEEDED) {
    if (descriptor.get(key) === undefined) findings.add('incomplete', place, key);
  }
  for (const key of descriptor.repeated()) findings.add('key-twice', place, key);
  for (const line of descriptor.meaningless()) findings.add('line', place, `"${line}"`);
  const hint = descriptor.get('parentFileNameHint');
  if (hint !== undefined && descriptor.parentCid === NO_CID) {
    findings.add('hint', place, `"${hint}"`);
  }
  const long = descriptor.get('ddb.longContentID')?.toLowerCase();
  // Files of some tools have a content id of zeros, and a long one nobody reads.
  if (long !== undefined && descriptor.cid !== '00000000' && !long.endsWith(descriptor.cid)) {
    findings.add('content-id', place, `${descriptor.cid} and ${long}`);
  }
  if (rawDevice(descriptor) === undefined) checkDatabase(descriptor, lines, place, findings);
}

/** Extents that go with the createType, and each sector of a file once. */
function checkLines(
  lines: readonly ExtentLine[],
  wanted: string,
  place: string,
  findings: Findings,
): void {
  const seen = new Map<string, ExtentLine[]>();
  for (const line of lines) {
    const { type, file, access } = line;
    if (access === 'NOACCESS') findings.add('no-access', place, `"${file ?? type}"`);
    if (type === 'ZERO' || file === undefined) continue;
    if (wanted !== '' && type !== wanted) {
      findings.add('extent-type', place, `"${file}" is ${type}, createType asks for ${wanted}`);
    }
    const others = seen.get(file);
    if (others?.some((other) => meet(line, other))) {
      findings.add('extent-twice', place, `"${file}"`);
    }
    if (others === undefined) seen.set(file, [line]);
    else others.push(line);
  }
}

/** Parts of one flat file may be several extents of a disk. */
function meet(one: ExtentLine, other: ExtentLine): boolean {
  if (one.type !== 'FLAT' && one.type !== 'VMFS') return true;
  const [first, second] = [one.offset ?? 0, other.offset ?? 0];
  return first < second + other.sectors && second < first + one.sectors;
}

/** Entries of the database that contradict the disk; none has to be there. */
function checkDatabase(
  descriptor: Descriptor,
  lines: readonly ExtentLine[],
  place: string,
  findings: Findings,
): void {
  const adapter = descriptor.get('ddb.adapterType');
  if (adapter !== undefined && !ADAPTERS.has(adapter.toLowerCase())) {
    findings.add('database', place, `adapterType "${adapter}"`);
  }
  const uuid = descriptor.get('ddb.uuid');
  if (uuid !== undefined && !/^([0-9a-f]{2}[ -]?){16}$/i.test(uuid)) {
    findings.add('database', place, `uuid "${uuid}", expected 16 bytes`);
  }
  const words = ['cylinders', 'heads', 'sectors'].map((key) =>
    descriptor.get(`ddb.geometry.${key}`),
  );
  const known = words.filter((word) => word !== undefined);
  if (known.length === 0) return;
  const [cylinders, heads, perTrack] = words.map((word) => Number(word ?? 'none'));
  const text = `geometry ${words.map((word) => word ?? 'none').join(' / ')}`;
  if (!Number.isInteger(cylinders * heads * perTrack) || heads * perTrack < 1) {
    findings.add('database', place, text);
    return;
  }
  const sectors = lines.reduce((sum, line) => sum + line.sectors, 0);
  const missing = cylinders * heads * perTrack - sectors;
  // A last cylinder may be counted whole.
  if (missing >= heads * perTrack && cylinders < CYLINDERS_MAX) {
    findings.add('database', place, `${text} is ${missing} sectors more than the extents have`);
  }
}

/** A disk with changed block tracking has a file for it beside it. */
export function checkTracking(
  descriptor: Descriptor,
  folder: DiskFolder,
  place: string,
  findings: Findings,
): void {
  const file = descriptor.get('changeTrackPath');
  if (file === undefined || /[/\\\0]/.test(file)) return;
  try {
    folder.open(file);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    findings.add('tracking', place, `"${file}"`);
  }
}
