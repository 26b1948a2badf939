import { READ } from '../../core/io.js';
import { leastSquares } from './least-squares.js';
import type { Recording } from './recording.js';
import { isFar, kindsOf } from './score.js';

/** What a recording shows without a model; ns. */
export interface FirstLook {
  /** The fastest answers take this long and `blockNs` for each block. */
  readonly readNs: number;
  readonly writeNs: number;
  readonly blockNs: number;
  /** Writes to far places are answered much faster than reads from far places. */
  readonly writeCache: boolean;
  /** One turn of the platters. */
  readonly turnNs: number;
  /** What a far request takes without the turn and its blocks: for no distance, average and full. */
  readonly reachNs: readonly [track: number, average: number, full: number];
}

/** Fewest requests of one length, and of far ones, that say something. */
const LENGTH_MIN = 8;
const FAR_MIN = 50;
/** The share of requests that may be answered faster than "the fastest": rare errors must not decide. */
const FAST = 0.05;
/** Requests that took this many standard deviations more or less than they should are left out. */
const OUTLIER = 3;
/** Means of the square root and of the distance between random places, as parts of the whole. */
const MEAN_ROOT = 8 / 15;
const MEAN_DISTANCE = 1 / 3;
/** Guess for a recording with too few far requests: 7,200 rpm, and seeks of an average disk. */
const GUESS = { turnNs: 60e9 / 7200, reachNs: [1e6, 8e6, 16e6] } as const;

/** Looks at the fastest answers by length, and at requests to far places. */
export function lookAt(recording: Recording, capacityBlocks: number): FirstLook {
  const far = farOf(recording, capacityBlocks);
  const [reads, writes] = [far.filter(({ write }) => !write), far.filter(({ write }) => write)];
  const middle = (list: readonly FarRequest[]): number =>
    quantile(
      list.map(({ ns }) => ns),
      0.5,
    );
  const writeCache = writes.length > 0 && reads.length > 0 && middle(writes) < middle(reads) / 2;
  const read = fastest(recording, false);
  const write = writeCache ? fastest(recording, true) : read;
  const blockNs = writeCache ? Math.min(read.blockNs, write.blockNs) : read.blockNs;
  const moved = reads.length >= FAR_MIN || writeCache ? reads : writes;
  return {
    readNs: read.baseNs,
    writeNs: write.baseNs,
    blockNs,
    writeCache,
    ...(moved.length >= FAR_MIN ? mechanics(moved) : GUESS),
  };
}

interface FarRequest {
  readonly write: boolean;
  readonly ns: number;
  readonly blocks: number;
  /** Parts of the disk: how far from the last request, and where. */
  readonly distance: number;
  readonly place: number;
}

function farOf(recording: Recording, capacityBlocks: number): FarRequest[] {
  const { op, lba, blocks, serviceNs } = recording;
  const found: FarRequest[] = [];
  kindsOf(recording, capacityBlocks).forEach((kind, index) => {
    if (!isFar(kind) || index === 0) return;
    found.push({
      write: op[index] !== READ,
      ns: serviceNs[index],
      blocks: blocks[index],
      distance: Math.abs(lba[index] - lba[index - 1] - blocks[index - 1]) / capacityBlocks,
      place: lba[index] / capacityBlocks,
    });
  });
  return found;
}

/**
 * A far request takes `reach(distance) + wait + blocks * (block time at its place)`, the wait uniform
 * over a turn. Least squares give the rest; what they leave is the wait, so its spread gives the turn.
 */
function mechanics(requests: readonly FarRequest[]): Pick<FirstLook, 'turnNs' | 'reachNs'> {
  const first = seekFit(requests);
  const deviation = Math.sqrt(first.rests.reduce((sum, x) => sum + x * x, 0) / requests.length);
  const usual = requests.filter((_, i) => Math.abs(first.rests[i]) <= OUTLIER * deviation);
  const { weights, rests } = seekFit(usual);
  const square = rests.reduce((sum, rest) => sum + rest * rest, 0) / usual.length;
  const middle = quantile([...rests], 0.75) - quantile([...rests], 0.25);
  // Of a uniform wait the deviation is a turn / sqrt(12) and the middle half spans half a turn. Slow
  // requests widen the first more than the second.
  const turnNs = (Math.sqrt(12 * square) + 2 * middle) / 2;
  const [base, root, line] = weights;
  const track = Math.max(0, base - turnNs / 2);
  const average = track + Math.max(0, MEAN_ROOT * root + MEAN_DISTANCE * line);
  return { turnNs, reachNs: [track, average, Math.max(average, track + root + line)] };
}

function seekFit(requests: readonly FarRequest[]) {
  const column = (value: (request: FarRequest) => number) => Float64Array.from(requests, value);
  return leastSquares(
    [
      column(() => 1),
      column(({ distance }) => Math.sqrt(distance)),
      column(({ distance }) => distance),
      column(({ blocks }) => blocks),
      column(({ blocks, place }) => blocks * place),
    ],
    column(({ ns }) => ns),
  );
}

/** The line through the fast answers of each length, weighted by how many there are; not below 0. */
function fastest(recording: Recording, write: boolean): { baseNs: number; blockNs: number } {
  const { count, op, blocks, serviceNs } = recording;
  const byLength = new Map<number, number[]>();
  for (let index = 0; index < count; index++) {
    if ((op[index] !== READ) !== write) continue;
    const list = byLength.get(blocks[index]) ?? [];
    list.push(serviceNs[index]);
    byLength.set(blocks[index], list);
  }
  let [weight, x, y, xx, xy] = [0, 0, 0, 0, 0];
  for (const [length, list] of byLength) {
    if (list.length < LENGTH_MIN) continue;
    const ns = quantile(list, FAST);
    weight += list.length;
    x += list.length * length;
    y += list.length * ns;
    xx += list.length * length * length;
    xy += list.length * length * ns;
  }
  const spread = weight * xx - x * x;
  const blockNs = spread > 0 ? Math.max(0, (weight * xy - x * y) / spread) : 0;
  return { baseNs: weight > 0 ? Math.max(0, (y - blockNs * x) / weight) : 0, blockNs };
}

function quantile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
}
