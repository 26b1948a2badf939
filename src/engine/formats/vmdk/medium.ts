/** What a virtual disk's files are kept in, and what it needs from outside the engine. */

import { InputError } from '../../core/errors.js';

export const SECTOR = 512;

/** A file that grows by being written to. Offsets and lengths in bytes. */
export interface FileMedium {
  /** For messages: the path. */
  readonly name: string;
  readonly bytes: number;
  /** First byte from `at` on that may be other than zero; the length of the file when there is none. */
  nextData(at: number): number;
  /** End of the data that begins at `at`: the next byte known to be zero, or the end of the file. */
  nextHole(at: number): number;
  /**
   * Fills all of `into`.
   * @throws FormatError beyond the end of the file
   */
  read(at: number, into: Uint8Array): void;
  /** What lies between the end and `at` reads as zeros. */
  write(at: number, from: Uint8Array): void;
  /** What is added reads as zeros and takes no space. */
  resize(bytes: number): void;
}

/** The folder a descriptor lies in. */
export interface DiskFolder {
  /**
   * A file of this folder, by its plain name.
   * @throws InputError when there is none, OutsideError when it is not to be read
   */
  open(name: string): FileMedium;
  /**
   * Where a file is that a descriptor names by a path: a parent, or an extent of another folder.
   * @throws OutsideError when it is not to be read
   */
  parent(path: string): ParentPlace;
}

/** A file is in another folder, and nobody said that such are to be read. */
export class OutsideError extends InputError {
  static override of(place: string, message: string, hint: string): OutsideError {
    return new OutsideError([{ place, message, hint }]);
  }
}

export interface ParentPlace {
  readonly folder: DiskFolder;
  readonly name: string;
  /** The same for the same file, by whatever name: finds chains that come back to themselves. */
  readonly identity: string;
}

/**
 * Compression of grains, zlib format (RFC 1950), and names in encodings of many letters. Given from outside:
 * the engine has no Node, its zlib is many times faster than one in JavaScript, and it has tables of letters.
 */
export interface Codec {
  /** A text in an encoding by its name; undefined where that is not known, or the bytes are none of it. */
  decode(bytes: Uint8Array, encoding: string): string | undefined;
  deflate(bytes: Uint8Array): Uint8Array;
  /**
   * @returns the content, and how many of the bytes it was in
   * @throws FormatError for damaged data, or more than `bytesMax`
   */
  inflate(
    bytes: Uint8Array,
    bytesMax: number,
  ): { readonly bytes: Uint8Array; readonly used: number };
}
