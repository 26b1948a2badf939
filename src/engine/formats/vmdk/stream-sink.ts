import { alignUp, putU32, putU64 } from '../vmfs/bytes.js';
import { isZeroes } from './extent.js';
import {
  encodeHostedHeader,
  FLAG_COMPRESSED,
  FLAG_MARKERS,
  FLAG_NEWLINE,
  GTES,
  type HostedHeader,
  IN_FOOTER,
} from './hosted-header.js';
import { HOSTED_GRAIN } from './hosted-sink.js';
import { type Codec, type FileMedium, SECTOR } from './medium.js';
import type { Sink } from './sink.js';

const GRAIN_BYTES = HOSTED_GRAIN * SECTOR;
const TABLE_SECTORS = (GTES * 4) / SECTOR;
const MARKER_TABLE = 1;
const MARKER_DIRECTORY = 2;
const MARKER_FOOTER = 3;
/** Bytes that are collected before they are written: 4 MiB. */
const BUFFER = 4 << 20;

/** Sectors in front of the first grain: header, descriptor, padding (reference, section 8). */
const OVERHEAD = 128;

/** streamOptimized: written in one pass, footer and directory behind the grains. */
export class StreamSink implements Sink {
  readonly dense = false;
  private readonly header: HostedHeader;
  private readonly directory: Uint8Array;
  private readonly table = new Uint8Array(GTES * 4);
  private current = -1;
  /** Sector of the file that follows what was handed over. */
  private next: number;
  private readonly buffer = new Uint8Array(BUFFER);
  private filled = 0;
  private written: number;

  constructor(
    private readonly medium: FileMedium,
    sectors: number,
    private readonly descriptor: Uint8Array,
    private readonly codec: Codec,
  ) {
    const tables = Math.ceil(Math.ceil(sectors / HOSTED_GRAIN) / GTES);
    this.directory = new Uint8Array(Math.max(1, Math.ceil((tables * 4) / SECTOR)) * SECTOR);
    const descriptorSectors = descriptor.length / SECTOR;
    const overhead = alignUp(Math.max(OVERHEAD, 1 + descriptorSectors), HOSTED_GRAIN);
    this.header = {
      version: 3,
      flags: FLAG_NEWLINE | FLAG_COMPRESSED | FLAG_MARKERS,
      capacity: sectors,
      grain: HOSTED_GRAIN,
      descriptorAt: 1,
      descriptorSectors,
      redundantAt: 0,
      directoryAt: IN_FOOTER,
      overhead,
      unclean: false,
      newlines: true,
      compressed: true,
    };
    this.next = overhead;
    this.written = overhead * SECTOR;
  }

  write(sector: number, bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += GRAIN_BYTES) {
      const end = Math.min(at + GRAIN_BYTES, bytes.length);
      if (isZeroes(bytes, at, end)) continue;
      this.grain(sector + at / SECTOR, bytes.subarray(at, end));
    }
  }

  private grain(lba: number, bytes: Uint8Array): void {
    const grain = lba / HOSTED_GRAIN;
    const index = Math.floor(grain / GTES);
    if (index !== this.current) this.flushTable();
    this.current = index;
    putU32(this.table, (grain % GTES) * 4, this.next);
    const packed = this.codec.deflate(whole(bytes));
    const record = this.reserve(alignUp(12 + packed.length, SECTOR));
    putU64(record, 0, lba);
    putU32(record, 8, packed.length);
    record.set(packed, 12);
  }

  /** Room for a record of whole sectors, zeroed. */
  private reserve(bytes: number): Uint8Array {
    if (this.filled + bytes > BUFFER) this.flush();
    const record = this.buffer.subarray(this.filled, this.filled + bytes);
    record.fill(0);
    this.filled += bytes;
    this.next += bytes / SECTOR;
    return record;
  }

  private flush(): void {
    if (this.filled > 0) this.medium.write(this.written, this.buffer.subarray(0, this.filled));
    this.written += this.filled;
    this.filled = 0;
  }

  private marker(sectors: number, type: number): void {
    const record = this.reserve(SECTOR);
    putU64(record, 0, sectors);
    putU32(record, 12, type);
  }

  private flushTable(): void {
    if (this.current < 0) return;
    this.marker(TABLE_SECTORS, MARKER_TABLE);
    putU32(this.directory, this.current * 4, this.next);
    this.reserve(this.table.length).set(this.table);
    this.table.fill(0);
  }

  finish(): void {
    this.flushTable();
    this.marker(this.directory.length / SECTOR, MARKER_DIRECTORY);
    this.flush();
    const directoryAt = this.next;
    // A disk of 62 TB has a directory larger than the buffer.
    this.medium.write(this.written, this.directory);
    this.written += this.directory.length;
    this.next += this.directory.length / SECTOR;
    this.marker(1, MARKER_FOOTER);
    this.reserve(SECTOR).set(encodeHostedHeader({ ...this.header, directoryAt }));
    this.reserve(SECTOR);
    this.flush();
    this.medium.write(SECTOR, this.descriptor);
    this.medium.write(0, encodeHostedHeader(this.header));
  }
}

/** The last grain of a disk is stored whole too. */
function whole(bytes: Uint8Array): Uint8Array {
  if (bytes.length === GRAIN_BYTES) return bytes;
  const grain = new Uint8Array(GRAIN_BYTES);
  grain.set(bytes);
  return grain;
}
