import { alignUp, putU32 } from '../vmfs/bytes.js';
import { type FileMedium, SECTOR } from './medium.js';
import {
  encodeSeHeader,
  encodeSeVolatile,
  SE_GRAIN,
  SE_GTES,
  SE_TABLE_SECTORS,
  SE_TABLE_TAG,
  type SeLayout,
  seEntry,
  seOwner,
} from './se-extent.js';
import { eachStretch, type Sink } from './sink.js';

const GRAIN_BYTES = SE_GRAIN * SECTOR;
const TABLE_BYTES = SE_TABLE_SECTORS * SECTOR;
/** Where parts begin, and the size of the journal: 1 MiB, as in disks of ESXi. */
const UNIT = 2048;
/** Entries of the back map that are written together. */
const OWNERS = 1024;
/** Directory entries that are written together: 64 KiB of them. */
const DIRECTORY_STEP = 8192;

/** Where the parts of a new extent are. */
function layOut(sectors: number): SeLayout {
  const grains = Math.ceil(sectors / SE_GRAIN);
  const tables = Math.ceil(grains / SE_GTES);
  const sizes = [
    Math.ceil((tables * 8) / SECTOR),
    tables * SE_TABLE_SECTORS,
    Math.ceil(grains / 8 / SECTOR),
    Math.ceil((grains * 8) / SECTOR),
  ];
  let at = 2 * UNIT;
  const placed = sizes.map((size) => {
    const part = { at, sectors: alignUp(Math.max(1, size), UNIT) };
    at += part.sectors;
    return part;
  });
  return {
    volatileHeader: { at: 1, sectors: 1 },
    journalHeader: { at: 2, sectors: 2 },
    journal: { at: UNIT, sectors: UNIT },
    directory: placed[0],
    tables: placed[1],
    bitmap: placed[2],
    backmap: placed[3],
    grains: { at, sectors: grains * SE_GRAIN },
  };
}

/** seSparse: tables in the order they are first used, grains as they come. */
export class SeSink implements Sink {
  readonly dense = false;
  private readonly parts: SeLayout;
  /** Directory entries that are not written yet: [table index, table number]. */
  private readonly pending: [number, number][] = [];
  private readonly table = new Uint8Array(TABLE_BYTES);
  private current = -1;
  private tablesUsed = 0;
  private grainsUsed = 0;
  /** The last entries of the back map: which grain of the disk each grain of the file is. */
  private readonly owners = new Uint8Array(OWNERS * 8);

  constructor(
    private readonly medium: FileMedium,
    private readonly sectors: number,
  ) {
    this.parts = layOut(sectors);
    medium.resize(this.parts.grains.at * SECTOR);
  }

  write(sector: number, bytes: Uint8Array): void {
    eachStretch(bytes, GRAIN_BYTES, (from, to) => {
      const at = this.parts.grains.at + this.grainsUsed * SE_GRAIN;
      this.medium.write(at * SECTOR, bytes.subarray(from, to));
      for (let done = from; done < to; done += GRAIN_BYTES) {
        this.place((sector + done / SECTOR) / SE_GRAIN);
      }
    });
  }

  private place(grain: number): void {
    const index = Math.floor(grain / SE_GTES);
    if (index !== this.current) {
      this.flushTable();
      this.current = index;
      this.pending.push([index, this.tablesUsed]);
      this.tablesUsed += 1;
      if (this.pending.length === DIRECTORY_STEP) this.flushDirectory();
    }
    const [low, high] = seEntry(this.grainsUsed);
    putU32(this.table, (grain % SE_GTES) * 8, low);
    putU32(this.table, (grain % SE_GTES) * 8 + 4, high);
    const [owner, tagged] = seOwner(grain);
    const slot = (this.grainsUsed % OWNERS) * 8;
    putU32(this.owners, slot, owner);
    putU32(this.owners, slot + 4, tagged);
    this.grainsUsed += 1;
    if (this.grainsUsed % OWNERS === 0) this.flushOwners(OWNERS);
  }

  private flushOwners(count: number): void {
    const at = this.parts.backmap.at * SECTOR + (this.grainsUsed - count) * 8;
    this.medium.write(at, this.owners.subarray(0, count * 8));
  }

  /** A bit for each grain in use. */
  private writeBitmap(): void {
    const ones = new Uint8Array(OWNERS).fill(0xff);
    const whole = Math.floor(this.grainsUsed / 8);
    const at = this.parts.bitmap.at * SECTOR;
    for (let done = 0; done < whole; done += OWNERS) {
      this.medium.write(at + done, ones.subarray(0, Math.min(OWNERS, whole - done)));
    }
    const rest = this.grainsUsed % 8;
    if (rest > 0) this.medium.write(at + whole, Uint8Array.of((1 << rest) - 1));
  }

  private flushTable(): void {
    if (this.current < 0) return;
    const at = this.parts.tables.at + (this.tablesUsed - 1) * SE_TABLE_SECTORS;
    this.medium.write(at * SECTOR, this.table);
    this.table.fill(0);
  }

  private flushDirectory(): void {
    const entry = new Uint8Array(8);
    for (const [index, number] of this.pending) {
      putU32(entry, 0, number);
      putU32(entry, 4, SE_TABLE_TAG);
      this.medium.write(this.parts.directory.at * SECTOR + index * 8, entry);
    }
    this.pending.length = 0;
  }

  finish(): void {
    this.flushTable();
    this.flushDirectory();
    this.flushOwners(this.grainsUsed % OWNERS);
    this.writeBitmap();
    this.medium.resize((this.parts.grains.at + this.grainsUsed * SE_GRAIN) * SECTOR);
    const { parts } = this;
    this.medium.write(parts.volatileHeader.at * SECTOR, encodeSeVolatile(this.tablesUsed));
    this.medium.write(0, encodeSeHeader(this.sectors, parts));
  }
}
