import { FormatError } from '../../core/errors.js';
import type { Decode } from '../dictionary/charset.js';
import { alignUp, decodeUtf8, getU32 } from '../vmfs/bytes.js';
import { COWD_MAGIC, CowdExtent, readCowdHeader } from './cowd-extent.js';
import { DESCRIPTOR_BYTES, Descriptor, NO_CID } from './descriptor.js';
import { type Extent, HOLE, type Run, type Sectors, ZERO } from './extent.js';
import { type ExtentLine, requirePlainName } from './extent-line.js';
import { FlatExtent, ZeroExtent } from './flat-extent.js';
import { HostedExtent, openHosted } from './hosted-extent.js';
import { isHosted, readHostedHeader } from './hosted-header.js';
import { type Codec, type DiskFolder, type FileMedium, SECTOR } from './medium.js';
import { readSeHeader, SE_MAGIC, SeExtent } from './se-extent.js';

/** Links of a chain of snapshots that products support (reference, section 5). */
export const LINKS_MAX = 32;

/** createTypes of raw device maps and raw devices: a descriptor without data of its own. */
const RAW_DEVICES: Readonly<Record<string, string>> = {
  vmfsrawdevicemap: 'a raw device map, virtual compatibility',
  vmfspassthroughrawdevicemap: 'a raw device map, physical compatibility',
  vmfsraw: 'a raw device',
  fulldevice: 'a raw device',
  partitioneddevice: 'partitions of a raw device',
};

/** Hosted products call images that stand for a whole device so too: these are files like others. */
const MAYBE_FILES = /^(full|partitioned)Device$/i;
const DEVICE = /^(\/dev\/|\\\\[.?]\\)/;

/** What kind of raw device a descriptor stands for; undefined for a disk of files. */
export function rawDevice(descriptor: Descriptor): string | undefined {
  const { createType } = descriptor;
  const files = MAYBE_FILES.test(createType) ? descriptor.extents('') : [];
  const device = files.length === 0 || files.some(({ file = '' }) => DEVICE.test(file));
  return device ? RAW_DEVICES[createType.toLowerCase()] : undefined;
}

/** The descriptor of a file: the file itself, or embedded in a sparse extent. */
export function readDescriptor(
  medium: FileMedium,
  { decode }: Pick<Codec, 'decode'>,
): { descriptor: Descriptor; embedded: boolean } {
  const head = new Uint8Array(Math.min(SECTOR, medium.bytes));
  medium.read(0, head);
  if (!isHosted(head))
    return { descriptor: readText(medium, 0, medium.bytes, decode), embedded: false };
  const { descriptorAt, descriptorSectors } = readHostedHeader(medium);
  if (descriptorAt === 0) {
    throw new FormatError(`${medium.name}: an extent of a disk; give the disk's descriptor`);
  }
  const at = descriptorAt * SECTOR;
  const descriptor = readText(medium, at, descriptorSectors * SECTOR, decode);
  return { descriptor, embedded: true };
}

function readText(medium: FileMedium, at: number, length: number, decode: Decode): Descriptor {
  const first = new Uint8Array(Math.min(SECTOR, length));
  medium.read(at, first);
  // A look before all of it: what is no text may be a disk of terabytes.
  const known = /^[\t\n\r\u0020-\u007e\u0080-\uffff]*$/.test(decodeUtf8(beforeZero(first)));
  if (!known || length > DESCRIPTOR_BYTES) throw noDescriptor(medium, first, at);
  const bytes = new Uint8Array(length);
  medium.read(at, bytes);
  return Descriptor.read(beforeZero(bytes), medium.name, decode);
}

/** Says what is there instead of a descriptor, as far as that is known. */
function noDescriptor({ name }: FileMedium, first: Uint8Array, at: number): FormatError {
  if (at > 0) {
    return new FormatError(`${name}: the descriptor inside, at sector ${at / SECTOR}, is no text`);
  }
  const magic = first.length < 4 ? 0 : getU32(first, 0);
  if (magic === COWD_MAGIC || magic === SE_MAGIC) {
    return new FormatError(`${name}: an extent of a snapshot; give the snapshot's descriptor`);
  }
  return new FormatError(`${name}: expected a descriptor of a disk or a sparse extent with one`);
}

