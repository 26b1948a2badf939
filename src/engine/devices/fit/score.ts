import { READ } from '../../core/io.js';
import type { ModelPlan } from '../../plan/plan.js';
import { squareDistance } from './compare.js';
import { predict } from './predict.js';
import type { Recording } from './recording.js';

/** Requests as far apart as this go on in the same place: a few tracks (model). */
export const NEAR_BLOCKS = 1000;
/** Distances of far requests are told apart at these parts of the disk. */
const FAR_PARTS = [0.05, 0.15, 0.4] as const;
/** Kinds of place: next, ahead, behind, and far by distance. */
const PLACES = 3 + FAR_PARTS.length + 1;
/** True for the kinds of requests to far places. */
export function isFar(kind: number): boolean {
  return kind % PLACES >= 3;
}

/** Kind of each request, from what was asked for alone: read or write, and how far from the last one. */
export function kindsOf(recording: Recording, capacityBlocks: number): Uint8Array {
  const { count, op, lba, blocks } = recording;
  const kinds = new Uint8Array(count);
  let last = 0;
  for (let index = 0; index < count; index++) {
    const ahead = lba[index] - last;
    const distance = Math.abs(ahead);
    let place = 0;
    if (distance > NEAR_BLOCKS) {
      const far = FAR_PARTS.findIndex((limit) => distance < limit * capacityBlocks);
      place = far < 0 ? PLACES - 1 : 3 + far;
    } else if (ahead !== 0) {
      place = ahead > 0 ? 1 : 2;
    }
    kinds[index] = (op[index] === READ ? 0 : PLACES) + place;
    last = lba[index] + blocks[index];
  }
  return kinds;
}

/** Weight of relative distances, by which short answers count as much as long ones (model). */
const SHORT = 0.5;

/** Sum of the squared distances of two sorted samples, each as a part of the mean of the two. */
function relativeSquares(one: Float64Array, other: Float64Array): number {
  let sum = 0;
  for (let index = 0; index < one.length; index++) {
    const both = (one[index] + other[index]) / 2;
    const part = both > 0 ? (one[index] - other[index]) / both : 0;
    sum += part * part;
  }
  return sum;
}

/**
 * How badly a model fits a recording, ns: the demerit figure of all requests, the root mean square of
 * those of each kind, and the same of relative distances. The second keeps a model from being right on
 * the whole for wrong reasons, the third keeps the long waits from drowning the short answers.
 */
export class Score {
  /** Models tried. */
  tried = 0;
  private readonly byKind: readonly Int32Array[];
  private readonly measured: readonly Float64Array[];
  private readonly allMeasured: Float64Array;
  private readonly all: Float64Array;
  private readonly scratch: readonly Float64Array[];
  private readonly meanNs: number;

  constructor(
    private readonly recording: Recording,
    private readonly capacityBlocks: number,
  ) {
    const kinds = kindsOf(recording, capacityBlocks);
    const { serviceNs, count } = recording;
    const members: number[][] = Array.from({ length: 2 * PLACES }, () => []);
    for (let index = 0; index < count; index++) members[kinds[index]].push(index);
    this.byKind = members.filter(({ length }) => length > 0).map((list) => Int32Array.from(list));
    this.measured = this.byKind.map((list) =>
      Float64Array.from(list, (index) => serviceNs[index]).sort(),
    );
    this.allMeasured = serviceNs.slice().sort();
    this.all = new Float64Array(count);
    this.meanNs = serviceNs.reduce((sum, ns) => sum + ns, 0) / count;
    this.scratch = this.byKind.map((list) => new Float64Array(list.length));
  }

  of(plan: ModelPlan): number {
    const { recording, capacityBlocks, all, byKind, measured, scratch } = this;
    const { count } = recording;
    this.tried++;
    predict(plan, capacityBlocks, recording, all);
    let sum = 0;
    let relative = 0;
    for (let kind = 0; kind < byKind.length; kind++) {
      const list = byKind[kind];
      const values = scratch[kind];
      for (let index = 0; index < list.length; index++) values[index] = all[list[index]];
      sum += list.length * squareDistance(measured[kind], values.sort());
      relative += relativeSquares(measured[kind], values);
    }
    const whole = squareDistance(this.allMeasured, all.sort());
    return (
      Math.sqrt(whole) + Math.sqrt(sum / count) + this.meanNs * SHORT * Math.sqrt(relative / count)
    );
  }
}
