import { writeSync } from 'node:fs';
import { posix } from 'node:path';
import { InputError } from '../../engine/core/errors.js';
import { formatSize } from '../../engine/core/units.js';
import { SMALL_PER_LARGE } from '../../engine/formats/vmfs/address.js';
import { SYMLINK } from '../../engine/formats/vmfs/descriptor.js';
import type { FileInfo } from '../../engine/formats/vmfs/info.js';
import { LogicalVolume } from '../../engine/formats/vmfs/logical-volume.js';
import { EXTENT_BYTES } from '../../engine/formats/vmfs/lvm-records.js';
import type { Volume } from '../../engine/formats/vmfs/volume.js';
import { writeError } from '../../input/image/file-image.js';
import { PartProgress } from '../../output/part-progress.js';
import { formatTable, groupDigits } from '../../output/table.js';
import { splitArguments, splitOptionalPath, withImages, withVolume } from './images.js';
import { printable } from './printable.js';

/** Bytes that are read and written out together. */
const CHUNK = 1 << 20;

/** `vmtop volume ls`. */
export function listDirectory(all: readonly string[], device?: string): void {
  const { images, rest } = splitOptionalPath(all);
  const path = rest[0] ?? '/';
  withVolume(
    images,
    (volume) => {
      const info = volume.stat(path);
      const files = info.directory ? volume.list(path) : [info];
      for (const file of files) process.stdout.write(`${describeFile(file)}\n`);
    },
    device,
  );
}

const TYPE_LETTERS: Readonly<Record<number, string>> = { 2: 'd', 3: '-', 4: 'l', 5: '-', 6: 'r' };

function describeFile(file: FileInfo): string {
  if (file.damage !== undefined) {
    return `?---------  ${printable(file.name)}  (damaged: ${file.damage})`;
  }
  const letter = file.directory ? 'd' : (TYPE_LETTERS[file.type] ?? '?');
  const time = new Date(file.modifiedAt * 1000).toISOString().slice(0, 19).replace('T', ' ');
  const allocated = file.blocks * file.blockBytes;
  const columns = [
    letter + permissions(file.mode),
    String(file.links).padStart(2),
    String(file.uid).padStart(5),
    String(file.gid).padStart(5),
    String(file.length).padStart(15),
    formatSize(allocated).padStart(9),
    time,
    printable(file.name),
  ];
  const target = file.target === undefined ? '' : ` -> ${printable(file.target)}`;
  const locked = file.lockMode === 0 ? '' : `  (locked, mode ${file.lockMode})`;
  return `${columns.join(' ')}${target}${locked}`;
}

function permissions(mode: number): string {
  const letters = 'rwxrwxrwx';
  let text = '';
  for (let bit = 8; bit >= 0; bit--) text += ((mode >> bit) & 1) === 1 ? letters[8 - bit] : '-';
  if ((mode & 0o1000) === 0) return text;
  return text.slice(0, 8) + (text.endsWith('x') ? 't' : 'T');
}

/** `vmtop volume cat`. */
export function printFile(all: readonly string[]): void {
  const { images, rest } = splitArguments(all, ['PATH']);
  withVolume(images, (volume) => {
    const path = followed(volume, rest[0] ?? '');
    const { length, name } = volume.stat(path);
    const progress = new PartProgress(process.stderr, printable(name));
    const chunk = new Uint8Array(Math.min(CHUNK, length));
    try {
      for (let done = 0; done < length; done += chunk.length) {
        const part = chunk.subarray(0, Math.min(chunk.length, length - done));
        volume.read(path, done, part);
        writeOut(part);
        progress.update(done / length);
      }
      if (length === 0) volume.read(path, 0, chunk);
    } finally {
      progress.clear();
    }
  });
}

/** Symbolic links one behind the other; as on Linux. */
const LINKS_MAX = 40;

/** Where symbolic links lead to. */
function followed(volume: Volume, path: string): string {
  let at = path;
  for (let links = 0; links <= LINKS_MAX; links++) {
    const { type, target } = volume.stat(at);
    if (type !== SYMLINK || target === undefined) return at;
    if (posix.isAbsolute(target)) {
      throw InputError.of(at, `a link to "${target}", which is on the host`, 'give a path here');
    }
    at = posix.join(posix.dirname(at), target);
  }
  throw InputError.of(path, 'its links lead in a circle', 'give the path of a file');
}

