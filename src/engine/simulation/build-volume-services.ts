import type { Sim } from '../core/sim.js';
import type { DiskArray } from '../devices/array/disk-array.js';
import type { DatastorePlan, Plan } from '../plan/plan.js';
import type { BuiltDatastores } from './build-datastores.js';
import type { BuiltDevice, BuiltHost } from './build-hosts.js';
import type { BuiltVms } from './build-vms.js';
import { DatastoreAdmin } from './datastore-admin.js';
import { setDead } from './dead-host.js';
import { DeviceUsers } from './device-users.js';
import type { DiskOperations } from './disk-operations.js';
import { StorageAdmin } from './storage-admin.js';
import { rawUserOf, VolumeAdmin } from './volume-admin.js';
import { VolumeCopies } from './volume-copies.js';

export interface VolumeServiceParts {
  readonly plan: Plan;
  /** Of all datastores; those of copies that hosts mount join them. */
  readonly plans: DatastorePlan[];
  readonly hosts: ReadonlyMap<string, BuiltHost>;
  readonly arrays: ReadonlyMap<string, DiskArray>;
  readonly built: BuiltDatastores;
  readonly vms: BuiltVms;
  readonly operations: DiskOperations;
  /** Told of a datastore that has a further extent. */
  readonly onExtended: (datastore: string) => void;
  /** A host has found further devices. */
  readonly onFound: (host: string, devices: readonly BuiltDevice[]) => void;
}

export interface VolumeServices {
  readonly volumeAdmin: VolumeAdmin;
  readonly copies: VolumeCopies;
  readonly stores: DatastoreAdmin;
  readonly storage: StorageAdmin;
}

/** Wires what administrators do with devices, volumes and datastores: each asks the others first. */
export function buildVolumeServices(sim: Sim, parts: VolumeServiceParts): VolumeServices {
  const { plan, plans, hosts, arrays, built, vms, operations, onExtended, onFound } = parts;
  const { datastores, volumes, ownIo: own, fileSystems, open } = built;
  const volumeAdmin = new VolumeAdmin(sim, {
    ...{ hosts, arrays, volumes, own, onExtended },
    rawUserOf: (uid) => rawUserOf(plan.vms, uid),
  });
  const copies = new VolumeCopies(sim, {
    ...{ hosts, arrays, volumes, own, open },
    onOpened: (opened) => void plans.push(opened),
  });
  const stores = new DatastoreAdmin(sim, {
    ...{ plans, datastores, fileSystems, ...vms },
    onRefresh: (datastore) => volumeAdmin.refresh(datastore),
    refusalOf: (host, datastore) => {
      const what = volumeAdmin.refusalOf(host, datastore);
      if (what !== undefined) return { what, hint: 'bring it back, then rescan' };
      return copies.refusalOf(host, datastore);
    },
    onDeath: (host, isDead) => {
      setDead({ hosts, ...vms, operations }, host, isDead);
      if (isDead) return;
      volumeAdmin.booted(host);
      storage.booted(host);
    },
  });
  const users = new DeviceUsers({
    ...{ volumes, plans: plan.vms, vms: vms.vms },
    filesOn: (host, datastore) => stores.filesOn(host, datastore),
  });
  for (const [host, { devices }] of hosts) users.countOn(host, devices.values());
  const storage = new StorageAdmin(sim.log, {
    ...{ hosts, arrays, users },
    isDead: (host) => stores.isDead(host),
    onSnapshot: (lun, snapshot, isThere) => {
      if (isThere) copies.taken(lun, snapshot);
      else copies.deleted(lun, snapshot);
    },
    onFound: (host, fresh) => {
      users.countOn(host, fresh);
      onFound(host, fresh);
    },
    onRescan: (host, devices) => {
      volumeAdmin.rescanned(host, devices);
      copies.rescanned(host, devices);
    },
  });
  return { volumeAdmin, copies, stores, storage };
}
