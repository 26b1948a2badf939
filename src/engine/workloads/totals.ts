import { BLOCK_BYTES, READ, WRITE } from '../core/io.js';
import { SENSE_INVALID_OPCODE } from '../core/status.js';

/**
 * What a guest has seen completed. Failed commands count like the others, as they do in `Traffic`,
 * and once more in `errors`.
 */
export class GuestTotals {
  reads = 0;
  writes = 0;
  /** UNMAP, WRITE SAME, SYNCHRONIZE CACHE. */
  others = 0;
  bytesRead = 0;
  bytesWritten = 0;
  errors = 0;
  /** Of these, commands the disk does not know: UNMAP while its leaf is a redo log. */
  unsupported = 0;

  add(op: number, blocks: number, status: number, sense: number): void {
    if (op === READ) {
      this.reads++;
      this.bytesRead += blocks * BLOCK_BYTES;
    } else if (op === WRITE) {
      this.writes++;
      this.bytesWritten += blocks * BLOCK_BYTES;
    } else {
      this.others++;
    }
    if (status === 0) return;
    this.errors++;
    if (sense === SENSE_INVALID_OPCODE) this.unsupported++;
  }

  /** Adds another guest's totals to these. */
  merge(other: GuestTotals): this {
    this.reads += other.reads;
    this.writes += other.writes;
    this.others += other.others;
    this.bytesRead += other.bytesRead;
    this.bytesWritten += other.bytesWritten;
    this.errors += other.errors;
    this.unsupported += other.unsupported;
    return this;
  }
}
