import type { Sim } from '../core/sim.js';
import type { DiskArray } from '../devices/array/disk-array.js';
import type { NfsServer } from '../devices/nfs-server.js';
import type { MoverStore } from '../operations/store.js';
import type { DatastorePlan } from '../plan/plan.js';
import { OwnIo } from '../stack/block/own-io.js';
import { VolumeLayout } from '../stack/block/volume-layout.js';
import type { FileHandle } from '../stack/files.js';
import type { Datastore } from '../stack/filesystem/datastore.js';
import { FileNumbers } from '../stack/filesystem/file.js';
import { FileSystemSwitch } from '../stack/filesystem/file-system-switch.js';
import type { Mount } from '../stack/filesystem/mount.js';
import { NfsVolume } from '../stack/filesystem/nfs/volume.js';
import { vmfsVersion } from '../stack/filesystem/vmfs/layout.js';
import type { OffloadSwitches } from '../stack/filesystem/vmfs/metadata-io.js';
import { VmfsMount } from '../stack/filesystem/vmfs/mount.js';
import { RecordedVolume } from '../stack/filesystem/vmfs/on-disk/recorded-volume.js';
import { VmfsVolume } from '../stack/filesystem/vmfs/volume.js';
import type { DeviceQueue } from '../stack/scheduler/device-queue.js';
import type { Primitive } from '../stack/storage-apis/vaai/vaai.js';
import type { BuiltDevice, BuiltHost } from './build-hosts.js';
import { buildStorageIoControl, type SiocHost } from './build-storage-io-control.js';
import { ExtentWatch } from './extent-watch.js';
import { HostVolume } from './host-volume.js';
import { lockModeOf } from './lock-modes.js';
import { mountExport } from './mount-export.js';
import { imagesOf } from './run-media.js';

/** The file systems one host has mounted. */
export class HostFileSystems {
  readonly fileSystemSwitch: FileSystemSwitch;
  private readonly mounts = new Map<string, Mount>();
  private readonly queues = new Map<string, readonly DeviceQueue[]>();
  /** As the host's data mover reaches them. */
  readonly stores = new Map<string, MoverStore>();

  constructor(sim: Sim, host: string) {
    this.fileSystemSwitch = new FileSystemSwitch(sim, { host });
  }

  /** @param queues of the datastore's devices */
  add(datastore: string, store: MoverStore, queues: readonly DeviceQueue[]): void {
    this.mounts.set(datastore, store.mount);
    this.stores.set(datastore, store);
    this.queues.set(datastore, queues);
  }

  mountOf(datastore: string): Mount | undefined {
    return this.mounts.get(datastore);
  }

  /** The queues that commands for a datastore may pass. */
  queuesOf(datastore: string): readonly DeviceQueue[] {
    return this.queues.get(datastore) ?? [];
  }

  /** @param traffic counters of TRAFFIC_FIELDS kept of this file */
  open(file: FileHandle, datastore: string, traffic?: Float64Array): void {
    this.fileSystemSwitch.open(file, this.mounts.get(datastore) as Mount, traffic);
  }

  close(file: FileHandle): void {
    this.fileSystemSwitch.close(file);
  }

  isFree(file: FileHandle): boolean {
    return this.fileSystemSwitch.mountOf(file).isFree(file);
  }

  setLocked(file: FileHandle, on: boolean): void {
    const mount = this.fileSystemSwitch.mountOf(file);
    if (on) mount.open(file);
    else mount.close(file);
  }
}

/** A VMFS volume, with the hosts that mount it. */
export interface BuiltVolume {
  readonly volume: VmfsVolume;
  readonly layout: VolumeLayout;
  readonly hosts: Map<string, VolumeOnHost>;
}

export interface VolumeOnHost {
  readonly known: HostVolume;
  readonly mount: VmfsMount;
  readonly watch: ExtentWatch;
  /** Number of the host on the volume. */
  readonly slot: number;
}

/**
 * Makes a VMFS datastore during a run, which no host has mounted yet; the function it returns mounts it on
 * a host.
 */
export type OpenVolume = (
  plan: DatastorePlan,
  layout: VolumeLayout,
  make: (numbers: FileNumbers) => VmfsVolume,
) => (host: string) => void;

export interface BuiltDatastores {
  readonly datastores: ReadonlyMap<string, Datastore>;
  /** The VMFS datastores. */
  readonly volumes: ReadonlyMap<string, BuiltVolume>;
  readonly fileSystems: ReadonlyMap<string, HostFileSystems>;
  readonly ownIo: OwnIo;
  readonly open: OpenVolume;
}

