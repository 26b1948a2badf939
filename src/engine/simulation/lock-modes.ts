import { InputError } from '../core/errors.js';
import type { DiskArray } from '../devices/array/disk-array.js';
import type { DatastorePlan, LockMode } from '../plan/plan.js';
import type { BuiltHost } from './build-hosts.js';

/**
 * How hosts lock a VMFS volume: as the plan says, or else as a host formats one: ATS-only where devices and
 * hosts all take ATS (stack-lower reference, 6.1), which VMFS 3 never is (stack-upper reference, 4).
 * @throws InputError for an ATS-only volume that a host could not mount
 */
export function lockModeOf(
  plan: DatastorePlan,
  hosts: ReadonlyMap<string, BuiltHost>,
  arrays: ReadonlyMap<string, DiskArray>,
): LockMode {
  const problem = whyNoAts(plan, hosts, arrays);
  if (plan.locking !== 'ats-only') {
    const onlyAts = problem === undefined && plan.version !== 3;
    return plan.locking ?? (onlyAts ? 'ats-only' : 'ats+scsi');
  }
  if (problem === undefined) return plan.locking;
  throw InputError.of(
    `datastore ${plan.name}`,
    `ATS-only VMFS volume not mounted: ${problem}`,
    'give it "locking: ats+scsi", or an array with "vaai: { ats: true }"',
  );
}

function whyNoAts(
  { extents, hosts: names }: DatastorePlan,
  hosts: ReadonlyMap<string, BuiltHost>,
  arrays: ReadonlyMap<string, DiskArray>,
): string | undefined {
  for (const array of arrays.values()) {
    const device = array.plan.vaai.ats ? undefined : extents.find((uid) => array.luns.has(uid));
    if (device !== undefined) return `device ${device} does not support ATS`;
  }
  const setting = 'VMFS3.HardwareAcceleratedLocking';
  const host = names.find((name) => !hosts.get(name)?.settings.on(setting));
  return host === undefined ? undefined : `${setting} is off on ${host}`;
}
