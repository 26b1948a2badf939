import type { DeltaFormatName } from '../../../plan/commands.js';

/**
 * How the delta of a snapshot keeps its grains (vmdk-formats reference, 9 and 10). Sizes are in
 * 512-byte blocks.
 */
export interface DeltaFormat {
  readonly name: DeltaFormatName;
  /** `web1-000001-delta.vmdk`, `web1-000001-sesparse.vmdk`. */
  readonly suffix: string;
  readonly grainBlocks: number;
  /** A grain table, of TABLE_ENTRIES entries. */
  readonly tableBlocks: number;
  readonly entryBytes: number;
  /** Written before a table changes; 0 without a journal. */
  readonly journalBlocks: number;
  /** The file is given so much space at once; 0 leaves it to the file system. */
  readonly growthBlocks: number;
  /** Has an entry that says "zeros, whatever the parent holds". */
  readonly unmaps: boolean;
}

/** Entries of a grain table in either format. */
export const TABLE_ENTRIES = 4096;

/** vmfsSparse counts sectors in 32 bits (vmdk-formats 9). */
export const SPARSE_BLOCKS_MAX = 0xffff_ffff;

export const DELTA_FORMATS: Readonly<Record<DeltaFormatName, DeltaFormat>> = {
  vmfsSparse: {
    name: 'vmfsSparse',
    suffix: 'delta',
    grainBlocks: 1,
    tableBlocks: 32,
    entryBytes: 4,
    journalBlocks: 0,
    growthBlocks: 32_768,
    unmaps: false,
  },
  seSparse: {
    name: 'seSparse',
    suffix: 'sesparse',
    grainBlocks: 8,
    tableBlocks: 64,
    entryBytes: 8,
    // One journal record of a sector: model.
    journalBlocks: 1,
    growthBlocks: 0,
    unmaps: true,
  },
};

/** Where the parts of a delta lie in its file; addresses and sizes in 512-byte blocks. */
export interface DeltaLayout {
  /** Grain directory. */
  readonly directoryAt: number;
  /** Area of the grain tables; -1 where they lie among the grains. */
  readonly tablesAt: number;
  readonly journalAt: number;
  /** Bitmap of free grains, and map from grains back to their entries; 0 without. */
  readonly bitmapAt: number;
  readonly backmapAt: number;
  /** First block that grains may take. */
  readonly grainsAt: number;
  /** The file when every grain is there. */
  readonly sizeBlocks: number;
}

const SEPARSE_JOURNAL_AT = 2048;
const SEPARSE_DIRECTORY_AT = 4096;
const COWD_DIRECTORY_AT = 4;
const ENTRIES_PER_BLOCK = 64;
const BITS_PER_BLOCK = 4096;

/** The layout for a disk of so many blocks. */
export function layoutOf(format: DeltaFormat, capacityBlocks: number): DeltaLayout {
  const grains = Math.ceil(capacityBlocks / format.grainBlocks);
  const tables = Math.ceil(grains / TABLE_ENTRIES);
  if (format.name === 'vmfsSparse') {
    const grainsAt = whole(COWD_DIRECTORY_AT + Math.ceil((tables * format.entryBytes) / 512));
    return {
      directoryAt: COWD_DIRECTORY_AT,
      tablesAt: -1,
      journalAt: 0,
      bitmapAt: 0,
      backmapAt: 0,
      grainsAt,
      sizeBlocks: grainsAt + tables * format.tableBlocks + whole(grains),
    };
  }
  const tablesAt = whole(SEPARSE_DIRECTORY_AT + Math.ceil(tables / ENTRIES_PER_BLOCK));
  const bitmapAt = tablesAt + tables * format.tableBlocks;
  const backmapAt = whole(bitmapAt + Math.ceil(grains / BITS_PER_BLOCK));
  const grainsAt = whole(backmapAt + Math.ceil(grains / ENTRIES_PER_BLOCK));
  return {
    directoryAt: SEPARSE_DIRECTORY_AT,
    tablesAt,
    journalAt: SEPARSE_JOURNAL_AT,
    bitmapAt,
    backmapAt,
    grainsAt,
    sizeBlocks: grainsAt + grains * format.grainBlocks,
  };
}

/** Up to the next multiple of 4 KiB. */
function whole(blocks: number): number {
  return Math.ceil(blocks / 8) * 8;
}