function beforeZero(bytes: Uint8Array): Uint8Array {
  const end = bytes.indexOf(0);
  return end < 0 ? bytes : bytes.subarray(0, end);
}

/** One disk of a chain: its descriptor and its extents, one after the other. */
export class Link implements Sectors {
  readonly sectors: number;
  /** First sector of each extent. */
  private readonly starts: number[] = [];
  private last = 0;

  constructor(
    readonly name: string,
    readonly descriptor: Descriptor,
    readonly extents: readonly Extent[],
    lines: readonly ExtentLine[],
  ) {
    let at = 0;
    for (const { sectors } of lines) {
      this.starts.push(at);
      at += sectors;
    }
    this.sectors = at;
    extents.forEach((extent, index) => {
      if (sameSize(extent, lines[index].sectors)) return;
      throw new FormatError(
        `${name}: extent ${index + 1} has ${extent.sectors} sectors, ` +
          `the descriptor says ${lines[index].sectors}`,
      );
    });
  }

  probe(sector: number, limit: number, run: Run): void {
    const { index, inside, length } = this.find(sector, limit);
    this.extents[index].probe(inside, length, run);
  }

  read(sector: number, count: number, into: Uint8Array, at: number): void {
    for (let done = 0; done < count; ) {
      const { index, inside, length } = this.find(sector + done, count - done);
      this.extents[index].read(inside, length, into, at + done * SECTOR);
      done += length;
    }
  }

  private find(sector: number, limit: number): { index: number; inside: number; length: number } {
    let index = this.starts[this.last] <= sector ? this.last : 0;
    while (index + 1 < this.starts.length && this.starts[index + 1] <= sector) index++;
    this.last = index;
    const end = this.starts[index + 1] ?? this.sectors;
    return { index, inside: sector - this.starts[index], length: Math.min(limit, end - sector) };
  }
}

/** Headers of hosted extents may count their last grain whole (reference, section 7.1). */
export function sameSize(extent: Extent, sectors: number): boolean {
  if (extent.sectors === sectors) return true;
  return extent instanceof HostedExtent && extent.sectors === alignUp(sectors, extent.grain);
}

/** A disk as a guest sees it: what the last link does not have, its parents have. */
export class Disk implements Sectors {
  constructor(
    /** The disk itself first, its oldest parent last. */
    readonly links: readonly Link[],
  ) {}

  get sectors(): number {
    return this.links[0].sectors;
  }

  probe(sector: number, limit: number, run: Run): void {
    this.owner(sector, limit, run);
  }

  /** The link that has a sector; its run is filled in. */
  private owner(sector: number, limit: number, run: Run): Link {
    let left = limit;
    for (const link of this.links) {
      link.probe(sector, left, run);
      left = run.sectors;
      if (run.kind !== HOLE) return link;
    }
    run.kind = ZERO;
    return this.links[0];
  }

  read(sector: number, count: number, into: Uint8Array, at: number): void {
    const run: Run = { kind: HOLE, sectors: 0 };
    for (let done = 0; done < count; done += run.sectors) {
      const link = this.owner(sector + done, count - done, run);
      const from = at + done * SECTOR;
      if (run.kind === ZERO) into.fill(0, from, from + run.sectors * SECTOR);
      else link.read(sector + done, run.sectors, into, from);
    }
  }
}

