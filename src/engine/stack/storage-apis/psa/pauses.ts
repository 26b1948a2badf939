import type { Settings } from '../../settings.js';
import type { Verdict } from './retry-table.js';

/** Pause after TASK SET FULL: long enough for a full port to answer something (model). */
const FULL_PAUSE_NS = 1e6;
/**
 * Pauses after RESERVATION CONFLICT: random and growing to 200 ms (stack-upper reference, 6.3, from
 * memory; also Scsi.MaxReserveTime). They begin at 5 ms and double (model: reservations are held for 5 to
 * 20 ms, same section).
 */
const CONFLICT_PAUSE_NS = 200e6;
const FIRST_CONFLICT_PAUSE_NS = 5e6;
const DOUBLINGS = 6;

/** How long a command waits before its next try, ns. */
export function pauseAfter(verdict: Verdict, attempt: number, settings: Settings): number {
  if (verdict.pause === 'busy') return settings.ns('Disk.DelayOnBusy');
  if (verdict.pause === 'full') return FULL_PAUSE_NS;
  // "Requeue or immediate retry": at once the first time, then at the host's pace.
  if (verdict.pause === 'period' && attempt > 1) return settings.ns('Disk.DiskRetryPeriod');
  return 0;
}

/**
 * The pause after the `attempt`th conflict of a command, ns.
 * @param part random, 0 up to 1: hosts that met the same reservation come back one by one
 */
export function conflictPauseNs(attempt: number, part: number): number {
  const most = FIRST_CONFLICT_PAUSE_NS * (1 << Math.min(Math.max(0, attempt - 1), DOUBLINGS));
  return Math.round(Math.min(most, CONFLICT_PAUSE_NS) * (0.5 + part / 2));
}
