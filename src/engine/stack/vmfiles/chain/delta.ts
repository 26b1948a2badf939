import type { DatastoreFiles, FileHandle } from '../../files.js';
import { type DeltaFormat, type DeltaLayout, layoutOf, TABLE_ENTRIES } from './delta-format.js';
import { DeltaImage } from './delta-image.js';
import { GrainTables } from './grain-tables.js';
import { TableCache } from './table-cache.js';

/** File block of a datastore, 1 MiB, in 512-byte blocks. */
const FILE_BLOCK = 2048;
/**
 * Grains get their places 4 KiB at a time (model), so that an address keeps its place within them:
 * a write of less takes the room of that, though only its own sectors count as written.
 */
const UNIT = 8;

/** The delta of a snapshot as it lies in its file: tables, grains, and what is still free. */
export class Delta {
  readonly tables = new GrainTables();
  readonly layout: DeltaLayout;
  readonly cache: TableCache;
  /** The bytes of its tables, where bytes are kept. */
  image: DeltaImage | undefined;
  /** First block of the file that nothing has taken yet, behind the fixed parts. */
  next: number;
  /** Where each table lies, by its number. */
  private readonly tableAts = new Map<number, number>();
  /** Tables whose directory entry is on the disk. */
  private readonly listed = new Set<number>();
  private grownTo = 0;

  /** @param capacityBlocks of the virtual disk */
  constructor(
    readonly format: DeltaFormat,
    public file: FileHandle,
    capacityBlocks: number,
    private datastore: Pick<DatastoreFiles, 'extend' | 'keepsBytes'>,
  ) {
    this.layout = layoutOf(format, capacityBlocks);
    this.next = this.layout.grainsAt;
    const grains = Math.ceil(capacityBlocks / format.grainBlocks);
    this.cache = new TableCache(Math.ceil(grains / TABLE_ENTRIES));
    this.image = datastore.keepsBytes
      ? new DeltaImage(format, this.layout, capacityBlocks)
      : undefined;
    this.grow(0, this.next);
  }

  /** The delta lies in another file, block for block; none that has no bytes goes where they are kept. */
  moveTo(file: FileHandle, datastore: Pick<DatastoreFiles, 'extend' | 'keepsBytes'>): void {
    this.file = file;
    this.datastore = datastore;
    if (datastore.keepsBytes !== true) this.image = undefined;
  }

  /** Number of the table an address of the disk is in. */
  tableOf(lba: number): number {
    return Math.floor(lba / (this.format.grainBlocks * TABLE_ENTRIES));
  }

  /** The table is on the disk and not in memory: it has to be read first. */
  misses(table: number): boolean {
    return this.listed.has(table) && !this.cache.touch(table);
  }

  /** Block of the file where the table begins. */
  tableAt(table: number): number {
    return this.tableAts.get(table) as number;
  }

  /** The table and its directory entry are on the disk: single entries of it can be written. */
  isListed(table: number): boolean {
    return this.listed.has(table);
  }

  /** They are from now on. */
  list(table: number): void {
    this.listed.add(table);
  }

  /** Makes the table of these grains in memory, unless it is there. */
  needTable(table: number): void {
    if (this.tables.has(table)) return;
    const { layout, format } = this;
    let at = layout.tablesAt + this.tableAts.size * format.tableBlocks;
    if (layout.tablesAt < 0) at = this.take(format.tableBlocks);
    this.tableAts.set(table, at);
    this.tables.add(table);
    this.image?.add(table, at);
    this.cache.insert(table);
  }

  /** Gives grains of one table, all with or all without places, places in the file. */
  needPlaces(grain: number, count: number): void {
    this.needTable(Math.floor(grain / TABLE_ENTRIES));
    if (this.tables.placeOf(grain) !== 0) return;
    const unit = UNIT / this.format.grainBlocks;
    const first = Math.floor(grain / unit) * unit;
    const end = Math.ceil((grain + count) / unit) * unit;
    const at = this.take((end - first) * this.format.grainBlocks);
    this.tables.attach(first, end - first, this.placeAt(at));
  }

  /** Block of the file where a grain with this place begins. */
  blockOf(place: number): number {
    const { grainBlocks } = this.format;
    return grainBlocks === 1 ? place : this.layout.grainsAt + (place - 1) * grainBlocks;
  }

  /** What the header says once nobody writes to the delta any more; undefined without bytes. */
  closedHeader(): Uint8Array | undefined {
    return this.image?.close(this.next);
  }

  /** Bytes of guest data in the delta. */
  get ownBytes(): number {
    return this.tables.ownGrains * this.format.grainBlocks * 512;
  }

  private placeAt(block: number): number {
    const { grainBlocks } = this.format;
    return grainBlocks === 1 ? block : (block - this.layout.grainsAt) / grainBlocks + 1;
  }

  /** The next blocks of the file, a multiple of 4 KiB. */
  private take(blocks: number): number {
    const at = this.next;
    this.next += blocks;
    this.grow(at, this.next);
    return at;
  }

  /** Space for what is to be written, in steps; what cannot be had the write will miss. */
  private grow(from: number, to: number): void {
    const { growthBlocks } = this.format;
    if (growthBlocks === 0 || to <= this.grownTo) return;
    const end = Math.min(Math.ceil(to / growthBlocks) * growthBlocks, this.file.sizeBlocks);
    const first = Math.floor(Math.max(from, this.grownTo) / FILE_BLOCK);
    if (this.datastore.extend(this.file, first, Math.ceil(end / FILE_BLOCK))) this.grownTo = end;
  }
}
