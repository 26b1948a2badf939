import { FormatError } from '../../core/errors.js';
import { alignUp, putU32 } from '../vmfs/bytes.js';
import {
  COWD_GTES,
  COWD_HEADER_SECTORS,
  CowdExtent,
  closeCowd,
  NEXT_AT,
  readCowdHeader,
  UNCLEAN_AT,
} from './cowd-extent.js';
import type { Delta } from './delta-writer.js';
import { type FileMedium, SECTOR } from './medium.js';

/**
 * A vmfsSparse extent that is written to. Data goes out before the entry that names it, a table before
 * its directory entry, so at any instant the file reads as before or after a write; what a power loss
 * leaves behind the last table entry is not used. The header says "unclean" meanwhile.
 */
export class CowdDelta extends CowdExtent implements Delta {
  private free: number;

  constructor(medium: FileMedium) {
    const header = readCowdHeader(medium);
    super(medium, header);
    if (header.next * SECTOR > medium.bytes) {
      throw new FormatError(`${medium.name}: it ends before what its header says is in use`);
    }
    // After a power loss the header is older than the grains.
    const used = Math.max(header.next, Math.ceil(medium.bytes / SECTOR), COWD_HEADER_SECTORS);
    this.free = alignUp(used, header.grain);
    medium.write(UNCLEAN_AT, Uint8Array.of(1, 0, 0, 0));
  }

  take(grains: number): number {
    const at = this.free;
    this.free += grains * this.grain;
    return at;
  }

  name(first: number, count: number, at: number): void {
    for (let done = 0; done < count; ) {
      const index = Math.floor((first + done) / COWD_GTES);
      const inside = (first + done) % COWD_GTES;
      const length = Math.min(count - done, COWD_GTES - inside);
      const numbers = new Uint8Array(length * 4);
      for (let entry = 0; entry < length; entry++) {
        putU32(numbers, entry * 4, at + (done + entry) * this.grain);
      }
      const table = this.table(index);
      if (table > 0) this.entries.write(table + inside * 4, numbers);
      else this.addTable(index, inside, numbers);
      done += length;
    }
  }

  private addTable(index: number, inside: number, numbers: Uint8Array): void {
    const table = new Uint8Array(COWD_GTES * 4);
    table.set(numbers, inside * 4);
    const at = alignUp(this.free, this.grain);
    this.free = alignUp(at + table.length / SECTOR, this.grain);
    this.entries.write(at * SECTOR, table);
    const entry = new Uint8Array(4);
    putU32(entry, 0, at);
    this.directory.write(this.header.directoryAt * SECTOR + index * 4, entry);
  }

  close(): void {
    const { free } = this;
    this.medium.resize(Math.max(this.medium.bytes, free * SECTOR));
    const bytes = new Uint8Array(COWD_HEADER_SECTORS * SECTOR);
    closeCowd(bytes, free);
    // Only what changes: the rest may be of a program that knows more.
    this.medium.write(NEXT_AT, bytes.subarray(NEXT_AT, NEXT_AT + 4));
    this.medium.write(UNCLEAN_AT, bytes.subarray(UNCLEAN_AT, UNCLEAN_AT + 4));
  }
}