/** One link, without its parents. */
export function openLink(folder: DiskFolder, name: string, codec: Codec): Link {
  const medium = folder.open(name);
  const { descriptor, embedded } = readDescriptor(medium, codec);
  const raw = rawDevice(descriptor);
  if (raw !== undefined) {
    throw new FormatError(
      `${medium.name}: ${raw}: its data is on a LUN, not in files; copy it on the host first`,
    );
  }
  const lines = descriptor.extents(medium.name);
  const seen = new Set<string>();
  const extents = lines.map((line) => {
    const own = embedded && lines.length === 1 ? medium : undefined;
    const flat = line.type === 'FLAT' || line.type === 'VMFS';
    if (!flat && line.file !== undefined && seen.has(line.file)) {
      throw new FormatError(`${medium.name}: the extent "${line.file}" is named twice`);
    }
    seen.add(line.file ?? '');
    return openExtentOf(line, own, folder, medium.name, codec);
  });
  return new Link(medium.name, descriptor, extents, lines);
}

/**
 * The extent a line of a descriptor names.
 * @param own the file the descriptor was embedded in: it is the extent, whatever it is called by now
 */
export function openExtentOf(
  line: ExtentLine,
  own: FileMedium | undefined,
  folder: DiskFolder,
  place: string,
  codec: Codec,
): Extent {
  if (line.type === 'ZERO' || line.access === 'NOACCESS') return new ZeroExtent(line.sectors);
  if (own !== undefined) return openHosted(own, codec);
  return openExtent(line, openNamed(line.file ?? '', folder, place), codec);
}

/** A file beside the descriptor, or where its path says, as far as the folder lets anybody there. */
function openNamed(name: string, folder: DiskFolder, place: string): FileMedium {
  if (!/[/\\]/.test(name)) return folder.open(requirePlainName(name, place));
  const at = folder.parent(name);
  return at.folder.open(requirePlainName(at.name, place));
}

function openExtent(line: ExtentLine, medium: FileMedium, codec: Codec): Extent {
  switch (line.type) {
    case 'SPARSE':
    case 'VMFSSPARSE':
      return isRedoLog(medium)
        ? new CowdExtent(medium, readCowdHeader(medium))
        : openHosted(medium, codec);
    case 'SESPARSE':
      return new SeExtent(medium, readSeHeader(medium));
    case 'FLAT':
    case 'VMFS':
      return new FlatExtent(medium, line.sectors, line.offset ?? 0);
    default:
      throw new FormatError(`${medium.name}: extents of type ${line.type} have no data in files`);
  }
}

function isRedoLog(medium: FileMedium): boolean {
  const head = new Uint8Array(Math.min(4, medium.bytes));
  medium.read(0, head);
  return head.length === 4 && new DataView(head.buffer).getUint32(0, true) === COWD_MAGIC;
}

/**
 * A disk with all its parents.
 * @throws FormatError for a chain that is too long, comes back to itself, or whose links do not fit
 */
export function openDisk(folder: DiskFolder, name: string, codec: Codec): Disk {
  const links = [openLink(folder, name, codec)];
  const seen = new Set([folder.parent(name).identity]);
  let place = folder;
  for (;;) {
    const child = links[links.length - 1];
    const { descriptor } = child;
    if (descriptor.parentCid === NO_CID) return new Disk(links);
    const hint = descriptor.parentHint;
    if (hint === undefined) {
      throw new FormatError(`${child.name}: a snapshot that does not name its parent`);
    }
    if (links.length === LINKS_MAX) {
      throw new FormatError(`${links[0].name}: a chain of more than ${LINKS_MAX} disks`);
    }
    const parent = place.parent(hint);
    if (seen.has(parent.identity)) {
      throw new FormatError(`${child.name}: the chain comes back to itself, at "${hint}"`);
    }
    seen.add(parent.identity);
    const link = openLink(parent.folder, parent.name, codec);
    requireParent(child, link);
    links.push(link);
    place = parent.folder;
  }
}

function requireParent(child: Link, parent: Link): void {
  if (parent.descriptor.cid !== child.descriptor.parentCid) {
    throw new FormatError(
      `${child.name}: content id mismatch: it is a child of content ${child.descriptor.parentCid}, ` +
        `but ${parent.name} has ${parent.descriptor.cid}: the parent was written to since`,
    );
  }
  if (parent.sectors !== child.sectors) {
    throw new FormatError(
      `${child.name}: ${child.sectors} sectors, its parent ${parent.name} has ${parent.sectors}`,
    );
  }
}
