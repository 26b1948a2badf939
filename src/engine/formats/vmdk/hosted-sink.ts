import { alignUp, putU32 } from '../vmfs/bytes.js';
import {
  encodeHostedHeader,
  FLAG_NEWLINE,
  FLAG_REDUNDANT,
  GTES,
  type HostedHeader,
} from './hosted-header.js';
import { type FileMedium, SECTOR } from './medium.js';
import { eachStretch, type Sink } from './sink.js';

/** Sectors of a grain: 64 KiB, as every product writes. */
export const HOSTED_GRAIN = 128;
/** Sectors of an embedded descriptor, as every product writes. */
export const DESCRIPTOR_SECTORS = 20;
const GRAIN_BYTES = HOSTED_GRAIN * SECTOR;
const TABLE_SECTORS = (GTES * 4) / SECTOR;

/** An embedded descriptor in its sectors. */
export function embed(bytes: Uint8Array): Uint8Array {
  const area = new Uint8Array(
    Math.max(DESCRIPTOR_SECTORS * SECTOR, alignUp(bytes.length + 1, SECTOR)),
  );
  area.set(bytes);
  return area;
}

/**
 * Hosted sparse extent, both directories with their tables in front (reference `vmdk-formats.md`,
 * section 7.2). Grains go out before the tables that name them.
 */
export class HostedSink implements Sink {
  readonly dense = false;
  private readonly header: HostedHeader;
  private readonly tables: number;
  private readonly directorySectors: number;
  private next: number;
  private current = -1;
  private readonly table = new Uint8Array(GTES * 4);

  constructor(
    private readonly medium: FileMedium,
    sectors: number,
    private readonly descriptor: Uint8Array | undefined,
  ) {
    this.tables = Math.ceil(Math.ceil(sectors / HOSTED_GRAIN) / GTES);
    this.directorySectors = Math.ceil((this.tables * 4) / SECTOR);
    const descriptorSectors = (descriptor?.length ?? 0) / SECTOR;
    const redundantAt = 1 + descriptorSectors;
    const size = this.directorySectors + this.tables * TABLE_SECTORS;
    const overhead = alignUp(redundantAt + 2 * size, HOSTED_GRAIN);
    this.header = {
      version: 1,
      flags: FLAG_NEWLINE | FLAG_REDUNDANT,
      capacity: sectors,
      grain: HOSTED_GRAIN,
      descriptorAt: descriptor === undefined ? 0 : 1,
      descriptorSectors,
      redundantAt,
      directoryAt: redundantAt + size,
      overhead,
      unclean: false,
      newlines: true,
      compressed: false,
    };
    this.next = overhead;
    medium.resize(overhead * SECTOR);
    for (const at of [redundantAt, redundantAt + size]) this.writeDirectory(at);
  }

  private writeDirectory(at: number): void {
    const bytes = new Uint8Array(this.directorySectors * SECTOR);
    for (let index = 0; index < this.tables; index++) {
      putU32(bytes, index * 4, this.tableAt(at, index));
    }
    this.medium.write(at * SECTOR, bytes);
  }

  private tableAt(directoryAt: number, index: number): number {
    return directoryAt + this.directorySectors + index * TABLE_SECTORS;
  }

  write(sector: number, bytes: Uint8Array): void {
    eachStretch(bytes, GRAIN_BYTES, (from, to) => {
      this.medium.write(this.next * SECTOR, bytes.subarray(from, to));
      for (let at = from; at < to; at += GRAIN_BYTES) {
        this.place((sector + at / SECTOR) / HOSTED_GRAIN);
      }
    });
  }

  private place(grain: number): void {
    const index = Math.floor(grain / GTES);
    if (index !== this.current) this.flushTable();
    this.current = index;
    putU32(this.table, (grain % GTES) * 4, this.next);
    this.next += HOSTED_GRAIN;
  }

  private flushTable(): void {
    if (this.current < 0) return;
    for (const at of [this.header.redundantAt, this.header.directoryAt]) {
      this.medium.write(this.tableAt(at, this.current) * SECTOR, this.table);
    }
    this.table.fill(0);
  }

  finish(): void {
    this.flushTable();
    // The last grain of a disk may be short of data: readers want it whole.
    this.medium.resize(this.next * SECTOR);
    if (this.descriptor !== undefined) this.medium.write(SECTOR, this.descriptor);
    this.medium.write(0, encodeHostedHeader(this.header));
  }
}
