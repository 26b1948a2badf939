import { BLOCK_BYTES, READ } from '../core/io.js';
import type { DeviceSite, DiskModel } from './model.js';

/** Settings of a flash device; the models of the catalogue are sets of them. */
export interface FlashValues {
  readonly channels: number;
  readonly read: number;
  readonly write: number;
  readonly program: number;
  readonly spread: number;
  readonly readRate: number;
  readonly writeRate: number;
}

/**
 * Flash behind one interface (model). Reads wait for a die, writes end in the device's buffer. Two
 * serial resources bound the rates: the interface (bytes per second, each direction) and, for writes,
 * the programming of flash behind the buffer, one `program` time per command.
 * Left out: read retries; garbage collection, which flash/collected.ts has.
 */
export class FlashMedia implements DiskModel {
  readonly channels: number;
  private readonly readBlockNs: number;
  private readonly writeBlockNs: number;
  private readsUntil = 0;
  private writesUntil = 0;
  private programsUntil = 0;

  constructor(
    private readonly site: DeviceSite,
    private readonly values: FlashValues,
  ) {
    this.channels = values.channels;
    this.readBlockNs = (BLOCK_BYTES * 1e9) / values.readRate;
    this.writeBlockNs = (BLOCK_BYTES * 1e9) / values.writeRate;
  }

  serviceNs(op: number, _lba: number, blocks: number, now: number): number {
    const { read, write, program, spread } = this.values;
    const vary = 1 + spread * (2 * this.site.stream.unit() - 1);
    if (op === READ) {
      const transfer = blocks * this.readBlockNs;
      this.readsUntil = Math.max(this.readsUntil, now) + transfer;
      return Math.round(Math.max(read * vary + transfer, this.readsUntil - now));
    }
    const transfer = blocks * this.writeBlockNs;
    this.writesUntil = Math.max(this.writesUntil, now) + transfer;
    this.programsUntil = Math.max(this.programsUntil, now) + program;
    const busy = Math.max(this.writesUntil, this.programsUntil) - now;
    return Math.round(Math.max(write * vary + transfer, busy));
  }
}
