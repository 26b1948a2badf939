import {
  closeSync,
  constants,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { InputError } from '../../engine/core/errors.js';
import { clearRange } from '../../engine/formats/vmfs/clear.js';
import { type BlockMedium, MEDIUM_BLOCK_BYTES } from '../../engine/formats/vmfs/medium.js';
import { fileError } from '../read-bytes.js';
import { sectorsOf } from './device-size.js';
import { lockForWriting } from './write-lock.js';

/** Blocks of a part of which it is known whether it was written to: 1 MiB. */
const PART_BLOCKS = 2048;

/**
 * A disk image in a file of the real file system, sparse where nothing was written; or a block device, which
 * is only read.
 */
export class FileImage implements BlockMedium {
  /** True while something written may not be on the disk. */
  private dirty = false;
  /** Of a file made here: the MiB that may be other than zeros, by number. */
  private written: Set<number> | undefined;

  private constructor(
    readonly name: string,
    private readonly file: number,
    private size: number,
    readonly writable: boolean,
    readonly identity: Uint8Array | undefined,
    private readonly unlock: () => void,
  ) {}

  /**
   * @param identity what the LUN that the image is says of itself
   * @throws InputError when the file cannot be opened, or is a device that is to be written
   */
  static open(path: string, writable: boolean, identity?: Uint8Array): FileImage {
    // Without O_NONBLOCK a pipe would be waited for until somebody opens its other end.
    const flags = (writable ? constants.O_RDWR : constants.O_RDONLY) | constants.O_NONBLOCK;
    return withFile(path, flags, writable, (file, unlock) => {
      const stats = fstatSync(file);
      if (stats.isDirectory()) throw Object.assign(new Error(path), { code: 'EISDIR' });
      const isDevice = stats.isBlockDevice();
      if (isDevice && writable) {
        const hint = 'copy it into a file (dd) and change that';
        throw InputError.of(
          path,
          'found a device: vmtop reads them, it does not write to them',
          hint,
        );
      }
      if (!stats.isFile() && !isDevice) {
        throw InputError.of(path, 'expected an image file, found a device, pipe or socket');
      }
      const blocks = isDevice ? sectorsOf(file) : Math.floor(stats.size / MEDIUM_BLOCK_BYTES);
      return new FileImage(path, file, blocks, writable, identity, unlock);
    });
  }

  /**
   * A new image of zeros that takes no space yet.
   * @param replace true empties a file that exists
   * @throws InputError when it cannot be made; a new file is not left behind then
   */
  static create(path: string, bytes: number, replace: boolean): FileImage {
    return withFile(path, replace ? 'w+' : 'wx+', true, (file, unlock) => {
      if (!fstatSync(file).isFile()) {
        throw InputError.of(path, 'expected an image file, found a device, pipe or socket');
      }
      try {
        ftruncateSync(file, bytes);
      } catch (error) {
        if (!replace) rmSync(path);
        throw error;
      }
      const blocks = Math.floor(bytes / MEDIUM_BLOCK_BYTES);
      const image = new FileImage(path, file, blocks, true, undefined, unlock);
      image.written = new Set();
      return image;
    });
  }

  /** Makes an image larger; the new part takes no space yet. */
  static enlarge(path: string, bytes: number): void {
    withFile(path, 'r+', true, (file, unlock) => {
      ftruncateSync(file, bytes);
      const blocks = Math.floor(bytes / MEDIUM_BLOCK_BYTES);
      return new FileImage(path, file, blocks, true, undefined, unlock);
    }).close();
  }

  get blocks(): number {
    return this.size;
  }

  /** The new part takes no space yet. */
  grow(blocks: number): void {
    try {
      ftruncateSync(this.file, blocks * MEDIUM_BLOCK_BYTES);
    } catch (error) {
      throw writeError(this.name, error);
    }
    this.size = blocks;
  }

  close(): void {
    closeSync(this.file);
    this.unlock();
  }

  read(lba: number, blocks: number, into: Uint8Array): void {
    const bytes = blocks * MEDIUM_BLOCK_BYTES;
    try {
      for (let done = 0; done < bytes; ) {
        const at = lba * MEDIUM_BLOCK_BYTES + done;
        const read = readSync(this.file, into, done, bytes - done, at);
        if (read === 0) throw InputError.of(this.name, `ends before byte ${at}: it is cut short`);
        done += read;
      }
    } catch (error) {
      throw fileError(this.name, error);
    }
  }

  write(lba: number, blocks: number, from: Uint8Array): void {
    const bytes = blocks * MEDIUM_BLOCK_BYTES;
    this.dirty = true;
    const last = Math.floor((lba + blocks - 1) / PART_BLOCKS);
    for (let part = Math.floor(lba / PART_BLOCKS); part <= last; part++) this.written?.add(part);
    try {
      for (let done = 0; done < bytes; ) {
        done += writeSync(this.file, from, done, bytes - done, lba * MEDIUM_BLOCK_BYTES + done);
      }
    } catch (error) {
      throw writeError(this.name, error);
    }
  }

  /** Only looks at what has been written, where that is known: a range may be all of a large LUN. */
  clear(lba: number, blocks: number): void {
    const { written } = this;
    for (let at = lba; at < lba + blocks; ) {
      const part = Math.floor(at / PART_BLOCKS);
      const end = Math.min(lba + blocks, (part + 1) * PART_BLOCKS);
      if (written?.has(part) !== false) {
        clearRange(this, at * MEDIUM_BLOCK_BYTES, (end - at) * MEDIUM_BLOCK_BYTES);
        if (end - at === PART_BLOCKS) written?.delete(part);
      }
      at = end;
    }
  }

  flush(): void {
    if (!this.dirty) return;
    try {
      fdatasyncSync(this.file);
      this.dirty = false;
    } catch (error) {
      throw writeError(this.name, error);
    }
  }
}

function withFile(
  path: string,
  flags: string | number,
  writable: boolean,
  use: (file: number, unlock: () => void) => FileImage,
): FileImage {
  const unlock = writable ? lockForWriting(path) : () => undefined;
  let file: number;
  try {
    file = openSync(path, flags);
  } catch (error) {
    unlock();
    throw writable ? writeError(path, error) : fileError(path, error);
  }
  try {
    return use(file, unlock);
  } catch (error) {
    closeSync(file);
    unlock();
    throw writable ? writeError(path, error) : fileError(path, error);
  }
}

/** What went wrong with writing, by the system's code. */
const REASONS: Readonly<Record<string, readonly [message: string, hint: string]>> = {
  EEXIST: ['the file exists', '--force replaces it, with all it holds'],
  ENOSPC: ['no space left on the disk it is on', 'free some and try again'],
  EFBIG: ['larger than files may be on the disk it is on', 'use another file system'],
  EROFS: ['the file system it is on is read-only', 'copy it elsewhere'],
  EACCES: ['expected a writable file, permission denied', 'check its owner and mode with ls -l'],
  EPERM: ['expected a writable file, permission denied', 'check its owner and mode with ls -l'],
};

/** A file that cannot be written, as a person's mistake; other errors pass through. */
export function writeError(path: string, error: unknown): unknown {
  const code = (error as { code?: unknown } | undefined)?.code;
  const reason = typeof code === 'string' ? REASONS[code] : undefined;
  if (reason === undefined) return fileError(path, error);
  return InputError.of(path, ...reason);
}
