import type { Sim } from '../core/sim.js';
import type { DiskArray } from '../devices/array/disk-array.js';
import { type Subject, VasaMonitor } from '../stack/storage-apis/vasa/monitor.js';
import { VasaProvider } from '../stack/storage-apis/vasa/provider.js';
import type { BuiltVolume } from './build-datastores.js';
import type { BuiltDisk } from './build-vms.js';

/** A provider and its monitor for every array; hosts' own disks and NFS servers have none. */
export function buildVasa(
  sim: Sim,
  volumes: ReadonlyMap<string, BuiltVolume>,
  arrays: ReadonlyMap<string, DiskArray>,
  disks: ReadonlyMap<number, BuiltDisk>,
): ReadonlyMap<string, VasaProvider> {
  const providers = new Map<string, VasaProvider>();
  for (const [name, array] of arrays) {
    if (array.plan.kind !== 'array') continue;
    const provider = new VasaProvider(sim, array);
    new VasaMonitor(sim, provider, () => subjectsOn(volumes, array, disks));
    providers.set(name, provider);
  }
  return providers;
}

/** Virtual disks with requirements on datastores that lie on the array. */
function subjectsOn(
  volumes: ReadonlyMap<string, BuiltVolume>,
  array: DiskArray,
  disks: ReadonlyMap<number, BuiltDisk>,
): Subject[] {
  return [...disks.values()].flatMap(({ vm, plan: { name, policy }, backing }) => {
    if (policy?.require === undefined) return [];
    const extents = volumes.get(backing.datastore.name)?.layout.devices ?? [];
    const uids = extents.filter((uid) => array.luns.has(uid));
    const disk = `${vm.name}:${name}`;
    return uids.length === 0
      ? []
      : [{ disk, policy: policy.name, requirements: policy.require, uids }];
  });
}
