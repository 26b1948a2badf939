import { type Requests, ROW_STRIDE } from '../src/engine/core/requests.js';

/**
 * Sets a column of every row. Columns share memory with their neighbours, so `fill` of a typed array
 * would overwrite other fields.
 */
export function fillColumn(
  requests: Requests,
  column: Float64Array | Int32Array,
  value: number,
): void {
  for (let io = 0; io < requests.handleLimit; io += ROW_STRIDE) column[io] = value;
}
