import {
  CHECK_CONDITION,
  deviceOf,
  hostOf,
  pluginOf,
  SENSE_THIN_SOFT_THRESHOLD,
} from '../../../core/status.js';
import { RETRY_TABLE, UP, type Verdict } from './retry-table.js';

const rows = new Map(RETRY_TABLE.map(({ on, verdict }) => [on, verdict]));
const hex = (value: number): string => value.toString(16).padStart(2, '0').toUpperCase();

/** Looks a failure up in the retry table: plug-in status before host status before device status. */
export function judge(status: number, senseData: number): Verdict {
  const plugin = pluginOf(status);
  if (plugin !== 0) return rows.get(`P:${hex(plugin)}`) ?? UP;
  const host = hostOf(status);
  if (host !== 0) return rows.get(`H:${hex(host)}`) ?? UP;
  const device = deviceOf(status);
  if (device !== CHECK_CONDITION) return rows.get(`D:${hex(device)}`) ?? UP;
  const key = hex(senseData >>> 16);
  const exact = `${key}/${hex((senseData >>> 8) & 0xff)}/${hex(senseData & 0xff)}`;
  return rows.get(exact) ?? rows.get(`${key}/xx/xx`) ?? UP;
}

/** True for sense data with which a target says that the LUN will not come back. */
export function isPermanentLoss(senseData: number): boolean {
  return judge(CHECK_CONDITION << 8, senseData).action === 'loss';
}

/** True for tries that use up a limit: not those that only wait for room or for a path. */
export function isCounted(verdict: Verdict): boolean {
  if (verdict.action !== 'retry' && verdict.action !== 'start') return false;
  return verdict.pause !== 'busy' && verdict.pause !== 'full';
}

/** True when a thin pool crossed its soft threshold. */
export function isSoftThreshold(senseData: number): boolean {
  return senseData === SENSE_THIN_SOFT_THRESHOLD;
}
