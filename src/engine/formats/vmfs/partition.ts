import { FormatError } from '../../core/errors.js';
import { getU32, getU64, isZero, sameBytes } from './bytes.js';
import { LVM_HEADER_AT, LVM_MAGIC } from './lvm-records.js';
import { type BlockMedium, MEDIUM_BLOCK_BYTES, MediumPart } from './medium.js';

/** Finding the VMFS partition of a device (reference, section 2). */

const MBR_VMFS = 0xfb;
/** AA31E02A-400F-11DB-9590-000C2911D1B8 as GPT stores it. */
const GPT_VMFS = Uint8Array.of(
  ...[0x2a, 0xe0, 0x31, 0xaa, 0x0f, 0x40, 0xdb, 0x11],
  ...[0x95, 0x90, 0x00, 0x0c, 0x29, 0x11, 0xd1, 0xb8],
);
/** Partitions of a GPT that are looked at: what tools write, 128. */
const GPT_ENTRIES_MAX = 128;

/**
 * The medium the logical volume manager writes to: the medium as a whole where its header is there,
 * else the first VMFS partition of an MBR or a GPT.
 * @throws FormatError where there is neither
 */
export function findVmfsPartition(medium: BlockMedium): BlockMedium {
  if (hasLvmHeader(medium)) return medium;
  const part = mbrPartition(medium) ?? gptPartition(medium);
  if (part !== undefined && hasLvmHeader(part)) return part;
  throw new FormatError(
    part === undefined
      ? 'no VMFS volume: neither an LVM header at byte 1048576 nor a VMFS partition (MBR type fb, GPT)'
      : 'the VMFS partition has no LVM header: it was never formatted, or its start is wrong',
  );
}

function hasLvmHeader(medium: BlockMedium): boolean {
  const lba = LVM_HEADER_AT / MEDIUM_BLOCK_BYTES;
  return lba < medium.blocks && getU32(sector(medium, lba), 0) === LVM_MAGIC;
}

function sector(medium: BlockMedium, lba: number): Uint8Array {
  const bytes = new Uint8Array(MEDIUM_BLOCK_BYTES);
  medium.read(lba, 1, bytes);
  return bytes;
}

function mbrPartition(medium: BlockMedium): BlockMedium | undefined {
  if (medium.blocks < 2) return undefined;
  const mbr = sector(medium, 0);
  if (mbr[510] !== 0x55 || mbr[511] !== 0xaa) return undefined;
  for (let at = 446; at < 510; at += 16) {
    if (mbr[at + 4] !== MBR_VMFS) continue;
    return part(medium, getU32(mbr, at + 8), getU32(mbr, at + 12));
  }
  return undefined;
}

function gptPartition(medium: BlockMedium): BlockMedium | undefined {
  if (medium.blocks < 3) return undefined;
  const header = sector(medium, 1);
  const signature = Uint8Array.of(0x45, 0x46, 0x49, 0x20, 0x50, 0x41, 0x52, 0x54);
  if (!sameBytes(header.subarray(0, 8), signature)) return undefined;
  const tableLba = getU64(header, 72);
  const count = Math.min(getU32(header, 80), GPT_ENTRIES_MAX);
  const entryBytes = getU32(header, 84);
  if (entryBytes < 128 || entryBytes > 512 || 512 % entryBytes !== 0) return undefined;
  const perSector = 512 / entryBytes;
  for (let index = 0; index < count; index++) {
    const lba = tableLba + Math.floor(index / perSector);
    if (lba >= medium.blocks) return undefined;
    const at = (index % perSector) * entryBytes;
    const entry = sector(medium, lba).subarray(at, at + entryBytes);
    if (isZero(entry) || !sameBytes(entry.subarray(0, 16), GPT_VMFS)) continue;
    const first = getU64(entry, 32);
    return part(medium, first, getU64(entry, 40) - first + 1);
  }
  return undefined;
}

/** @throws FormatError where the partition does not lie on the medium */
function part(medium: BlockMedium, first: number, blocks: number): BlockMedium {
  if (first > 0 && blocks > 0 && first + blocks <= medium.blocks) {
    return new MediumPart(medium, first, blocks);
  }
  throw new FormatError(
    `the VMFS partition (${blocks} sectors from ${first}) does not lie in the ${medium.blocks} ` +
      'sectors there are: the image is cut short',
  );
}
