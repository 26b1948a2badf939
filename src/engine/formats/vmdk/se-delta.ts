import { FormatError } from '../../core/errors.js';
import { alignUp, getU64, putU32, putU64 } from '../vmfs/bytes.js';
import type { Delta } from './delta-writer.js';
import { type FileMedium, SECTOR } from './medium.js';
import {
  readSeHeader,
  SE_GRAIN,
  SE_GTES,
  SE_TABLE_SECTORS,
  SE_TABLE_TAG,
  SeExtent,
  seEntry,
} from './se-extent.js';

/** Upper word of an entry of a grain that the guest gave back: reads zeros, not the parent. */
const UNMAPPED = 0x10000000;

/**
 * A seSparse extent that is written to. Data goes out before the entry that names it, a table before
 * its directory entry, so at any instant the file reads as before or after a write, and the journal
 * is not needed: how VMware fills it is not public. Grains are taken in order and never used again.
 */
export class SeDelta extends SeExtent implements Delta {
  private freeGrain: number;
  private freeTable: number;

  constructor(medium: FileMedium) {
    const header = readSeHeader(medium);
    super(medium, header);
    const { grains, volatileHeader, tables } = header.parts;
    for (const end of [grains.at, tables.at + tables.sectors]) {
      if (end * SECTOR <= medium.bytes) continue;
      throw new FormatError(`${medium.name}: it ends before its tables do`);
    }
    const used = medium.bytes / SECTOR - grains.at;
    this.freeGrain = Math.ceil(used / SE_GRAIN);
    const bytes = new Uint8Array(SECTOR);
    medium.read(volatileHeader.at * SECTOR, bytes);
    this.freeTable = getU64(bytes, 8);
    if (this.freeTable > tables.sectors / SE_TABLE_SECTORS) {
      throw new FormatError(`${medium.name}: ${this.freeTable} tables are in use, more than fit`);
    }
  }

  take(grains: number): number {
    const first = this.freeGrain;
    if ((first + grains) * SE_GRAIN > alignUp(this.header.parts.grains.sectors, SE_GRAIN)) {
      throw new FormatError(`${this.medium.name}: no grain is left; a copy of the disk has room`);
    }
    this.freeGrain += grains;
    return this.header.parts.grains.at + first * SE_GRAIN;
  }

  name(first: number, count: number, at: number): void {
    const number = (at - this.header.parts.grains.at) / SE_GRAIN;
    this.put(first, count, (done) => seEntry(number + done));
  }

  unmap(first: number, count: number): void {
    this.put(first, count, () => [0, UNMAPPED]);
  }

  close(): void {}

  private put(first: number, count: number, entryOf: (done: number) => readonly [number, number]) {
    for (let done = 0; done < count; ) {
      const index = Math.floor((first + done) / SE_GTES);
      const inside = (first + done) % SE_GTES;
      const length = Math.min(count - done, SE_GTES - inside);
      const numbers = new Uint8Array(length * 8);
      for (let entry = 0; entry < length; entry++) {
        const [low, high] = entryOf(done + entry);
        putU32(numbers, entry * 8, low);
        putU32(numbers, entry * 8 + 4, high);
      }
      const table = this.table(index);
      if (table > 0) this.entries.write(table + inside * 8, numbers);
      else this.addTable(index, inside, numbers);
      done += length;
    }
  }

  /** The number of the table is taken first: cut short there, a table is lost, and nothing else. */
  private addTable(index: number, inside: number, numbers: Uint8Array): void {
    const { tables, volatileHeader, directory } = this.header.parts;
    const number = this.freeTable;
    if (number >= tables.sectors / SE_TABLE_SECTORS) {
      throw new FormatError(`${this.medium.name}: there is no place for another table`);
    }
    this.freeTable++;
    const next = new Uint8Array(8);
    putU64(next, 0, this.freeTable);
    this.medium.write(volatileHeader.at * SECTOR + 8, next);
    const table = new Uint8Array(SE_GTES * 8);
    table.set(numbers, inside * 8);
    this.entries.write((tables.at + number * SE_TABLE_SECTORS) * SECTOR, table);
    const entry = new Uint8Array(8);
    putU32(entry, 0, number);
    putU32(entry, 4, SE_TABLE_TAG);
    this.directory.write(directory.at * SECTOR + index * 8, entry);
  }
}
