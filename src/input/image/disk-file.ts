import {
  closeSync,
  constants,
  fchmodSync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  type Stats,
  writeSync,
} from 'node:fs';
import { FormatError, InputError } from '../../engine/core/errors.js';
import type { FileMedium } from '../../engine/formats/vmdk/medium.js';
import { fileError } from '../read-bytes.js';
import { writeError } from './file-image.js';
import { readSparseMap } from './sparse-map.js';

/** Files up to this size are read to see what is in them: some file systems keep them in no block. */
const SMALL = 1 << 20;

/** A file of a virtual disk in the real file system. Grows as it is written to, sparse where it is not. */
export class DiskFile implements FileMedium {
  private length: number;
  /** Where data may be, when that is known; begins and ends by turns. */
  private map: Float64Array | undefined;
  private last = 0;
  private open = true;

  private constructor(
    readonly name: string,
    private readonly path: string,
    private readonly file: number,
  ) {
    this.length = fstatSync(file).size;
  }

  /** @throws InputError when it cannot be opened or is no regular file */
  static open(path: string, writable: boolean): DiskFile {
    return DiskFile.with(path, writable ? 'r+' : 'r');
  }

  /**
   * @param shown what messages call the file
   * @throws InputError when the file exists already
   */
  static create(path: string, shown: string): DiskFile {
    return DiskFile.with(path, 'wx+', shown);
  }

  private static with(path: string, flags: string, shown = path): DiskFile {
    try {
      // A pipe is not waited for: there may be nobody at its other end.
      const file = openSync(
        path,
        flags === 'r' ? constants.O_RDONLY | constants.O_NONBLOCK : flags,
      );
      const stats = fstatSync(file);
      if (stats.isFile()) return new DiskFile(shown, path, file);
      closeSync(file);
      if (stats.isDirectory()) throw Object.assign(new Error(path), { code: 'EISDIR' });
      throw InputError.of(path, 'expected a file, found a device, pipe or socket');
    } catch (error) {
      throw flags === 'r' ? fileError(path, error) : writeError(shown, error);
    }
  }

  get bytes(): number {
    return this.length;
  }

  nextData(at: number): number {
    const map = this.stretches();
    return Math.max(at, map[this.stretchAt(map, at)] ?? this.length);
  }

  nextHole(at: number): number {
    const map = this.stretches();
    return Math.min(this.length, map[this.stretchAt(map, at) + 1] ?? this.length);
  }

  private stretches(): Float64Array {
    this.map ??= this.findData();
    return this.map;
  }

  /** The first stretch that ends behind `at`; reads go forward, so the last one is near. */
  private stretchAt(map: Float64Array, at: number): number {
    let index = this.last;
    while (index > 0 && (map[index - 1] ?? 0) > at) index -= 2;
    while (index < map.length && (map[index + 1] ?? 0) <= at) index += 2;
    this.last = index;
    return index;
  }

  private findData(): Float64Array {
    const { blocks } = fstatSync(this.file);
    this.last = 0;
    const whole = Float64Array.of(0, this.length);
    if (this.length <= SMALL || blocks * 512 >= this.length) return whole;
    return blocks === 0 ? new Float64Array(0) : (readSparseMap(this.path) ?? whole);
  }

  read(at: number, into: Uint8Array): void {
    try {
      for (let done = 0; done < into.length; ) {
        const read = readSync(this.file, into, done, into.length - done, at + done);
        if (read === 0) {
          throw new FormatError(`${this.name}: ends before byte ${at + done}: it is cut short`);
        }
        done += read;
      }
    } catch (error) {
      throw fileError(this.name, error);
    }
  }

  write(at: number, from: Uint8Array): void {
    try {
      for (let done = 0; done < from.length; ) {
        done += writeSync(this.file, from, done, from.length - done, at + done);
      }
    } catch (error) {
      throw writeError(this.name, error);
    }
    this.length = Math.max(this.length, at + from.length);
    this.map = undefined;
  }

  resize(bytes: number): void {
    try {
      ftruncateSync(this.file, bytes);
    } catch (error) {
      throw writeError(this.name, error);
    }
    this.length = bytes;
    this.map = undefined;
  }

  flush(): void {
    try {
      fdatasyncSync(this.file);
    } catch (error) {
      throw writeError(this.name, error);
    }
  }

  /** Who may read and write it, as in `chmod`. */
  setMode(mode: number): void {
    try {
      fchmodSync(this.file, mode);
    } catch (error) {
      throw writeError(this.name, error);
    }
  }

  get identity(): string {
    return identityOfFile(fstatSync(this.file));
  }

  close(): void {
    if (this.open) closeSync(this.file);
    this.open = false;
  }
}

/** The same for the same file, by whatever name or link. */
export function identityOfFile({ dev, ino }: Stats): string {
  return `${dev}:${ino}`;
}
