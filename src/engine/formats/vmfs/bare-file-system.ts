import { FormatError } from '../../core/errors.js';
import { SUPERBLOCK_AT } from './generation.js';
import type { VolumeDevice } from './logical-volume.js';
import { EXTENT_BYTES } from './lvm-records.js';
import { type BlockMedium, MEDIUM_BLOCK_BYTES } from './medium.js';
import { decodeSuperblock, SUPERBLOCK_BYTES, type Superblock } from './superblock.js';

/**
 * A file system by itself, without LVM: what reading a volume from `/dev/lvm` of a host gives, and what
 * `vmkfstools` makes of a device for itself (dissect.vmfs reads both). Only to be read: there is nothing
 * that could say where more of it is.
 */
export function bareFileSystem(medium: BlockMedium): VolumeDevice | undefined {
  const superblock = superblockOf(medium);
  if (superblock === undefined) return undefined;
  const { generation, lvmUuid, createdAt, blockBytes } = superblock;
  const bytes = Math.floor((medium.blocks * MEDIUM_BLOCK_BYTES) / blockBytes) * blockBytes;
  const extents = Math.ceil(bytes / EXTENT_BYTES);
  const created = createdAt * 1e6;
  return {
    medium,
    header: {
      major: generation.lvmMajor,
      minor: 0,
      deviceBytes: medium.blocks * MEDIUM_BLOCK_BYTES,
      volumes: 0,
      records: 0,
      lastRecord: 0,
      unitBytes: generation.unitBytes,
      generation: 0,
      dataAt: 0,
      uuid: lvmUuid,
      diskId: new Uint8Array(0),
      createdAt: created,
      maps: 0,
      nextRegionAt: 0,
    },
    record: {
      volumeBytes: bytes,
      generation: 0,
      state: 1,
      name: lvmUuid,
      uuid: lvmUuid,
      createdAt: created,
      index: 0,
      extents,
      firstExtent: 0,
      lastExtent: extents - 1,
      devices: 1,
    },
    table: { runs: [{ logicalAt: 0, physicalAt: 0, bytes }], problems: [] },
  };
}

function superblockOf(medium: BlockMedium): Superblock | undefined {
  const lba = SUPERBLOCK_AT / MEDIUM_BLOCK_BYTES;
  if (lba >= medium.blocks) return undefined;
  const bytes = new Uint8Array(SUPERBLOCK_BYTES);
  medium.read(lba, SUPERBLOCK_BYTES / MEDIUM_BLOCK_BYTES, bytes);
  try {
    return decodeSuperblock(bytes);
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}

/** True for a volume that has no LVM under it. */
export function isBare({ header }: VolumeDevice): boolean {
  return header.dataAt === 0;
}
