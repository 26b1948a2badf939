import { FormatError } from '../../core/errors.js';
import { type Address, decodeDescriptorAddress } from './address.js';
import {
  getText,
  getU32,
  getU64,
  getU64Saturated,
  putText,
  putU16,
  putU32,
  putU64,
} from './bytes.js';
import { type Generation, generationOf } from './generation.js';
import { getUuid, putUuid, type Uuid } from './uuid.js';

/** The file-system descriptor at 2 MiB of the volume (reference, section 5). */

const MAGIC = 0x2fabf15e;
/** VMFS-L: local volumes of ESX-OSData. */
const MAGIC_LOCAL = 0x2fabf15f;
export const SUPERBLOCK_BYTES = 512;
export const LABEL_BYTES = 128;

export interface Superblock {
  readonly generation: Generation;
  readonly fsMajor: number;
  readonly fsMinor: number;
  readonly local: boolean;
  readonly uuid: Uuid;
  readonly mode: number;
  readonly label: string;
  /** Bytes of a file block: 1, 2, 4 or 8 MiB. */
  readonly blockBytes: number;
  readonly subBlockBytes: number;
  /** Unix seconds. */
  readonly createdAt: number;
  readonly lvmUuid: Uuid;
  /** Fields that repeat what is known from elsewhere, by what they are; see the check. */
  readonly repeated: RepeatedFields;
  /**
   * VMFS 5 only: 64 sub-blocks in a cluster; without it as on VMFS 3, and the system files VMFS 3 does not
   * know are where this descriptor says (dissect.vmfs).
   */
  readonly dense: boolean;
}

export interface RepeatedFields {
  readonly sectorBytes: number;
  readonly clusterGroupAt: number;
  readonly clustersPerGroup: number;
  /** Volume addresses of the descriptors of `.pb2.sf` and `.sdd.sf`. */
  readonly secondaryAt: number;
  readonly hiddenAt: number;
  /** Descriptor addresses of the same. */
  readonly secondary: Address;
  readonly hidden: Address;
  readonly unitBytes: number;
}

const DENSE = 4;

/** @throws FormatError where this is no VMFS file system, or one with impossible sizes */
export function decodeSuperblock(bytes: Uint8Array): Superblock {
  const magic = getU32(bytes, 0);
  if (magic !== MAGIC && magic !== MAGIC_LOCAL) {
    throw new FormatError(
      `the file system descriptor begins with ${magic.toString(16)}, expected ${MAGIC.toString(16)}`,
    );
  }
  const fsMajor = getU32(bytes, 0x04);
  const generation = generationOf(fsMajor);
  const blockBytes = getU64(bytes, 0xa1);
  if (![1, 2, 4, 8].some((mib) => mib * 0x100000 === blockBytes)) {
    throw new FormatError(`file blocks of ${blockBytes} bytes, expected 1, 2, 4 or 8 MiB`);
  }
  const subBlockBytes = getU32(bytes, 0xd9);
  if (![8, 16, 32, 64].some((kib) => kib * 1024 === subBlockBytes)) {
    throw new FormatError(`sub-blocks of ${subBlockBytes} bytes, expected 8 to 64 KiB`);
  }
  return {
    generation,
    fsMajor,
    fsMinor: bytes[0x08],
    local: magic === MAGIC_LOCAL,
    uuid: getUuid(bytes, 0x09),
    mode: getU32(bytes, 0x19),
    label: getText(bytes, 0x1d, LABEL_BYTES),
    blockBytes,
    subBlockBytes,
    createdAt: getU32(bytes, 0xa9),
    lvmUuid: getUuid(bytes, 0xb1),
    repeated: {
      sectorBytes: getU32(bytes, 0x9d),
      clusterGroupAt: getU32(bytes, 0xd1),
      clustersPerGroup: getU32(bytes, 0xd5),
      secondaryAt: getU64Saturated(bytes, 0xe1),
      hiddenAt: getU64Saturated(bytes, 0x105),
      secondary: decodeDescriptorAddress(getU32(bytes, 0xe9)),
      hidden: decodeDescriptorAddress(getU32(bytes, 0x10d)),
      unitBytes: getU32(bytes, 0x134),
    },
    dense: (getU32(bytes, 0x19) & DENSE) !== 0,
  };
}

export interface NewSuperblock {
  readonly generation: Generation;
  readonly uuid: Uuid;
  readonly lvmUuid: Uuid;
  readonly hostUuid: Uuid;
  readonly label: string;
  readonly blockBytes: number;
  readonly createdAt: number;
  readonly clusterGroupAt: number;
  readonly clustersPerGroup: number;
  /** Volume addresses of the descriptors of `.pb2.sf` and `.sdd.sf`; zero without such files. */
  readonly secondaryAt: number;
  readonly hiddenAt: number;
}

/** Default mode of a new volume: public on VMFS 3, the bits of a fresh product volume on 5 and 6. */
const MODES = { 3: 2, 5: 6, 6: 0x2226 } as const;

export function encodeSuperblock(block: NewSuperblock): Uint8Array {
  const bytes = new Uint8Array(SUPERBLOCK_BYTES);
  const { generation } = block;
  putU32(bytes, 0, MAGIC);
  putU32(bytes, 0x04, generation.fsMajor);
  bytes[0x08] = generation.fsMinor;
  putUuid(bytes, 0x09, block.uuid);
  putU32(bytes, 0x19, MODES[generation.product]);
  putText(bytes, 0x1d, LABEL_BYTES, block.label);
  putU32(bytes, 0x9d, 512);
  putU64(bytes, 0xa1, block.blockBytes);
  putU32(bytes, 0xa9, block.createdAt);
  putU32(bytes, 0xad, 1);
  putUuid(bytes, 0xb1, block.lvmUuid);
  putU32(bytes, 0xc1, 1);
  putU32(bytes, 0xd1, block.clusterGroupAt);
  putU32(bytes, 0xd5, block.clustersPerGroup);
  putU32(bytes, 0xd9, generation.subBlockBytes);
  if (generation.product === 3) return bytes;
  putU64(bytes, 0xe1, block.secondaryAt);
  putU32(bytes, 0xe9, 0x01800004);
  putUuid(bytes, 0xed, block.hostUuid);
  putU64(bytes, 0x105, block.hiddenAt);
  putU32(bytes, 0x10d, 0x01c00004);
  if (generation.product === 5) return bytes;
  encodeVmfs6Fields(bytes, block);
  return bytes;
}

/** Values of the VMFS 6 sample volume; lease and reclaim window are its 16 s and 4 s. */
function encodeVmfs6Fields(bytes: Uint8Array, { generation, blockBytes }: NewSuperblock): void {
  putU16(bytes, 0x112, 1);
  putU32(bytes, 0x130, 512);
  putU32(bytes, 0x134, generation.unitBytes);
  putU16(bytes, 0x138, 9);
  putU16(bytes, 0x13e, 16);
  putU16(bytes, 0x140, 13);
  putU32(bytes, 0x144, blockBytes);
  putU32(bytes, 0x148, 2 * blockBytes);
  putU32(bytes, 0x14c, 16000);
  putU32(bytes, 0x150, 4000);
}
