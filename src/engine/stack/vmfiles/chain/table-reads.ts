import { type Io, NO_IO, READ } from '../../../core/io.js';
import type { Delta } from './delta.js';
import type { TableIo } from './table-io.js';

/** A table on its way to memory, and who waits for it. Used again and again. */
interface TableRead {
  delta: Delta | undefined;
  table: number;
  rows: Io[];
}

/** Grain tables that rows wait for: each is read once, however many rows want it. */
export class TableReads {
  private readonly reads: TableRead[] = [];

  constructor(private readonly tableIo: TableIo) {}

  /** The row waits until the table is in memory. */
  fetch(io: Io, delta: Delta, table: number): void {
    let idle = -1;
    for (let index = 0; index < this.reads.length; index++) {
      const read = this.reads[index];
      if (read.delta === delta && read.table === table) {
        read.rows.push(io);
        return;
      }
      if (read.delta === undefined) idle = index;
    }
    if (idle < 0) {
      idle = this.reads.length;
      this.reads.push({ delta, table, rows: [] });
    }
    const read = this.reads[idle];
    read.delta = delta;
    read.table = table;
    read.rows.push(io);
    const { tableBlocks } = delta.format;
    this.tableIo.send(READ, delta.file, delta.tableAt(table), tableBlocks, -1 - idle);
  }

  /** A row that waits for the read with this token; NO_IO when none does any more. */
  waitingFor(token: number): Io {
    return this.reads[-1 - token].rows[0] ?? NO_IO;
  }

  /** The row is to wait no longer; false when it does not wait here. */
  remove(io: Io): boolean {
    for (const { rows } of this.reads) {
      const place = rows.indexOf(io);
      if (place < 0) continue;
      rows.splice(place, 1);
      return true;
    }
    return false;
  }

  /** The read with this token has ended; each row that waited for it goes on, or fails. */
  done(token: number, status: number, goOn: (io: Io) => void): void {
    const read = this.reads[-1 - token];
    if (status === 0) read.delta?.cache.insert(read.table);
    read.delta = undefined;
    // Rows placed here may wait again, for another table.
    const ready = read.rows;
    read.rows = [];
    for (const io of ready) goOn(io);
  }
}
