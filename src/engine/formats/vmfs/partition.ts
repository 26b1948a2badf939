import { FormatError } from '../../core/errors.js';
import { getU32, sameBytes } from './bytes.js';
import { type Gpt, type GptPartition, readGpt } from './gpt.js';
import { LVM_HEADER_AT, LVM_MAGIC } from './lvm-records.js';
import { type MbrPartition, readMbr } from './mbr.js';
import { type BlockMedium, MEDIUM_BLOCK_BYTES, MediumPart } from './medium.js';

/** Finding the VMFS partition of a device (reference, section 2). */

const MBR_VMFS = 0xfb;
/** AA31E02A-400F-11DB-9590-000C2911D1B8 as GPT stores it. */
export const GPT_VMFS = Uint8Array.of(
  ...[0x2a, 0xe0, 0x31, 0xaa, 0x0f, 0x40, 0xdb, 0x11],
  ...[0x95, 0x90, 0x00, 0x0c, 0x29, 0x11, 0xd1, 0xb8],
);
/** 4EB2EA39-7855-4790-A79E-FAE495E21F8D: VMFS-L, the system volume of ESXi 7 (from memory). */
const GPT_VMFS_L = Uint8Array.of(
  ...[0x39, 0xea, 0xb2, 0x4e, 0x55, 0x78, 0x90, 0x47],
  ...[0xa7, 0x9e, 0xfa, 0xe4, 0x95, 0xe2, 0x1f, 0x8d],
);

/** A partition of a table that says it holds VMFS; its medium ends where the image does. */
export class VmfsPartition extends MediumPart {
  constructor(
    whole: BlockMedium,
    readonly first: number,
    /** Sectors as the table has them. */
    readonly length: number,
    readonly entry:
      | { readonly table: 'mbr'; readonly all: readonly MbrPartition[]; readonly own: MbrPartition }
      | { readonly table: 'gpt'; readonly gpt: Gpt; readonly own: GptPartition },
  ) {
    super(whole, first, Math.max(0, Math.min(length, whole.blocks - first)));
  }
}

/** A partition that no table names any more; it is taken to reach to the end of the medium. */
export class LostPartition extends MediumPart {
  constructor(
    whole: BlockMedium,
    readonly first: number,
  ) {
    super(whole, first, whole.blocks - first);
  }
}

/**
 * Where VMFS partitions usually begin: sector 2048 since ESXi 5, 128 before (reference, section 2), and
 * two more where dissect.vmfs used to look.
 */
const USUAL_STARTS = [2048, 128, 1024, 16384] as const;

/**
 * The medium the logical volume manager writes to: the medium as a whole where its header is there,
 * else the first VMFS partition of an MBR or a GPT that has one, else one that a lost table had.
 * @throws FormatError where there is neither
 */
export function findVmfsPartition(medium: BlockMedium): BlockMedium {
  if (hasLvmHeader(medium)) return medium;
  const parts = vmfsPartitions(medium);
  const part = parts.find((candidate) => hasLvmHeader(candidate));
  if (part !== undefined) return part;
  const start = USUAL_STARTS.find((sector) => hasLvmHeader(medium, sector));
  if (start !== undefined) return new LostPartition(medium, start);
  const [first] = parts;
  if (first === undefined) {
    const other = otherKind(medium);
    if (other !== undefined) throw new FormatError(`no image of a disk, but ${other}`);
    throw new FormatError(
      'no VMFS volume: neither an LVM header at byte 1048576 nor a VMFS partition (MBR type fb, GPT)',
    );
  }
  const where = `the VMFS partition (${first.length} sectors from ${first.first})`;
  throw new FormatError(
    first.blocks < first.length
      ? `${where} does not lie in the ${medium.blocks} sectors there are: the image is cut short`
      : `${where} has no LVM header: it was never formatted, or its start is wrong`,
  );
}

/** Further partitions that hold VMFS, behind the one that `findVmfsPartition` found. */
export function otherVmfsPartitions(medium: BlockMedium, found: BlockMedium): BlockMedium[] {
  if (!(found instanceof VmfsPartition)) return [];
  const others = new Map(vmfsPartitions(medium).map((part) => [part.first, part]));
  others.delete(found.first);
  return [...others.values()].filter((part) => hasLvmHeader(part));
}

/** True where `findVmfsPartition` finds one. */
export function hasVmfsPartition(medium: BlockMedium): boolean {
  try {
    findVmfsPartition(medium);
    return true;
  } catch (error) {
    if (error instanceof FormatError) return false;
    throw error;
  }
}

/** Files that hold a disk in another form, by how they begin. */
const OTHER_KINDS: readonly (readonly [begins: string, what: string])[] = [
  ['KDMV', 'a VMDK: vmtop disk convert --format thin writes a flat file to use'],
  ['COWD', 'a VMDK of a snapshot: vmtop disk convert --format thin writes a flat file to use'],
  [
    '# Disk DescriptorFile',
    'the description of a VMDK: name its flat file; vmtop disk convert --format thin writes one',
  ],
  ['QFI\xfb', 'a qcow2: qemu-img convert -O raw makes one of it'],
  ['\x1f\x8b', 'compressed: unpack it with gunzip'],
  ['\xfd7zXZ', 'compressed: unpack it with unxz'],
  ['(\xb5/\xfd', 'compressed: unpack it with unzstd'],
];

function otherKind(medium: BlockMedium): string | undefined {
  if (medium.blocks === 0) return undefined;
  const start = new Uint8Array(MEDIUM_BLOCK_BYTES);
  medium.read(0, 1, start);
  const text = String.fromCharCode(...start.subarray(0, 32));
  return OTHER_KINDS.find(([begins]) => text.startsWith(begins))?.[1];
}

function hasLvmHeader(medium: BlockMedium, start = 0): boolean {
  const lba = start + LVM_HEADER_AT / MEDIUM_BLOCK_BYTES;
  if (lba >= medium.blocks) return false;
  const bytes = new Uint8Array(MEDIUM_BLOCK_BYTES);
  medium.read(lba, 1, bytes);
  return getU32(bytes, 0) === LVM_MAGIC;
}

/** Partitions that say they hold VMFS: datastores first, then system volumes. */
function vmfsPartitions(medium: BlockMedium): VmfsPartition[] {
  const found: VmfsPartition[] = [];
  const all = readMbr(medium) ?? [];
  for (const own of all) {
    if (own.type !== MBR_VMFS || own.first === 0 || own.blocks === 0) continue;
    found.push(new VmfsPartition(medium, own.first, own.blocks, { table: 'mbr', all, own }));
  }
  const gpt = readGpt(medium);
  for (const type of gpt === undefined ? [] : [GPT_VMFS, GPT_VMFS_L]) {
    for (const own of gpt?.partitions ?? []) {
      if (gpt === undefined || !sameBytes(own.type, type)) continue;
      if (own.first < 2 || own.last < own.first) continue;
      const length = own.last - own.first + 1;
      found.push(new VmfsPartition(medium, own.first, length, { table: 'gpt', gpt, own }));
    }
  }
  return found;
}
