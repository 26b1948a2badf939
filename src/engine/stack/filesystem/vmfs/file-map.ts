import type { VmfsFile } from './file.js';
import { POINTER_SPAN_SHIFT } from './layout.js';

/** Number of the pointer block that maps a file block; 0 when the file needs none. */
export function pointerOf(file: VmfsFile, fileBlock: number): number {
  return file.firstPointer === 0 ? 0 : file.firstPointer + (fileBlock >>> POINTER_SPAN_SHIFT);
}

/** How many file blocks from `first` to `last` lie one after the other, below one pointer block. */
export function runLength({ map, firstPointer }: VmfsFile, first: number, last: number): number {
  const start = map[first];
  if (start < 0) return 1;
  let next = first + 1;
  while (next <= last && map[next] === start + next - first) {
    if (firstPointer !== 0 && (next & ((1 << POINTER_SPAN_SHIFT) - 1)) === 0) break;
    next++;
  }
  return next - first;
}
