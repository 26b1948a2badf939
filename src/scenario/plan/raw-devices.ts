import type { DatastorePlan, DiskPlan, HostPlan } from '../../engine/plan/plan.js';
import type { DiskText } from '../schema.js';
import type { Path } from '../source.js';
import type { LunPlace } from './arrays.js';
import type { Context } from './context.js';
import { findLun } from './datastores.js';

/** LUNs that VMs reach as they are: each by one disk, none of a datastore. */
export class RawDevices {
  private readonly taken = new Map<string, string>();

  constructor(
    private readonly context: Context,
    private readonly luns: ReadonlyMap<string, LunPlace>,
    private readonly datastores: ReadonlyMap<string, DatastorePlan>,
  ) {}

  /** What a disk's `rdm` makes of it; nothing for disks in files. */
  plan(
    text: DiskText,
    vm: string,
    host: HostPlan | undefined,
    path: Path,
  ): Pick<DiskPlan, 'rawDevice' | 'sizeBytes' | 'kind' | 'writtenBytes'> | undefined {
    if (text.rdm === undefined) return undefined;
    const at = [...path, 'rdm', 'lun'];
    const found = findLun(this.context, this.luns, text.rdm.lun, at);
    if (found === undefined) return undefined;
    const { uid, sizeBytes } = found.lun;
    const datastore = [...this.datastores.values()].find(({ extents }) => extents.includes(uid));
    const other = this.taken.get(uid);
    if (datastore !== undefined) {
      this.context.report(at, `the LUN is an extent of ${datastore.name}`, 'map another LUN');
    } else if (other !== undefined) {
      this.context.report(at, `the LUN is mapped by ${other} already`, 'map another LUN');
    } else if (host !== undefined && !host.paths.some(({ lun }) => lun === uid)) {
      this.context.report(at, `${vm} runs on ${host.name}, which does not see the LUN`);
    }
    this.taken.set(uid, vm);
    const physical = text.rdm.mode === 'physical';
    return { rawDevice: { uid, physical }, sizeBytes, kind: 'lazyThick', writtenBytes: 0 };
  }
}
