import { Stream } from '../../core/random.js';
import type { ModelPlan } from '../../simulation/plan.js';
import { createModel } from '../models/index.js';
import { type Comparison, compare } from './compare.js';
import type { Recording } from './recording.js';

/**
 * What a model says each request of a recording takes. Requests are issued as they were recorded:
 * each when the one before has ended, by the model's own time, and the recorded think time has passed.
 * The measured service times are not looked at.
 * @param turn tells runs apart: where the disk stood when the recording began is not recorded
 * @param out receives the service times, ns, from `first` on
 */
export function predict(
  plan: ModelPlan,
  capacityBlocks: number,
  recording: Recording,
  turn: number,
  out: Float64Array,
  first: number,
): void {
  const stream = new Stream(turn, 'fit');
  const model = createModel(plan, { stream, capacityBlocks });
  const { count, op, lba, blocks, thinkNs } = recording;
  let now = 0;
  for (let index = 0; index < count; index++) {
    const ns = model.serviceNs(op[index], lba[index], blocks[index], now);
    out[first + index] = ns;
    now += ns + Math.max(0, thinkNs[index]);
  }
}

/** A run that the search for the settings has not seen. */
const CHECK_TURN = 7;

/** How far a model's service times are from the measured ones: one run over the recording. */
export function check(plan: ModelPlan, capacityBlocks: number, recording: Recording): Comparison {
  const out = new Float64Array(recording.count);
  predict(plan, capacityBlocks, recording, CHECK_TURN, out, 0);
  return compare(recording.serviceNs, out);
}
