import type { Io } from '../../../core/io.js';
import { ABORTED } from '../../recall.js';
import type { Verdict } from './retry-table.js';
import { isCounted } from './verdict.js';

/** In the retries of a command: how many use up a limit, and a mark that there were others. */
const TRIES = 0xff;
const UNLIMITED = 0x100;

/** Tries of a command that use up a limit. */
export function triesOf(retries: number): number {
  return retries & TRIES;
}

/** Which try comes next. What may be tried without end uses up no limit of another failure. */
export function countTry(retries: Int32Array, io: Io, verdict: Verdict): number {
  const used = triesOf(retries[io]);
  if (!isCounted(verdict)) return used;
  if (verdict.limit === Number.POSITIVE_INFINITY) {
    const again = used > 0 || (retries[io] & UNLIMITED) !== 0;
    retries[io] |= UNLIMITED;
    return again ? 2 : 1;
  }
  if (used < ABORTED - 1) retries[io]++;
  return used + 1;
}
