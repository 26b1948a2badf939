import { InputError } from '../../core/errors.js';
import { type Gpt, type GptPartition, gptReserve, newGpt, withLast, writeGpt } from './gpt.js';
import { MBR_SECTORS_MAX, type MbrPartition, protectGpt, resizeMbrPartition } from './mbr.js';
import type { BlockMedium } from './medium.js';
import { GPT_VMFS, type VmfsPartition } from './partition.js';

/**
 * Lets a partition take the free space behind it, up to the next one or the end of its medium. An MBR that
 * cannot count that far becomes a GPT where the partition is its only one, as on ESXi (reference,
 * section 2). Cut off, the table is the old one or the new one, and what the partition holds stays as it is.
 * @param guid makes 16 random bytes
 * @throws InputError where the table cannot be changed
 */
export function growPartition(part: VmfsPartition, guid: () => Uint8Array): void {
  const { entry, whole, first } = part;
  const others = entry.table === 'gpt' ? entry.gpt.partitions : entry.all;
  const next = Math.min(
    whole.blocks,
    ...others.filter((other) => other.first > first).map((other) => other.first),
  );
  if (entry.table === 'mbr') {
    growMbr(part, entry.own, next, entry.all.length === 1, guid);
    return;
  }
  growGpt(part, entry.gpt, entry.own, next);
}

/** Also ends what was cut off: the table in front, or its copy, may be the old one still. */
function growGpt(
  { whole, first, length }: VmfsPartition,
  gpt: Gpt,
  own: GptPartition,
  next: number,
): void {
  const usable = whole.blocks - gptReserve(gpt);
  if (first + length > usable) return;
  const last = Math.min(next, usable) - 1;
  const longer = last > own.last;
  if (!gpt.sound && longer) {
    throw InputError.of(
      whole.name,
      'its partition table (GPT) is damaged, both copies of it',
      'repair it first, for example with gdisk',
    );
  }
  if (gpt.sound && (longer || gpt.problems.length > 0)) writeGpt(whole, withLast(gpt, own, last));
  protectGpt(whole, false);
}

function growMbr(
  { whole, first, length }: VmfsPartition,
  { index }: MbrPartition,
  next: number,
  alone: boolean,
  guid: () => Uint8Array,
): void {
  if (next <= first + length) return;
  if (index === undefined) {
    throw InputError.of(
      whole.name,
      'the volume is in a logical partition of an MBR, which vmtop does not enlarge',
      'enlarge it with a partition tool, then grow without SIZE',
    );
  }
  if (alone && next > MBR_SECTORS_MAX && convert(whole, first, guid)) return;
  const blocks = Math.min(next, MBR_SECTORS_MAX) - first;
  if (blocks > length) resizeMbrPartition(whole, index, blocks);
}

/** Sector 0 comes last: until then the medium has its MBR. False where there is no room for a GPT. */
function convert(whole: BlockMedium, first: number, guid: () => Uint8Array): boolean {
  const gpt = newGpt(whole, GPT_VMFS, first, [guid(), guid()]);
  if (first <= gptReserve(gpt)) return false;
  writeGpt(whole, gpt);
  protectGpt(whole, true);
  return true;
}
