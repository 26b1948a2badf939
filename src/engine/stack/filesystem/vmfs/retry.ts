import { CHECK_CONDITION, deviceOf } from '../../../core/status.js';

/** How long the file system waits before it repeats an I/O of its own that got lost: 1 s (model). */
export const RETRY_NS = 1_000_000_000;

/** The device itself said no: repeating would not help. Everything else is trouble on the way. */
export function refused(status: number): boolean {
  return deviceOf(status) === CHECK_CONDITION;
}
