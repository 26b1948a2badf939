import type { AlarmPlan, DatastorePlan, HostPlan, ReclaimPlan } from '../../engine/plan/plan.js';
import { SETTINGS } from '../../engine/stack/settings.js';
import type { DatastoreText } from '../schema.js';
import type { Path } from '../source.js';
import type { Context } from './context.js';

const MB = 1024 * 1024;

/**
 * Rates of automatic UNMAP, bytes per second: those of the reference (stack-upper, 8.1). "More than
 * 100 MB/s" is taken as up to twice that (model).
 */
const RATES = {
  low: { busyBytesPerSecond: 25 * MB, idleBytesPerSecond: 50 * MB },
  medium: { busyBytesPerSecond: 50 * MB, idleBytesPerSecond: 100 * MB },
  high: { busyBytesPerSecond: 100 * MB, idleBytesPerSecond: 200 * MB },
} as const;
const FIXED_LEAST = 100 * MB;
const FIXED_MOST = 2000 * MB;
const DEFAULT_AFTER_NS = 12 * 3600e9;

const VOLUME_LIMITS = [
  ['NFS.MaxVolumes', 3],
  ['NFS41.MaxVolumes', 4.1],
] as const;

type Care = Pick<DatastorePlan, 'version' | 'locking' | 'alarms' | 'reclaim'>;

/** Version of a datastore, how it is locked, its alarms, and what becomes of its freed blocks. */
export function careOf(context: Context, text: DatastoreText, path: Path): Care {
  const { version, locking, alarms } = text;
  const isNfs = text.server !== undefined || text.type === 'nfs';
  if (version !== undefined && !(isNfs ? [3, 4.1] : [3, 5, 6]).includes(version)) {
    const [type, known] = isNfs ? ['NFS', '3 or 4.1'] : ['VMFS', '3, 5 or 6'];
    context.report([...path, 'version'], `${version} is no version of ${type}`, `use ${known}`);
  }
  if (isNfs && locking !== undefined) {
    context.report([...path, 'locking'], 'is for VMFS', 'remove it: the server keeps the locks');
  }
  if (!isNfs && version === 3 && locking === 'ats-only') {
    context.report([...path, 'locking'], 'VMFS 3 is never ATS-only', 'use ats+scsi');
  }
  if (alarms !== undefined && alarms.yellow > alarms.red) {
    context.report([...path, 'alarms', 'yellow'], 'is above "red"', 'yellow comes first');
  }
  const reclaim = reclaimOf(context, text, path);
  return {
    ...(version !== undefined && { version }),
    ...(locking !== undefined && { locking }),
    ...(alarms !== undefined && { alarms: alarmsOf(alarms) }),
    ...(reclaim !== undefined && { reclaim }),
  };
}

function reclaimOf(context: Context, text: DatastoreText, path: Path): ReclaimPlan | undefined {
  const at = [...path, 'reclaim'];
  const { version, reclaim } = text;
  if (version !== 6) {
    if (reclaim !== undefined) {
      context.report(at, 'only VMFS 6 unmaps by itself', 'add "version: 6", or remove it');
    }
    return undefined;
  }
  const { priority, rate, after } = reclaim ?? { priority: 'low', after: DEFAULT_AFTER_NS };
  if (priority === 'none') return undefined;
  if (priority !== 'fixed') {
    if (rate !== undefined) context.report([...at, 'rate'], 'goes with "priority: fixed" only');
    return { priority, ...RATES[priority], afterNs: after };
  }
  if (rate === undefined || rate < FIXED_LEAST || rate > FIXED_MOST) {
    context.report([...at, 'rate'], 'priority fixed needs a rate from 100MB/s to 2000MB/s');
    return undefined;
  }
  return { priority, busyBytesPerSecond: rate, idleBytesPerSecond: rate, afterNs: after };
}

function alarmsOf(text: NonNullable<DatastoreText['alarms']>): AlarmPlan {
  const { yellow, red, hysteresis, refresh } = text;
  return { yellow, red, hysteresis, refreshNs: refresh };
}

/** A host mounts no more NFS datastores of a version than its settings allow. */
export function checkVolumes(
  context: Context,
  datastores: readonly DatastorePlan[],
  hosts: Iterable<HostPlan>,
): void {
  for (const { name, settings } of hosts) {
    for (const [setting, version] of VOLUME_LIMITS) {
      const own = datastores.filter(
        (plan) =>
          plan.type === 'nfs' && (plan.version ?? 3) === version && plan.hosts.includes(name),
      );
      const most = settings[setting] ?? SETTINGS[setting].default;
      if (own.length <= most) continue;
      context.report(
        ['datastores'],
        `${name} mounts ${own.length} NFS ${version} datastores, but ${setting} is ${most}`,
        `raise ${setting} (to ${SETTINGS[setting].max} at most), or mount fewer`,
      );
    }
  }
}
