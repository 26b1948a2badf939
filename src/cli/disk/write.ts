import { randomBytes } from 'node:crypto';
import { basename, dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import { InputError } from '../../engine/core/errors.js';
import { copySteps, type SameBytes, STEP } from '../../engine/formats/vmdk/copy.js';
import { CopySums } from '../../engine/formats/vmdk/copy-sums.js';
import { type CreateOptions, createDisk, filesOf } from '../../engine/formats/vmdk/create.js';
import { openDisk } from '../../engine/formats/vmdk/disk.js';
import { HOLE, type Run, type Sectors } from '../../engine/formats/vmdk/extent.js';
import { RawExtent } from '../../engine/formats/vmdk/flat-extent.js';
import type { Format } from '../../engine/formats/vmdk/formats.js';
import { SECTOR } from '../../engine/formats/vmdk/medium.js';
import { NewFiles } from '../../input/image/new-files.js';
import { zlibCodec } from '../../input/image/zlib-codec.js';
import { PartProgress } from '../../output/part-progress.js';
import { runShown } from './steps.js';

export interface WriteOptions extends Pick<CreateOptions, 'like' | 'parent' | 'same'> {
  /** Whether files that exist are replaced, or which of them. */
  readonly force: boolean | ReadonlySet<string>;
  /** Files that are not replaced even then, by `DiskFile.identity`: those of the source. */
  readonly keep?: ReadonlySet<string>;
  /** Sectors of the new disk; beyond the source it is zeros. */
  readonly sectors: number;
}

/**
 * Writes a disk, reads it back and compares checksums with those of its source; only then its files get their names.
 * After a failure nothing is left of it.
 */
export function writeDisk(
  source: Sectors,
  path: string,
  wanted: Format,
  options: WriteOptions,
): void {
  const progress = new PartProgress(process.stderr, path);
  try {
    for (const part of writeSteps(source, path, wanted, options)) progress.update(part);
  } finally {
    progress.clear();
  }
}

/**
 * The same with its progress on a terminal; ctrl+c and a request to end remove what was written, and then
 * end the program as they do.
 */
export async function writeDiskShown(
  source: Sectors,
  path: string,
  wanted: Format,
  options: WriteOptions,
): Promise<void> {
  await runShown(writeSteps(source, path, wanted, options), path);
}

function* writeSteps(
  source: Sectors,
  path: string,
  wanted: Format,
  options: WriteOptions,
): Generator<number, void> {
  const { sectors } = options;
  const name = basename(path);
  const files = new NewFiles(dirname(path));
  const format = fitted(files, wanted, sectors);
  files.reserve(filesOf(name, format, sectors), options.force, options.keep);
  try {
    const sink = createDisk(files.create, name, format, sectors, {
      ...options,
      codec: zlibCodec,
      random: () => randomBytes(4).readUInt32LE(),
    });
    const sums = new CopySums(crc32);
    for (const part of copySteps(source, sink, sectors, sums)) yield part / 2;
    sink.finish();
    const written = openWritten(files, name, format, options.parent !== undefined);
    const copied = Math.min(sectors, source.sectors);
    const wrong = yield* halfDone(sums.wrongIn(written, copied));
    if (wrong >= 0) {
      throw InputError.of(
        path,
        `what was written reads otherwise in the ${STEP} sectors from ${wrong} on`,
        'this machine, its memory or its disk has a fault',
      );
    }
    files.commit();
  } finally {
    files.discard();
  }
}

function* halfDone(steps: Generator<number, number>): Generator<number, number> {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
    yield 0.5 + value / 2;
  }
}

/** Many times faster than a loop. */
export const sameBytes: SameBytes = (one, other) => Buffer.compare(one, other) === 0;

/** Sectors of a part where a whole disk is no file the file system takes: 8 TiB. */
const FITTING_PART = 17179869184;

/** A flat disk that is too large for one file here is written in parts. */
function fitted(files: NewFiles, format: Format, sectors: number): Format {
  const parts = format.kind === 'flat' && format.createType !== '' && format.partSectors === 0;
  if (!parts || sectors <= FITTING_PART || sectors > format.sectorsMax) return format;
  if (files.takes(sectors * SECTOR)) return format;
  return { ...format, suffix: '-f', partSectors: FITTING_PART };
}

function openWritten(files: NewFiles, name: string, format: Format, child: boolean): Sectors {
  const folder = files.folder();
  if (format.createType === '') return new RawExtent(folder.open(name));
  // A new child has nothing of its own: its parent is what it was made for.
  return child ? new Empty(0) : openDisk(folder, name, zlibCodec);
}

/** A disk of nothing. */
export class Empty implements Sectors {
  constructor(readonly sectors: number) {}

  probe(_sector: number, limit: number, run: Run): void {
    run.kind = HOLE;
    run.sectors = limit;
  }

  read(): void {}
}
