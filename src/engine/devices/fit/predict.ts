import { Stream } from '../../core/random.js';
import type { ModelPlan } from '../../plan/plan.js';
import { createModel } from '../models/index.js';
import { type Comparison, compare } from './compare.js';
import type { Recording } from './recording.js';

/**
 * What a model says each request of a recording takes. Requests are issued as they were recorded:
 * each when the one before has ended, by the model's own time, and the recorded think time has passed.
 * The measured service times are not looked at.
 * Where the platters stood when the recording began is not recorded; after the first request it makes
 * no difference, as all that follows is relative to it.
 * @param out receives the service times, ns
 */
export function predict(
  plan: ModelPlan,
  capacityBlocks: number,
  recording: Recording,
  out: Float64Array,
): void {
  const stream = new Stream(0, 'fit');
  const model = createModel(plan, { stream, capacityBlocks });
  const { count, op, lba, blocks, thinkNs } = recording;
  let now = 0;
  for (let index = 0; index < count; index++) {
    const ns = model.serviceNs(op[index], lba[index], blocks[index], now);
    out[index] = ns;
    now += ns + Math.max(0, thinkNs[index]);
  }
}

/** How far a model's service times are from the measured ones. */
export function check(plan: ModelPlan, capacityBlocks: number, recording: Recording): Comparison {
  const out = new Float64Array(recording.count);
  predict(plan, capacityBlocks, recording, out);
  return compare(recording.serviceNs, out);
}
