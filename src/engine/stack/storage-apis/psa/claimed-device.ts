import type { ArrayPlan, LunPlan } from '../../../plan/plan.js';
import type { ClaimedDevice } from './claim-rules.js';

/** Device models without moving parts. */
const FLASH: readonly string[] = ['ssd', 'nvme'];

/** What claim rules see of a LUN. A shelf of disks on SAS or NVMe is inside its host. */
export function claimedDevice(array: ArrayPlan, lun: LunPlan): ClaimedDevice {
  const { vendor, product: model, transport, access, kind } = array;
  const disk = array.pools.find(({ name }) => name === lun.pool)?.disk.model ?? '';
  const local = kind === 'jbod' && (transport === 'sas' || transport === 'nvme');
  return {
    vendor,
    model,
    transport,
    tpgs: access === 'alua',
    passive: access === 'active-passive',
    localFlash: local && FLASH.includes(disk),
  };
}
