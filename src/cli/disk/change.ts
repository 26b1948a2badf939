import { basename, dirname, resolve } from 'node:path';
import { InputError } from '../../engine/core/errors.js';
import type { Descriptor } from '../../engine/formats/vmdk/descriptor.js';
import { type Disk, openDisk } from '../../engine/formats/vmdk/disk.js';
import { FlatExtent } from '../../engine/formats/vmdk/flat-extent.js';
import { type Format, formatByName, formatOf } from '../../engine/formats/vmdk/formats.js';
import { SECTOR } from '../../engine/formats/vmdk/medium.js';
import { geometry } from '../../engine/formats/vmdk/new-descriptor.js';
import { DiskFile } from '../../input/image/disk-file.js';
import { zlibCodec } from '../../input/image/zlib-codec.js';
import { replaceText, writeAnew } from './rewrite.js';
import {
  descriptorOf,
  readSectors,
  requireWhole,
  type SourceOptions,
  withFiles,
  withSource,
} from './source.js';
import { Empty, writeDiskShown } from './write.js';

/** `vmtop disk create`. */
export async function createNew(
  path: string,
  size: string,
  name: string,
  force: boolean,
): Promise<void> {
  const sectors = readSectors('--size', size);
  await writeDiskShown(new Empty(0), path, formatByName(name), { force, sectors });
}

interface ConvertOptions extends SourceOptions {
  readonly format: string;
  readonly force: boolean;
}

/** `vmtop disk convert`, `export` and `import`. */
export async function convertDisk(
  from: string,
  to: string,
  options: ConvertOptions,
): Promise<void> {
  requireOther(from, to);
  const format = formatByName(options.format);
  await withSource(from, options, async (source, files) => {
    const { force } = options;
    const { sectors } = source;
    const like = descriptorOf(source);
    const keep = files.identities();
    await writeDiskShown(source, to, format, { force, keep, sectors, like });
  });
}

interface CloneOptions {
  readonly format: string | undefined;
  readonly linked: boolean;
  readonly force: boolean;
  readonly outside: boolean;
}

/** `vmtop disk clone`: a copy of the same format, or a child that has the disk as its parent. */
export async function cloneDisk(from: string, to: string, options: CloneOptions): Promise<void> {
  requireOther(from, to);
  await withFiles(from, options.outside, async (files) => {
    const disk = openDisk(files.folder(dirname(from)), basename(from), zlibCodec);
    const { force } = options;
    const like = descriptorOf(disk);
    const { sectors } = disk;
    const keep = files.identities();
    if (options.linked) {
      const format = formatByName(options.format ?? 'seSparse');
      if (format.kind !== 'cowd' && format.kind !== 'se') {
        throw InputError.of('--format', 'a linked clone is vmfsSparse or seSparse');
      }
      const near = resolve(dirname(from)) === resolve(dirname(to));
      const hint = near ? basename(from) : resolve(from);
      const parent = { cid: like?.cid ?? '', hint };
      await writeDiskShown(new Empty(0), to, format, { force, keep, sectors, like, parent });
      return;
    }
    requireWhole(disk);
    const format =
      options.format === undefined ? ownFormat(disk, from) : formatByName(options.format);
    await writeDiskShown(disk, to, format, { force, keep, sectors, like });
  });
}

/** `vmtop disk grow`. Flat disks grow where they are; others are written anew. */
export async function growDisk(path: string, size: string): Promise<void> {
  const sectors = readSectors('--size', size);
  await changeDisk(path, async (disk, format, same) => {
    if (sectors < disk.sectors) {
      throw InputError.of(path, `the disk has ${disk.sectors * SECTOR} bytes: it can only grow`);
    }
    const adapter = same.get('ddb.adapterType') ?? 'lsilogic';
    same.set('ddb.geometry.cylinders', String(geometry(sectors, adapter).cylinders));
    same.set('ddb.geometry.heads', String(geometry(sectors, adapter).heads));
    same.set('ddb.geometry.sectors', String(geometry(sectors, adapter).perTrack));
    const lines = same.extents(path);
    const [line] = lines;
    const extent = disk.links[0]?.extents[0];
    if (!(extent instanceof FlatExtent) || line === undefined || lines.length > 1) {
      await writeAnew(disk, path, format, sectors, same);
      return;
    }
    const file = DiskFile.open(extent.medium.name, true);
    const before = file.bytes;
    try {
      file.resize(((line.offset ?? 0) + sectors) * SECTOR);
      file.flush();
      same.setExtents([{ ...line, sectors }]);
      replaceText(path, same);
    } catch (error) {
      file.resize(before);
      throw error;
    } finally {
      file.close();
    }
  });
}

/** `vmtop disk defragment`: grains in the order of the disk, none lost, none of zeros. */
export async function defragmentDisk(path: string): Promise<void> {
  await changeDisk(path, async (disk, format, same) => {
    if (format.kind === 'flat') {
      throw InputError.of(path, 'a flat disk has no grains to put in order');
    }
    await writeAnew(disk, path, format, disk.sectors, same);
  });
}

async function changeDisk(
  path: string,
  use: (disk: Disk, format: Format, same: Descriptor) => Promise<void>,
): Promise<void> {
  await withFiles(path, false, async (files) => {
    const disk = openDisk(files.folder(dirname(path)), basename(path), zlibCodec);
    const [link] = disk.links;
    if (link === undefined || disk.links.length > 1) {
      throw InputError.of(
        path,
        'a snapshot of another disk',
        'vmtop disk clone makes it a disk of its own',
      );
    }
    requireWhole(disk);
    await use(disk, ownFormat(disk, path), link.descriptor);
  });
}

function ownFormat(disk: Disk, path: string): Format {
  const descriptor = descriptorOf(disk);
  const type = descriptor?.createType ?? '';
  const format = formatOf(type, descriptor?.get('ddb.thinProvisioned') === '1');
  if (format !== undefined) return format;
  throw InputError.of(
    path,
    `disks of type "${type}" are not written`,
    'vmtop disk convert makes others of it',
  );
}

function requireOther(from: string, to: string): void {
  if (resolve(from) === resolve(to)) throw InputError.of(to, 'source and target are the same file');
}