/** Makes every datastore and mounts it on its hosts. */
export function buildDatastores(
  sim: Sim,
  plans: readonly DatastorePlan[],
  hosts: ReadonlyMap<string, BuiltHost>,
  servers: ReadonlyMap<string, NfsServer>,
  arrays: ReadonlyMap<string, DiskArray>,
): BuiltDatastores {
  const images = imagesOf(arrays);
  const lunBlocks = new Map(
    [...arrays.values()].flatMap(({ luns }) =>
      [...luns.values()].map(({ uid, sizeBlocks }) => [uid, sizeBlocks] as const),
    ),
  );
  const datastores = new Map<string, Datastore>();
  const volumes = new Map<string, BuiltVolume>();
  const ownIo = new OwnIo(sim);
  const fileSystems = new Map<string, HostFileSystems>();
  for (const name of hosts.keys()) fileSystems.set(name, new HostFileSystems(sim, name));
  const numbers = new FileNumbers();
  for (const plan of plans) {
    const mountOn = plan.type === 'nfs' ? exportOf(plan) : plannedVolume(plan);
    const mounts = plan.hosts.map((name) => mountOn(hosts.get(name) as BuiltHost));
    for (const { name, store, queues } of mounts) {
      fileSystems.get(name)?.add(plan.name, store, queues);
    }
    const datastore = datastores.get(plan.name) as Datastore;
    if (plan.sioc) buildStorageIoControl(sim, plan.sioc, datastore, mounts);
  }
  return { datastores, volumes, ownIo, fileSystems, open };

  function exportOf(plan: DatastorePlan): (host: BuiltHost) => MountedHost {
    const server = servers.get(plan.server) as NfsServer;
    const volume = new NfsVolume(sim, plan, numbers, server.plugin);
    datastores.set(plan.name, volume);
    return (host) => mountExport(sim, volume, server, host);
  }

  function plannedVolume(plan: DatastorePlan): (host: BuiltHost) => MountedHost {
    const sizes = plan.extents.map((uid) => [uid, lunBlocks.get(uid) as number] as const);
    const layout = new VolumeLayout(sizes);
    const locking = lockModeOf(plan, hosts, arrays);
    return volumeOf(plan, layout, () => makeVolume({ ...plan, locking }, layout.blocks));
  }

  function open(
    plan: DatastorePlan,
    layout: VolumeLayout,
    make: (numbers: FileNumbers) => VmfsVolume,
  ): (host: string) => void {
    const mountOn = volumeOf(plan, layout, make);
    return (host) => {
      const { store, queues } = mountOn(hosts.get(host) as BuiltHost);
      fileSystems.get(host)?.add(plan.name, store, queues);
    };
  }

  /** With bytes where all of its extents keep them. */
  function makeVolume(plan: DatastorePlan, blocks: number): VmfsVolume {
    const own = plan.extents.flatMap((uid) => images.get(uid) ?? []);
    if (own.length < plan.extents.length) return new VmfsVolume(sim, plan, numbers, blocks);
    return RecordedVolume.open(sim, plan, numbers, own);
  }

  function volumeOf(
    plan: DatastorePlan,
    layout: VolumeLayout,
    make: (numbers: FileNumbers) => VmfsVolume,
  ): (host: BuiltHost) => MountedHost {
    const volume = make(numbers);
    datastores.set(plan.name, volume);
    const built: BuiltVolume = { volume, layout, hosts: new Map() };
    volumes.set(plan.name, built);
    const major = vmfsVersion(plan.version);
    return (host) => {
      const { plan: own, settings } = host;
      const { name } = own;
      const known = new HostVolume(sim, host, { datastore: plan.name, layout, major, own: ownIo });
      const { lvm, queues, extents } = known;
      const offload = switchesOf(layout, host);
      const atsHeartbeat = major > 3 && settings.on('VMFS3.UseATSForHBOnVMFS5');
      const passesUnmap = major === 5 && settings.on('VMFS3.EnableBlockDelete');
      const reservationNs = settings.ns('Disk.DiskReservationThreshold');
      const extentAt = (block: number): number => layout.extentAt(block);
      const reserving = { extentAt, reservationNs };
      const options = { host: name, offload, atsHeartbeat, passesUnmap, ...reserving };
      const mount = new VmfsMount(sim, options, volume, lvm);
      const deviceOf = (uid: string): BuiltDevice => known.device(uid);
      const watched = { host: name, datastore: plan.name, layout, deviceOf };
      const watch = new ExtentWatch(sim, watched, mount);
      built.hosts.set(name, { known, mount, watch, slot: built.hosts.size });
      const store = { datastore: volume, mount, vmfs: { datastore: volume, volume: lvm, extents } };
      return { name, settings, mount, store, volume: lvm, queues };
    };
  }
}

/** What VMFS may leave to all devices of a volume; each remembers what it has refused. */
function switchesOf({ devices }: VolumeLayout, host: BuiltHost): OffloadSwitches {
  const supported = (primitive: Primitive): boolean => {
    for (const uid of devices) {
      if (host.devices.get(uid)?.psa.vaai.supports(primitive) === false) return false;
    }
    return true;
  };
  return {
    get locking() {
      return supported('ats');
    },
    get init() {
      return supported('zero');
    },
  };
}

/** A host with the datastore it has mounted. */
export interface MountedHost extends SiocHost {
  readonly store: MoverStore;
}
