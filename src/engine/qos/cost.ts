import { movesData } from '../core/io.js';

/**
 * Units of cost of a command: one per started `unitBlocks` of data, one without data (stack-lower
 * 9.1: Disk.SchedCostUnit).
 * @param unitBlocks size of a unit, 512-byte blocks
 */
export function costOf(op: number, blocks: number, unitBlocks: number): number {
  return movesData(op) && blocks > unitBlocks ? Math.ceil(blocks / unitBlocks) : 1;
}
