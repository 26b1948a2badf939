import { READ, WRITE } from '../../../src/engine/core/io.js';
import { Random } from '../../../src/engine/core/random.js';
import { predict } from '../../../src/engine/devices/fit/predict.js';
import type { Recording } from '../../../src/engine/devices/fit/recording.js';

/** Blocks of the synthetic disk. */
export const CAPACITY = 4_000_000;

/**
 * A recording made by the model itself, with the habits of the real ones: a fifth of the requests goes
 * on from the last one, a third stays near it, one in three is a write, pauses of 5 to 75 ms.
 */
export function synthetic(params: Record<string, number>, count: number): Recording {
  const stream = new Random(21).stream('requests');
  const op = new Uint8Array(count);
  const lba = new Float64Array(count);
  const blocks = new Int32Array(count);
  const thinkNs = new Float64Array(count);
  let last = 0;
  for (let index = 0; index < count; index++) {
    const kind = stream.unit();
    op[index] = stream.unit() < 0.33 ? WRITE : READ;
    blocks[index] = 4 * (1 + Math.floor(4 * stream.unit() * stream.unit()));
    if (kind < 0.2) lba[index] = last;
    else if (kind < 0.53) lba[index] = Math.max(0, last + stream.below(400) - 200);
    else lba[index] = stream.below(CAPACITY - 64);
    thinkNs[index] = Math.round(5e6 + 70e6 * stream.unit());
    last = lba[index]! + blocks[index]!;
  }
  const recording = { count, op, lba, blocks, thinkNs, serviceNs: new Float64Array(count) };
  predict({ model: 'hdd', params }, CAPACITY, recording, recording.serviceNs);
  return recording;
}
