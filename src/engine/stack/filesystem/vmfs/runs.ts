import { HOLE, toBeZeroed, type VmfsFile } from './file.js';
import type { VmfsVolume } from './volume.js';

/** Number of the pointer block that maps a file block; 0 when the file needs none. */
export function pointerOf(file: VmfsFile, fileBlock: number): number {
  return file.firstPointer === 0 ? 0 : file.firstPointer + (fileBlock >>> file.spanShift);
}

/** How many file blocks from `first` lie one after the other, below one pointer block. */
export function runLength(
  { map, firstPointer, spanShift }: VmfsFile,
  first: number,
  last: number,
): number {
  const start = map[first];
  if (start < 0) return 1;
  let next = first + 1;
  while (next <= last && map[next] === start + next - first) {
    if (firstPointer !== 0 && (next & ((1 << spanShift) - 1)) === 0) break;
    next++;
  }
  return next - first;
}

/** A block that waits to be zeroed becomes a hole: no command is on its way to it. */
export function dropUnzeroed(volume: VmfsVolume, file: VmfsFile, index: number): void {
  const block = toBeZeroed(file.map[index]);
  file.map[index] = HOLE;
  file.held--;
  file.unzeroed--;
  volume.giveBack(block, 1, 'it was never written');
}
