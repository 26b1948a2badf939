import type { Io } from '../../../core/io.js';
import { ABORTED } from '../../recall.js';
import type { Verdict } from './retry-table.js';
import { isCounted } from './verdict.js';

/**
 * In the retries of a command: how many use up a limit, a mark that there were others, and how many met a
 * reservation, whose limit is of its own (Scsi.ConflictRetries).
 */
const TRIES = 0xff;
const UNLIMITED = 0x100;
const CONFLICT = 0x200;
const CONFLICTS_MAX = 0xff;

/** Tries of a command that use up the limit of a failure judged so. */
export function triesOf(retries: number, verdict: Verdict): number {
  return verdict.pause === 'conflict' ? Math.floor(retries / CONFLICT) : retries & TRIES;
}

/** Which try comes next. What may be tried without end uses up no limit of another failure. */
export function countTry(retries: Int32Array, io: Io, verdict: Verdict): number {
  const used = triesOf(retries[io], verdict);
  if (!isCounted(verdict)) return used;
  if (verdict.pause === 'conflict') {
    if (used < CONFLICTS_MAX) retries[io] += CONFLICT;
    return used + 1;
  }
  if (verdict.limit === Number.POSITIVE_INFINITY) {
    const again = used > 0 || (retries[io] & UNLIMITED) !== 0;
    retries[io] |= UNLIMITED;
    return again ? 2 : 1;
  }
  if (used < ABORTED - 1) retries[io]++;
  return used + 1;
}
