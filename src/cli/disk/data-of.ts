import { FormatError } from '../../engine/core/errors.js';
import { formatSize } from '../../engine/core/units.js';
import { countData, type Extent } from '../../engine/formats/vmdk/extent.js';
import { SECTOR } from '../../engine/formats/vmdk/medium.js';

/** The data in extents together, as a size; `damaged` when their tables cannot be read, or multiply. */
export function dataOf(extents: readonly Extent[]): string {
  let sum = 0;
  try {
    for (const extent of extents) {
      const most = extent.sectorsMax + SECTOR;
      const data = countData(extent, most);
      if (data > most) return 'damaged';
      sum += data;
    }
  } catch (error) {
    if (error instanceof FormatError) return 'damaged';
    throw error;
  }
  return formatSize(sum * SECTOR);
}