/** Standard output as a file: `process.stdout` would keep what a slow reader has not taken in memory. */
function writeOut(bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) {
    try {
      done += writeSync(1, bytes, done);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === 'EPIPE') process.exit(0);
      if (code !== 'EAGAIN') throw writeError('standard output', error);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}

/** `vmtop volume df`. */
export function printSpace(images: readonly string[], device?: string): void {
  withVolume(images, (volume) => process.stdout.write(`${describeSpace(volume)}\n`), device);
}

const RESOURCE_TITLES: Readonly<Record<string, string>> = {
  '.fbb.sf': 'file blocks',
  '.fbb.sf (large)': 'large file blocks',
  '.sbc.sf': 'sub-blocks',
  '.pbc.sf': 'pointer blocks',
  '.pb2.sf': 'secondary pointer blocks',
  '.fdc.sf': 'file descriptors',
  '.jbc.sf': 'journal blocks',
};

export function describeSpace(volume: Volume): string {
  const { superblock, generation } = volume.core;
  const { resources, blockBytes, volumeBytes } = volume.space();
  const blocks = resources.find(({ name }) => name === '.fbb.sf');
  const large = resources.find(({ name }) => name === '.fbb.sf (large)');
  const free = ((blocks?.free ?? 0) + (large?.free ?? 0) * SMALL_PER_LARGE) * blockBytes;
  const head = [
    `${generation.name}.${superblock.fsMinor} "${printable(superblock.label)}" ${superblock.uuid}`,
    `capacity ${formatSize(volumeBytes)}, free ${formatSize(free)}, blocks of ${formatSize(blockBytes)}`,
  ];
  const table = formatTable(
    resources.filter(({ total }) => total > 0),
    [
      { title: 'resource', align: 'left', text: ({ name }) => RESOURCE_TITLES[name] ?? name },
      { title: 'total', text: ({ total }) => groupDigits(total) },
      { title: 'used', text: ({ total, free: left }) => groupDigits(total - left) },
      { title: 'free', text: ({ free: left }) => groupDigits(left) },
    ],
  );
  return `${head.join('\n')}\n${table}`;
}

/** Pieces of a device; more than four, one for each 16 TiB, are out of the ordinary. */
const RUNS_SHOWN = 100;

/** `vmtop volume extents`. */
export function printExtents(images: readonly string[]): void {
  withImages(images, false, (media) => {
    const volume = LogicalVolume.open(media);
    const { record, devices } = volume;
    const runs = devices.flatMap(({ medium, header, table: { runs: found } }) =>
      found.slice(0, RUNS_SHOWN).map((run) => ({ ...run, medium, header })),
    );
    const hidden = devices.reduce(
      (sum, { table: { runs: found } }) => sum + Math.max(0, found.length - RUNS_SHOWN),
      0,
    );
    const table = formatTable(runs, [
      { title: 'image', align: 'left', text: ({ medium }) => medium.name },
      { title: 'device', align: 'left', text: ({ header }) => header.uuid },
      {
        title: 'extents',
        text: ({ logicalAt, bytes }) =>
          `${logicalAt / EXTENT_BYTES}-${(logicalAt + bytes) / EXTENT_BYTES - 1}`,
      },
      { title: 'size', text: ({ bytes }) => formatSize(bytes) },
      { title: 'from byte', text: ({ physicalAt }) => String(physicalAt) },
    ]);
    const missing = record.devices - devices.length;
    const lines = [
      `volume ${record.uuid}, LVM ${volume.major}, ${formatSize(volume.bytes)}`,
      table,
      ...(hidden > 0 ? [`and ${hidden} pieces more`] : []),
      ...(missing > 0
        ? [`missing: ${missing} of ${record.devices} devices, ${volume.missing}`]
        : []),
    ];
    process.stdout.write(`${lines.join('\n')}\n`);
  });
}
