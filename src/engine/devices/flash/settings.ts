import { choice, count, duration, ratio, size } from '../../core/params.js';
import { FROM_MEMORY, MODEL } from '../model.js';

/** Settings of a flash device's inside, used when its garbage collection is modelled. */
export interface CollectionValues {
  /** 0: not modelled; the rates of `write` and `program` are those of the steady state. */
  readonly overProvisioning: number;
  readonly start: number;
  readonly dies: number;
  readonly planes: number;
  readonly pageProgram: number;
  readonly erase: number;
  readonly blockPages: number;
  readonly buffer: number;
}

/** Places of the words of `start`. */
export const STEADY = 0;

/** @param dies so many that the steady state has the published rate of random writes */
export function collectionParams(dies: number) {
  return {
    overProvisioning: ratio(
      0,
      0,
      10,
      'flash beyond the capacity, as a share of it; above 0 garbage is collected',
    ),
    start: choice(['steady', 'fresh'], 'after long use, or fresh out of the box'),
    dies: count(dies, 1, 4096, 'dies that program side by side'),
    planes: count(2, 1, 16, 'pages a die programs at once'),
    pageProgram: duration('1.3ms', '1us', '100ms', 'time to program a page in each plane'),
    erase: duration('3ms', '0ns', '1s', 'time to erase a block'),
    blockPages: count(256, 8, 4096, 'pages of 4 KiB in a block'),
    buffer: size('4MiB', '4KiB', '64GiB', 'written data that waits to be programmed'),
  };
}

export const COLLECTION_SOURCES = {
  overProvisioning: MODEL,
  start: MODEL,
  dies: 'fitted: with overProvisioning 0.4 random writes have the published rate',
  planes: FROM_MEMORY,
  pageProgram: `25 nm MLC, ${FROM_MEMORY}`,
  erase: `25 nm MLC, ${FROM_MEMORY}`,
  blockPages: FROM_MEMORY,
  buffer: MODEL,
};
