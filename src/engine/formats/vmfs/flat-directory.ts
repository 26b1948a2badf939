import { FormatError } from '../../core/errors.js';
import { decodeDescriptorAddress, encodeDescriptorAddress } from './address.js';
import { getName, getU32, isZero, putName, putU32 } from './bytes.js';
import type { Descriptor } from './descriptor.js';
import {
  type DirectoryContext,
  type DirectoryFormat,
  type DirectoryProblems,
  type Entry,
  entryOf,
  type NewEntry,
  requireDirectoryLength,
} from './directory.js';

/** Directories of VMFS 3 and 5: records one after the other (reference, section 12). */

const RECORD = 140;
const NAME_AT = 0x0c;
const NAME_FIELD = 128;

export class FlatDirectories implements DirectoryFormat {
  constructor(private readonly context: DirectoryContext) {}

  entries(dir: Descriptor): Entry[] {
    const { core, contents } = this.context;
    requireDirectoryLength(core, dir, RECORD, 0);
    const bytes = new Uint8Array(dir.length);
    contents.read(dir, 0, bytes);
    const entries: Entry[] = [];
    for (let offset = 0; offset + RECORD <= bytes.length; offset += RECORD) {
      const record = bytes.subarray(offset, offset + RECORD);
      // Hosts leave no gaps; dissect.vmfs passes over records that name no file.
      if (!isZero(record)) entries.push(decodeRecord(record, offset));
    }
    return entries;
  }

  create(dir: Descriptor, parent: Descriptor): void {
    this.add(dir, entryOf('.', dir));
    this.add(dir, entryOf('..', parent));
  }

  add(dir: Descriptor, entry: NewEntry): void {
    this.context.contents.write(dir, dir.length, encodeRecord(entry));
  }

  /** The last record moves into the place of the removed one. */
  remove(dir: Descriptor, entry: Entry): void {
    const { contents } = this.context;
    const last = dir.length - RECORD;
    if (last < 0) throw new FormatError('a directory without records');
    if (entry.offset !== last) {
      const record = new Uint8Array(RECORD);
      contents.read(dir, last, record);
      contents.write(dir, entry.offset, record);
    }
    contents.shorten(dir, last, Number.POSITIVE_INFINITY);
  }

  retarget(dir: Descriptor, entry: Entry, target: NewEntry): void {
    this.context.contents.write(dir, entry.offset, encodeRecord({ ...target, name: entry.name }));
  }

  problems(dir: Descriptor): DirectoryProblems {
    const rest = dir.length % RECORD;
    return { wrong: rest === 0 ? [] : [`${rest} bytes behind its last record`], unfamiliar: [] };
  }
}

function decodeRecord(bytes: Uint8Array, offset: number): Entry {
  return {
    name: getName(bytes, NAME_AT, NAME_FIELD),
    type: getU32(bytes, 0),
    address: decodeDescriptorAddress(getU32(bytes, 4)),
    incarnation: getU32(bytes, 8),
    offset,
  };
}

function encodeRecord(entry: NewEntry): Uint8Array {
  const bytes = new Uint8Array(RECORD);
  putU32(bytes, 0, entry.type);
  putU32(bytes, 4, encodeDescriptorAddress(entry.address));
  putU32(bytes, 8, entry.incarnation);
  putName(bytes, NAME_AT, NAME_FIELD, entry.name);
  return bytes;
}
