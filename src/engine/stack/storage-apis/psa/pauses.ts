import type { Settings } from '../../settings.js';
import type { Verdict } from './retry-table.js';

/** Pause after TASK SET FULL: long enough for a full port to answer something (model). */
const FULL_PAUSE_NS = 1e6;
/** Pause after RESERVATION CONFLICT: as long as hosts keep a reservation (Scsi.MaxReserveTime). */
const CONFLICT_PAUSE_NS = 200e6;

/** How long a command waits before its next try, ns. */
export function pauseAfter(verdict: Verdict, attempt: number, settings: Settings): number {
  if (verdict.pause === 'busy') return settings.ns('Disk.DelayOnBusy');
  if (verdict.pause === 'full') return FULL_PAUSE_NS;
  if (verdict.pause === 'conflict') return CONFLICT_PAUSE_NS;
  // "Requeue or immediate retry": at once the first time, then at the host's pace.
  if (verdict.pause === 'period' && attempt > 1) return settings.ns('Disk.DiskRetryPeriod');
  return 0;
}
