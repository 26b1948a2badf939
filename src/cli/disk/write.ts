import { randomBytes } from 'node:crypto';
import { basename, dirname } from 'node:path';
import { InputError } from '../../engine/core/errors.js';
import { compareDisks, copyDisk, type SameBytes } from '../../engine/formats/vmdk/copy.js';
import { type CreateOptions, createDisk, filesOf } from '../../engine/formats/vmdk/create.js';
import { openDisk } from '../../engine/formats/vmdk/disk.js';
import { HOLE, type Run, type Sectors } from '../../engine/formats/vmdk/extent.js';
import { RawExtent } from '../../engine/formats/vmdk/flat-extent.js';
import type { Format } from '../../engine/formats/vmdk/formats.js';
import { SECTOR } from '../../engine/formats/vmdk/medium.js';
import { NewFiles } from '../../input/image/new-files.js';
import { zlibCodec } from '../../input/image/zlib-codec.js';
import { PartProgress } from '../../output/part-progress.js';

export interface WriteOptions extends Pick<CreateOptions, 'like' | 'parent' | 'same'> {
  /** Whether files that exist are replaced, or which of them. */
  readonly force: boolean | ReadonlySet<string>;
  /** Sectors of the new disk; beyond the source it is zeros. */
  readonly sectors: number;
}

/**
 * Writes a disk, reads it back and compares it with its source; only then its files get their names.
 * After a failure nothing is left of it.
 */
export function writeDisk(
  source: Sectors,
  path: string,
  wanted: Format,
  options: WriteOptions,
): void {
  const { sectors } = options;
  const name = basename(path);
  const files = new NewFiles(dirname(path));
  const format = fitted(files, wanted, sectors);
  files.reserve(filesOf(name, format, sectors), options.force);
  const progress = new PartProgress(process.stderr, path);
  try {
    const sink = createDisk(files.create, name, format, sectors, {
      ...options,
      codec: zlibCodec,
      random: () => randomBytes(4).readUInt32LE(),
    });
    copyDisk(source, sink, sectors, (part) => progress.update(part / 2));
    sink.finish();
    const written = openWritten(files, name, format, options.parent !== undefined);
    const different = compareDisks(
      source,
      written,
      (part) => progress.update(0.5 + part / 2),
      sameBytes,
    );
    if (different >= 0) {
      throw InputError.of(
        path,
        `what was written differs from its source at sector ${different}`,
        'the source changed meanwhile, or this machine has a fault',
      );
    }
    files.commit();
  } finally {
    files.discard();
    progress.clear();
  }
}

const sameBytes: SameBytes = (one, other) => Buffer.compare(one, other) === 0;

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
