import {
  BUSY,
  CHECK_CONDITION,
  deviceOf,
  HOST_BUS_BUSY,
  HOST_ERROR,
  HOST_NO_CONNECT,
  HOST_RESET,
  HOST_RETRY,
  HOST_TIMEOUT,
  hostOf,
  PLUGIN_TRANSIENT,
  pluginOf,
  SENSE_ALUA_STATE_CHANGED,
  SENSE_LUN_NOT_SUPPORTED,
  SENSE_NOT_READY_TRANSITION,
  SENSE_STANDBY,
  SENSE_THIN_SOFT_THRESHOLD,
  sense,
  TASK_ABORTED,
  TASK_SET_FULL,
} from '../../../core/status.js';

/** How long a command waits before it is sent again. */
export type Pause = 'none' | 'busy' | 'full' | 'period';

/**
 * What multipathing does with a command that failed.
 * - `up`: the layers above decide
 * - `retry`: sent again after a pause, at most `limit` times
 * - `fault`: the path is in doubt; held until a probe has told
 * - `refresh`: access states changed; held until every path has been asked
 * - `loss`: the LUN is gone for good on this path
 */
export interface Verdict {
  readonly action: 'up' | 'retry' | 'fault' | 'refresh' | 'loss';
  readonly limit: number;
  readonly pause: Pause;
  /** Ask the path with a TEST UNIT READY whether it is still there. */
  readonly probe: boolean;
}

function retry(limit: number, pause: Pause, probe = false): Verdict {
  return { action: 'retry', limit, pause, probe };
}

const FOREVER = Number.POSITIVE_INFINITY;

const UP: Verdict = { action: 'up', limit: 0, pause: 'none', probe: false };
const UP_AND_PROBE: Verdict = { action: 'up', limit: 0, pause: 'none', probe: true };
const FAULT: Verdict = { action: 'fault', limit: FOREVER, pause: 'none', probe: true };
const REFRESH: Verdict = { action: 'refresh', limit: FOREVER, pause: 'none', probe: true };
const LOSS: Verdict = { action: 'loss', limit: FOREVER, pause: 'none', probe: false };

/** Limits are model: the product documents only "limited" (stack-lower reference, 4.1 to 4.3). */
const TRANSIENT = retry(FOREVER, 'period');
const BUS_RETRIES = retry(30, 'period', true);
const ERROR_RETRIES = retry(5, 'none', true);
const RESET_RETRY = retry(1, 'none');
const BUSY_RETRIES = retry(FOREVER, 'busy');
const FULL_RETRIES = retry(FOREVER, 'full');
const NOT_READY = retry(FOREVER, 'period');
/** Several attentions may be pending on a nexus, and each command takes one of them away. */
const ATTENTION = retry(8, 'none');
const ABORTED_RETRIES = retry(5, 'none');

/** Standby, unavailable, offline, or the passive controller of an older array. */
const REFRESHING: readonly number[] = [
  SENSE_NOT_READY_TRANSITION,
  SENSE_STANDBY,
  SENSE_ALUA_STATE_CHANGED,
  sense(0x02, 0x04, 0x03),
  sense(0x02, 0x04, 0x0c),
  sense(0x02, 0x04, 0x12),
  sense(0x05, 0x94, 0x01),
];

/** Sense that means "permanently lost": the first is documented, the others from memory. */
const PERMANENT: readonly number[] = [
  SENSE_LUN_NOT_SUPPORTED,
  sense(0x04, 0x4c, 0x00),
  sense(0x04, 0x3e, 0x03),
  sense(0x04, 0x3e, 0x01),
];

/** True for sense data with which a target says that the LUN will not come back. */
export function isPermanentLoss(senseData: number): boolean {
  return PERMANENT.includes(senseData);
}

/** The retry table: plug-in status before host status before device status. */
export function judge(status: number, senseData: number): Verdict {
  const plugin = pluginOf(status);
  if (plugin !== 0) return plugin === PLUGIN_TRANSIENT ? TRANSIENT : UP;
  switch (hostOf(status)) {
    case 0:
      return judgeDevice(deviceOf(status), senseData);
    case HOST_NO_CONNECT:
      return FAULT;
    case HOST_BUS_BUSY:
    case HOST_RETRY:
      return BUS_RETRIES;
    case HOST_ERROR:
      return ERROR_RETRIES;
    case HOST_RESET:
      return RESET_RETRY;
    case HOST_TIMEOUT:
      return UP_AND_PROBE;
    default:
      return UP;
  }
}

function judgeDevice(device: number, senseData: number): Verdict {
  if (device === BUSY) return BUSY_RETRIES;
  if (device === TASK_SET_FULL) return FULL_RETRIES;
  if (device === TASK_ABORTED) return RESET_RETRY;
  if (device !== CHECK_CONDITION) return UP;
  if (isPermanentLoss(senseData)) return LOSS;
  if (REFRESHING.includes(senseData)) return REFRESH;
  const key = senseData >>> 16;
  if (key === 0x02) return isBecomingReady(senseData) ? NOT_READY : UP;
  if (key === 0x04) return ABORTED_RETRIES;
  if (key === 0x06) return ATTENTION;
  if (key === 0x0b) return ABORTED_RETRIES;
  return UP;
}

/** 02/04/00, 01, 02: not ready yet; 02/04/14: the array is making room. */
function isBecomingReady(senseData: number): boolean {
  const code = senseData & 0xffff;
  return code === 0x0400 || code === 0x0401 || code === 0x0402 || code === 0x0414;
}

/** True for tries that use up a limit: not those that only wait for room or for a path. */
export function isCounted(verdict: Verdict): boolean {
  return verdict.action === 'retry' && verdict.pause !== 'busy' && verdict.pause !== 'full';
}

/** True for unit attentions that Disk.RetryUnitAttention governs. */
export function isAttention(verdict: Verdict): boolean {
  return verdict === ATTENTION;
}

/** True when a thin pool crossed its soft threshold. */
export function isSoftThreshold(senseData: number): boolean {
  return senseData === SENSE_THIN_SOFT_THRESHOLD;
}
