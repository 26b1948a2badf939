import type { Delta } from './delta.js';
import { TABLE_ENTRIES } from './delta-format.js';
import { type GrainState, OWN } from './grain-tables.js';

/** The blocks of a table that have the entries of the grains of a range, from its first block on. */
export function entriesIn(
  { format }: Delta,
  at: number,
  blocks: number,
): { first: number; length: number } {
  const { grainBlocks, entryBytes, tableBlocks } = format;
  const grain = Math.floor(at / grainBlocks) % TABLE_ENTRIES;
  const first = Math.floor((grain * entryBytes) / 512);
  const last = Math.floor(((grain + Math.ceil(blocks / grainBlocks) - 1) * entryBytes) / 512);
  return { first, length: Math.min(last, tableBlocks - 1) - first + 1 };
}

/**
 * Where bytes are kept: what is written of a table from now on says of the grains of a write, or of an
 * UNMAP, that it is done (`what` is the state they have then), or what counts of them now.
 * @returns whether something else was said of one
 */
export function say(
  delta: Delta,
  isWrite: boolean,
  at: number,
  blocks: number,
  what: GrainState | 'now',
): boolean {
  const { image, tables } = delta;
  let isOther = false;
  if (image === undefined) return isOther;
  const { grainBlocks } = delta.format;
  const end = (at + blocks) / grainBlocks;
  const last = isWrite ? Math.ceil(end) : Math.floor(end);
  const first = at / grainBlocks;
  for (let grain = isWrite ? Math.floor(first) : Math.ceil(first); grain < last; grain++) {
    const state = what === 'now' ? tables.stateOf(grain) : what;
    if (image.say(grain, state, delta.blockOf(tables.placeOf(grain)))) isOther = true;
  }
  return isOther;
}

/** Blocks from `at` on that are written in one go: in place, a part of a grain, or new grains. */
export function writeRun(delta: Delta, at: number, most: number): number {
  const { grainBlocks } = delta.format;
  const { tables } = delta;
  const grain = Math.floor(at / grainBlocks);
  const offset = at - grain * grainBlocks;
  if (tables.stateOf(grain) === OWN) {
    const run = tables.runFrom(grain, Math.ceil((offset + most) / grainBlocks));
    return Math.min(most, run * grainBlocks - offset);
  }
  if (offset > 0 || most < grainBlocks) return Math.min(most, grainBlocks - offset);
  return tables.emptyRunFrom(grain, Math.floor(most / grainBlocks)) * grainBlocks;
}

/** Blocks from `at` on whose grains are in one table. */
export function toTableEnd(delta: Delta, at: number, most: number): number {
  const span = delta.format.grainBlocks * TABLE_ENTRIES;
  return Math.min(most, span - (at % span));
}

/** Grains that lie in a range as a whole; 0 or less for none. */
export function wholeGrains(at: number, blocks: number, grainBlocks: number): number {
  return Math.floor((at + blocks) / grainBlocks) - Math.ceil(at / grainBlocks);
}
