/** Values of windows of unequal length, for charts whose axis is time. */
import type { Window } from '../../engine/views/kit/row.js';

/** Windows that differ by less are drawn as they are. */
const UNEVEN = 1.5;

/**
 * One value per equal step of time, each that of the window it lies in; as they are where the windows
 * are about equally long.
 */
export function evenly(values: number[], windows: readonly Window[]): number[] {
  const lengths = windows.map(({ before, after }) => after.at - before.at);
  const shortest = Math.min(...lengths);
  if (windows.length < 3 || shortest <= 0 || Math.max(...lengths) < UNEVEN * shortest)
    return values;
  const fromNs = windows[0]?.before.at ?? 0;
  const toNs = windows.at(-1)?.after.at ?? 0;
  let index = 0;
  return values.map((_, step) => {
    const at = fromNs + ((step + 0.5) / values.length) * (toNs - fromNs);
    while (index < windows.length - 1 && (windows[index]?.after.at ?? 0) < at) index++;
    return values[index] ?? Number.NaN;
  });
}
