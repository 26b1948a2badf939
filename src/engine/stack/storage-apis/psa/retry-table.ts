import {
  BUSY,
  HOST_BUS_BUSY,
  HOST_ERROR,
  HOST_NO_CONNECT,
  HOST_RESET,
  HOST_RETRY,
  HOST_TIMEOUT,
  PLUGIN_TRANSIENT,
  RESERVATION_CONFLICT,
  TASK_ABORTED,
  TASK_SET_FULL,
} from '../../../core/status.js';

/** How long a command waits before it is sent again. */
export type Pause = 'none' | 'busy' | 'full' | 'conflict' | 'period';

/**
 * What multipathing does with a command that failed.
 * - `up`: the layers above decide
 * - `retry`: sent again after a pause, at most `limit` times
 * - `start`: as retry, and the device is told to start
 * - `fault`: the path is in doubt; held until a probe has told
 * - `refresh`: access states changed; held until every path has been asked
 * - `loss`: the LUN is gone for good on this path
 */
export interface Verdict {
  readonly action: 'up' | 'retry' | 'start' | 'fault' | 'refresh' | 'loss';
  readonly limit: number;
  readonly pause: Pause;
  /** Ask the path with a TEST UNIT READY whether it is still there. */
  readonly probe: boolean;
  /** An error that may pass: counts against the path's health. */
  readonly transient: boolean;
  /** A unit attention, which Disk.RetryUnitAttention governs. */
  readonly attention: boolean;
}

export interface RetryRow {
  /** `H:`, `D:` or `P:` and the status, or sense data; `xx` stands for any code. */
  readonly on: string;
  readonly meaning: string;
  readonly verdict: Verdict;
}

const FOREVER = Number.POSITIVE_INFINITY;

const BASE: Verdict = {
  action: 'up',
  limit: 0,
  pause: 'none',
  probe: false,
  transient: false,
  attention: false,
};

export const UP = BASE;
const FAULT: Verdict = { ...BASE, action: 'fault', limit: FOREVER, probe: true, transient: true };
const REFRESH: Verdict = { ...BASE, action: 'refresh', limit: FOREVER, probe: true };
const LOSS: Verdict = { ...BASE, action: 'loss', limit: FOREVER };

function retry(limit: number, pause: Pause): Verdict {
  return { ...BASE, action: 'retry', limit, pause };
}

/** The connection may be bad: the path is asked while the command is repeated. */
function doubtful(limit: number, pause: Pause): Verdict {
  return { ...retry(limit, pause), probe: true, transient: true };
}

/** Several attentions may be pending on a nexus, and each command takes one of them away. */
const ATTENTION: Verdict = { ...retry(8, 'none'), attention: true };
const NOT_READY = retry(FOREVER, 'period');

const hex = (value: number): string => value.toString(16).padStart(2, '0').toUpperCase();
const host = (code: number, meaning: string, verdict: Verdict): RetryRow => ({
  on: `H:${hex(code)}`,
  meaning,
  verdict,
});
const device = (code: number, meaning: string, verdict: Verdict): RetryRow => ({
  on: `D:${hex(code)}`,
  meaning,
  verdict,
});
const plugin = (code: number, meaning: string, verdict: Verdict): RetryRow => ({
  on: `P:${hex(code)}`,
  meaning,
  verdict,
});
const sense = (on: string, meaning: string, verdict: Verdict): RetryRow => ({
  on,
  meaning,
  verdict,
});

/**
 * The retry table, one row per status. Among sense rows the more exact one counts. Which codes are
 * retried is documented (stack-lower reference, 4.1 to 4.3); limits and pauses where the reference
 * says only "limited" are model, 80 retries of reservation conflicts are from memory.
 */
export const RETRY_TABLE: readonly RetryRow[] = [
  host(HOST_NO_CONNECT, 'no connection', FAULT),
  host(HOST_BUS_BUSY, 'bus busy', doubtful(30, 'period')),
  host(HOST_TIMEOUT, 'time-out', { ...BASE, probe: true, transient: true }),
  host(0x4, 'bad target', UP),
  host(0x5, 'aborted', UP),
  host(0x6, 'parity error', { ...BASE, transient: true }),
  host(HOST_ERROR, 'internal error', doubtful(5, 'none')),
  host(HOST_RESET, 'reset', retry(1, 'none')),
  host(0xb, 'soft error', doubtful(30, 'none')),
  // The code is Linux's DID_IMM_RETRY, "retry without decrementing retry count" (from memory): a
  // transport that may still find its target again says when to stop, by another status.
  host(HOST_RETRY, 'repeat', doubtful(FOREVER, 'period')),

  device(0x04, 'condition met', UP),
  device(BUSY, 'busy', retry(FOREVER, 'busy')),
  device(RESERVATION_CONFLICT, 'reservation conflict', retry(80, 'conflict')),
  device(0x22, 'command terminated', retry(5, 'none')),
  device(TASK_SET_FULL, 'task set full', retry(FOREVER, 'full')),
  device(0x30, 'auto contingent allegiance active', retry(5, 'period')),
  device(TASK_ABORTED, 'task aborted', retry(1, 'none')),

  plugin(PLUGIN_TRANSIENT, 'transient', retry(FOREVER, 'period')),
  plugin(0x2, 'snapshot', UP),
  plugin(0x3, 'reservation lost', UP),
  plugin(0x4, 'queue again', retry(FOREVER, 'none')),
  plugin(0x5, 'miscompare', UP),
  plugin(0x6, 'thin pool is growing', retry(FOREVER, 'period')),
  plugin(0x7, 'thin pool at its quota', UP),
  plugin(0x8, 'no space', UP),

  sense('02/04/00', 'not ready', NOT_READY),
  sense('02/04/01', 'becoming ready', NOT_READY),
  sense('02/04/02', 'start unit required', { ...NOT_READY, action: 'start' }),
  sense('02/04/03', 'manual intervention: passive controller', REFRESH),
  sense('02/04/0A', 'access state in transition', REFRESH),
  sense('02/04/0B', 'port in standby', REFRESH),
  sense('02/04/0C', 'port unavailable', REFRESH),
  sense('02/04/12', 'offline', REFRESH),
  sense('02/04/14', 'space allocation in progress', NOT_READY),
  sense('02/xx/xx', 'not ready for other reasons', UP),
  sense('03/xx/xx', 'medium error', UP),
  sense('04/3E/01', 'logical unit failure', LOSS),
  sense('04/3E/03', 'logical unit failed self-test', LOSS),
  sense('04/4C/00', 'logical unit failed self-configuration', LOSS),
  sense('04/xx/xx', 'hardware error', retry(5, 'none')),
  sense('05/25/00', 'logical unit not supported', LOSS),
  sense('05/94/01', 'passive controller (LSI)', REFRESH),
  sense('05/xx/xx', 'illegal request', UP),
  sense('06/2A/06', 'access state changed', { ...REFRESH, attention: true }),
  sense('06/xx/xx', 'unit attention', ATTENTION),
  sense('07/xx/xx', 'data protect', UP),
  sense('0A/xx/xx', 'copy aborted', UP),
  sense('0B/xx/xx', 'aborted command', retry(5, 'none')),
  sense('0E/xx/xx', 'miscompare', UP),
];
