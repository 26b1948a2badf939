import type { Layer } from '../core/layer.js';
import type { Sim } from '../core/sim.js';
import type { DiskPlan, VmPlan } from '../plan/plan.js';
import type { DatastoreFiles } from '../stack/files.js';
import type { Datastore } from '../stack/filesystem/datastore.js';
import { PolicyFilter } from '../stack/io-filters/policy-filter.js';
import type { Settings } from '../stack/settings.js';
import { TaskManager } from '../stack/task-management/task-manager.js';
import { Home } from '../stack/vmfiles/home.js';
import { VirtualDisk } from '../stack/vmfiles/virtual-disk.js';
import { Vm } from '../stack/vmfiles/vm.js';
import type { AdapterType } from '../stack/vscsi/adapter-type.js';
import { ADAPTER_TYPES } from '../stack/vscsi/index.js';
import { VirtualAdapter } from '../stack/vscsi/virtual-adapter.js';
import { VirtualScsiDisk } from '../stack/vscsi/virtual-scsi-disk.js';
import { GuestDiskDriver } from '../workloads/guest-disk-driver.js';
import type { HostFileSystems } from './build-datastores.js';
import type { BuiltDevice, BuiltHost } from './build-hosts.js';
import { HomeText } from './export/home-text.js';

/** Entries of a ring of 32 pages, the largest there is (stack-upper 19). */
const RING_MAX = 1024;

/** A virtual disk as its guests reach it. */
export interface BuiltDisk {
  /** What stays as it was planned; where the disk lies, its kind and its size its `backing` knows. */
  readonly plan: Omit<DiskPlan, 'datastore' | 'kind' | 'sizeBytes' | 'writtenBytes'>;
  readonly vm: Vm;
  /** Where they submit. */
  readonly front: Layer & { readonly sizeBlocks: number };
  /** The disk as files. */
  readonly backing: VirtualDisk;
}

export interface BuiltVms {
  readonly vms: ReadonlyMap<string, Vm>;
  /** By index of the disk. */
  readonly disks: ReadonlyMap<number, BuiltDisk>;
  /** Files of each machine, by its name. */
  readonly homes: ReadonlyMap<string, Home>;
  /** What their small files say where bytes are kept, by the same name. */
  readonly texts: ReadonlyMap<string, HomeText>;
  /** Task management of a host. */
  readonly tasksOf: (host: string) => TaskManager;
}

/** Makes the virtual machines: files, open handles, disks and virtual adapters. */
export function buildVms(
  sim: Sim,
  plans: readonly VmPlan[],
  datastores: ReadonlyMap<string, Datastore>,
  fileSystemsOf: ReadonlyMap<string, HostFileSystems>,
  hosts: ReadonlyMap<string, BuiltHost>,
): BuiltVms {
  const managers = new Map<string, TaskManager>();
  const tasksOf = (host: string): TaskManager => {
    const { settings } = hosts.get(host) as BuiltHost;
    const tasks = managers.get(host) ?? new TaskManager(sim, host, settings);
    managers.set(host, tasks);
    return tasks;
  };
  const vms = new Map<string, Vm>();
  const disks = new Map<number, BuiltDisk>();
  const homes = new Map<string, Home>();
  const texts = new Map<string, HomeText>();
  for (const plan of plans) {
    const fileSystems = fileSystemsOf.get(plan.host) as HostFileSystems;
    const { name, host, world, isOff = false } = plan;
    const vm = new Vm(sim, { name, host, world, isOff });
    vms.set(plan.name, vm);
    const keeps = (name: string): boolean =>
      (datastores.get(name) as DatastoreFiles | undefined)?.keepsBytes === true;
    const text = new HomeText(sim, plan, keeps);
    texts.set(plan.name, text);
    const home = new Home(sim, plan, datastores, text.newContent);
    homes.set(plan.name, home);
    const lower: Layer = fileSystems.fileSystemSwitch;
    const { devices } = hosts.get(plan.host) as BuiltHost;
    const backings = plan.disks.map(({ name, datastore, kind, rawDevice }, position) => {
      const file = home.disks[position];
      const below =
        rawDevice === undefined
          ? lower
          : (devices.get(rawDevice.uid) as BuiltDevice).disk.openRaw();
      const files = datastores.get(datastore) as Datastore;
      return new VirtualDisk(sim, { vm, name, file, datastore: files, kind }, below);
    });
    home.openOn(
      fileSystems,
      // What goes to a raw device is no traffic of the datastore its map lies on.
      (file) => {
        const at = home.disks.indexOf(file);
        return plan.disks[at]?.rawDevice === undefined ? backings[at]?.entity.values : undefined;
      },
    );
    if (isOff) home.setLocked(false);
    const adapters = new Map<string, VirtualAdapter>();
    for (const [position, disk] of plan.disks.entries()) {
      const backing = backings[position];
      const adapter = adapterOf(sim, plan, disk.name, adapters);
      const options = { vm: plan.name, host: plan.host, adapter, plan: disk, backing };
      const { settings } = hosts.get(plan.host) as BuiltHost;
      const lowest = filtered(sim, plan, disk, settings, backing);
      const { diskTimeout } = plan;
      if (diskTimeout === undefined) {
        const front = new VirtualScsiDisk(sim, options, lowest);
        disks.set(disk.index, { plan: disk, vm, front, backing });
      } else {
        const below = new VirtualScsiDisk(sim, { ...options, tasks: tasksOf(plan.host) }, lowest);
        const guest = { ...diskTimeout, machine: vm, disk: `${plan.name}:${disk.name}` };
        const front = new GuestDiskDriver(sim, guest, below);
        disks.set(disk.index, { plan: disk, vm, front, backing });
      }
    }
  }
  return { vms, disks, homes, texts, tasksOf };
}

/** The disk behind the filter of its storage policy, if it follows one. */
function filtered(
  sim: Sim,
  { name, host }: VmPlan,
  { name: disk, datastore, policy }: DiskPlan,
  settings: Settings,
  backing: VirtualDisk,
): Layer {
  if (policy === undefined) return backing;
  const unitBytes = settings.bytes('Disk.SchedCostUnit');
  const options = { vm: name, host, disk, datastore, policy, unitBytes };
  const filter = new PolicyFilter(sim, options, backing);
  backing.onChange(() => {
    sim.meters.relabel(filter.entity, { datastore: backing.datastore.name });
  });
  return filter;
}

/** The virtual adapter of `scsi1:3`, made when its first disk asks for it. */
function adapterOf(
  sim: Sim,
  plan: VmPlan,
  disk: string,
  made: Map<string, VirtualAdapter>,
): VirtualAdapter {
  const name = disk.split(':')[0];
  const known = made.get(name);
  if (known !== undefined) return known;
  const { name: vm, host } = plan;
  const adapter = new VirtualAdapter(sim, { vm, host, name, type: typeOf(plan, name) });
  made.set(name, adapter);
  return adapter;
}

/** Guests that ask for deeper queues set up larger rings with them (stack-upper 19 and 22). */
function typeOf({ adapter, adapterTypes, queueDepth }: VmPlan, name: string): AdapterType {
  const type = ADAPTER_TYPES[adapterTypes?.[name] ?? adapter];
  if (queueDepth === undefined || type.name !== 'pvscsi') return type;
  const ringDepth = queueDepth > type.diskQueueDepth ? RING_MAX : type.ringDepth;
  return { ...type, diskQueueDepth: queueDepth, ringDepth };
}
