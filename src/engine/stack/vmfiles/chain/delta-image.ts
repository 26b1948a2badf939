import {
  COWD_HEADER_SECTORS,
  closeCowd,
  encodeCowdHeader,
} from '../../../formats/vmdk/cowd-extent.js';
import {
  encodeSeHeader,
  encodeSeVolatile,
  SE_TABLE_TAG,
  seEntry,
} from '../../../formats/vmdk/se-extent.js';
import { getU32, putU32 } from '../../../formats/vmfs/bytes.js';
import { type DeltaFormat, type DeltaLayout, TABLE_ENTRIES } from './delta-format.js';
import { type GrainState, OWN, ZEROS } from './grain-tables.js';

const SECTOR = 512;
/** Upper word of an entry of a grain the guest gave back (vmdk-formats reference, 10.3). */
const UNMAPPED = 0x10000000;
/** Block of the volatile header of a seSparse. */
const VOLATILE_AT = 1;

/**
 * The bytes of a delta's header, directory and tables as the host has them in memory. What is written
 * are parts of them as they are when the device acts, so of two writes of one sector the last has the
 * entries of both. An entry is made when its data is on the device, and not before.
 */
export class DeltaImage {
  /** Header: the first four blocks of the file. */
  readonly header: Uint8Array;
  /** A record of the journal: how it is filled is not public (vmdk-formats 10), and it is never replayed. */
  readonly journal = new Uint8Array(SECTOR);
  private readonly directory: Uint8Array;
  private readonly tables = new Map<number, Uint8Array>();
  /** Where each table lies in the file. */
  private readonly places = new Map<number, number>();

  /** @param capacityBlocks of the virtual disk */
  constructor(
    private readonly format: DeltaFormat,
    private readonly layout: DeltaLayout,
    capacityBlocks: number,
  ) {
    const tables = Math.ceil(Math.ceil(capacityBlocks / format.grainBlocks) / TABLE_ENTRIES);
    const blocks = Math.ceil((tables * format.entryBytes) / SECTOR);
    this.directory = new Uint8Array(blocks * SECTOR);
    this.header =
      format.name === 'vmfsSparse'
        ? cowdHeader(layout, tables, capacityBlocks)
        : seHeader(format, layout, tables, capacityBlocks);
  }

  /** Where the number of tables in use is written before a new one is, in blocks; undefined for none. */
  get volatileAt(): number | undefined {
    return this.format.name === 'seSparse' ? VOLATILE_AT : undefined;
  }

  get volatile(): Uint8Array {
    return this.header.subarray(VOLATILE_AT * SECTOR, (VOLATILE_AT + 1) * SECTOR);
  }

  /** The header from now on, with nobody who writes. @param next block behind everything in use */
  close(next: number): Uint8Array {
    if (this.format.name === 'vmfsSparse') closeCowd(this.header, next);
    return this.header;
  }

  /** A table has its place in the file, at this block. */
  add(table: number, at: number): void {
    this.tables.set(table, new Uint8Array(this.format.tableBlocks * SECTOR));
    this.places.set(table, at);
    if (this.volatileAt !== undefined) this.volatile.set(encodeSeVolatile(this.places.size));
  }

  /** `blocks` blocks of a table from block `first` of it on. */
  table(table: number, first = 0, blocks = this.format.tableBlocks): Uint8Array {
    const bytes = this.tables.get(table) as Uint8Array;
    return bytes.subarray(first * SECTOR, (first + blocks) * SECTOR);
  }

  /** The block of the directory that names a table, which is on the device: from now on it does. */
  name(table: number): Uint8Array {
    const { directory, format, layout } = this;
    const at = this.places.get(table) as number;
    const entryAt = table * format.entryBytes;
    if (format.name === 'vmfsSparse') putU32(directory, entryAt, at);
    else {
      putU32(directory, entryAt, (at - layout.tablesAt) / format.tableBlocks);
      putU32(directory, entryAt + 4, SE_TABLE_TAG);
    }
    const block = Math.floor(entryAt / SECTOR);
    return directory.subarray(block * SECTOR, (block + 1) * SECTOR);
  }

  /**
   * What the entry of a grain says.
   * @param block of the file where it lies, when it is `OWN`
   * @returns whether it said something else
   */
  say(grain: number, state: GrainState, block: number): boolean {
    const { format, layout } = this;
    const bytes = this.tables.get(Math.floor(grain / TABLE_ENTRIES)) as Uint8Array;
    const at = (grain % TABLE_ENTRIES) * format.entryBytes;
    if (format.name === 'vmfsSparse') return change(bytes, at, state === OWN ? block : 0);
    const place = (block - layout.grainsAt) / format.grainBlocks;
    const [low, high] = state === OWN ? seEntry(place) : [0, state === ZEROS ? UNMAPPED : 0];
    const isOther = change(bytes, at, low);
    return change(bytes, at + 4, high) || isOther;
  }
}

function change(bytes: Uint8Array, at: number, to: number): boolean {
  if (getU32(bytes, at) === to) return false;
  putU32(bytes, at, to);
  return true;
}

/** The host that writes it has it open: unclean, until it is told otherwise. */
function cowdHeader(layout: DeltaLayout, tables: number, capacity: number): Uint8Array {
  return encodeCowdHeader({
    capacity,
    grain: 1,
    directoryAt: COWD_HEADER_SECTORS,
    tables,
    next: layout.grainsAt,
    unclean: true,
  });
}

function seHeader(
  { tableBlocks, grainBlocks }: DeltaFormat,
  layout: DeltaLayout,
  tables: number,
  capacity: number,
): Uint8Array {
  const { directoryAt, tablesAt, journalAt, bitmapAt, backmapAt, grainsAt } = layout;
  const parts = {
    volatileHeader: { at: VOLATILE_AT, sectors: 1 },
    journalHeader: { at: 2, sectors: 2 },
    journal: { at: journalAt, sectors: directoryAt - journalAt },
    directory: { at: directoryAt, sectors: tablesAt - directoryAt },
    tables: { at: tablesAt, sectors: tables * tableBlocks },
    bitmap: { at: bitmapAt, sectors: backmapAt - bitmapAt },
    backmap: { at: backmapAt, sectors: grainsAt - backmapAt },
    grains: { at: grainsAt, sectors: Math.ceil(capacity / grainBlocks) * grainBlocks },
  };
  const bytes = new Uint8Array(4 * SECTOR);
  bytes.set(encodeSeHeader(capacity, parts));
  bytes.set(encodeSeVolatile(0), VOLATILE_AT * SECTOR);
  return bytes;
}
