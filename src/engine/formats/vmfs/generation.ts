import { FormatError } from '../../core/errors.js';
import { KIB, MIB } from './bytes.js';

/** What differs between VMFS 3, 5 and 6 on disk (VMFS on-disk reference, sections 1, 8 and 10). */
export interface Generation {
  readonly name: 'VMFS-3' | 'VMFS-5' | 'VMFS-6';
  readonly product: 3 | 5 | 6;
  readonly lvmMajor: number;
  readonly fsMajor: number;
  /** Minor version a new volume gets. */
  readonly fsMinor: number;
  /** Unit of lock blocks and of every metadata block, in bytes. */
  readonly unitBytes: number;
  readonly descriptorBytes: number;
  /** Offset of the descriptor's fields behind its lock block. */
  readonly fieldsAt: number;
  readonly pointersAt: number;
  readonly pointers: number;
  /** Bytes of one block address in a pointer table. */
  readonly pointerBytes: number;
  readonly pointerBlockBytes: number;
  readonly residentAt: number;
  /** Most bytes of a file inside its descriptor; zero where the generation has none. */
  readonly residentBytes: number;
  readonly subBlockBytes: number;
  readonly heartbeats: number;
  /** Where the bitmap of a cluster begins in its header, and its most bits. */
  readonly bitmapAt: number;
  readonly bitmapBits: number;
}

export const HEARTBEATS_AT = 0x300000;
export const SUPERBLOCK_AT = 0x200000;

const CLASSIC = {
  unitBytes: 512,
  descriptorBytes: 2 * KIB,
  fieldsAt: 0x200,
  pointersAt: 0x400,
  pointers: 256,
  pointerBytes: 4,
  pointerBlockBytes: 4 * KIB,
  residentAt: 0x400,
  heartbeats: 2048,
  bitmapAt: 0x210,
  bitmapBits: 496 * 8,
} as const;

export const VMFS3: Generation = {
  ...CLASSIC,
  name: 'VMFS-3',
  product: 3,
  lvmMajor: 3,
  fsMajor: 4,
  fsMinor: 31,
  residentBytes: 0,
  subBlockBytes: 64 * KIB,
};

export const VMFS5: Generation = {
  ...CLASSIC,
  name: 'VMFS-5',
  product: 5,
  lvmMajor: 5,
  fsMajor: 14,
  fsMinor: 81,
  residentBytes: KIB,
  subBlockBytes: 8 * KIB,
};

/** Cluster bitmaps at 0x80 of the second block: read off the VMFS 6 sample volume. */
export const VMFS6: Generation = {
  name: 'VMFS-6',
  product: 6,
  lvmMajor: 6,
  fsMajor: 24,
  fsMinor: 82,
  unitBytes: 4 * KIB,
  descriptorBytes: 8 * KIB,
  fieldsAt: 0x1000,
  pointersAt: 0x1600,
  pointers: 320,
  pointerBytes: 8,
  pointerBlockBytes: 64 * KIB,
  residentAt: 0x1200,
  residentBytes: 3584,
  subBlockBytes: 64 * KIB,
  heartbeats: 1024,
  bitmapAt: 0x1080,
  bitmapBits: 2048 * 8,
};

export const GENERATIONS: readonly Generation[] = [VMFS3, VMFS5, VMFS6];

/** Major versions up to 13 are VMFS 3 and up to 23 VMFS 5 (dissect.vmfs): an upgraded volume keeps its layout. */
export function generationOf(fsMajor: number): Generation {
  if (fsMajor >= 4 && fsMajor < 14) return VMFS3;
  if (fsMajor >= 14 && fsMajor < 24) return VMFS5;
  if (fsMajor === 24) return VMFS6;
  throw new FormatError(
    `file system major version ${fsMajor}, expected 4 (VMFS 3), 14 (VMFS 5) or 24 (VMFS 6)`,
  );
}

/** Bytes of a cluster header: its lock block and its bitmap block. */
export function clusterHeaderBytes(generation: Generation): number {
  return 2 * generation.unitBytes;
}

/** Where `.fdc.sf` begins (reference, section 4). */
export function descriptorsAt(generation: Generation, blockBytes: number): number {
  if (generation.product === 6) return 7 * MIB;
  return blockBytes * Math.floor((blockBytes + 0x3fffff) / blockBytes);
}
