import type { Sim } from '../core/sim.js';
import type { DiskArray } from '../devices/array/disk-array.js';
import type { NfsServer } from '../devices/nfs-server.js';
import type { MoverStore, OffloadExtent } from '../operations/store.js';
import type { DatastorePlan } from '../plan/plan.js';
import { PARTITION_START } from '../stack/block/disk-driver.js';
import { extentsOf, type LvmExtent, LvmVolume } from '../stack/block/lvm-volume.js';
import type { FileHandle } from '../stack/files.js';
import type { Datastore } from '../stack/filesystem/datastore.js';
import { FILE_BLOCK, FileNumbers } from '../stack/filesystem/file.js';
import { FileSystemSwitch } from '../stack/filesystem/file-system-switch.js';
import type { Mount } from '../stack/filesystem/mount.js';
import { NfsVolume } from '../stack/filesystem/nfs/volume.js';
import type { OffloadSwitches } from '../stack/filesystem/vmfs/metadata-io.js';
import { VmfsMount } from '../stack/filesystem/vmfs/mount.js';
import { RecordedVolume } from '../stack/filesystem/vmfs/on-disk/recorded-volume.js';
import { VmfsVolume } from '../stack/filesystem/vmfs/volume.js';
import type { DeviceQueue } from '../stack/scheduler/device-queue.js';
import type { Primitive } from '../stack/storage-apis/vaai/vaai.js';
import type { BuiltDevice, BuiltHost } from './build-hosts.js';
import { buildStorageIoControl, type SiocHost } from './build-storage-io-control.js';
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

export interface BuiltDatastores {
  readonly datastores: ReadonlyMap<string, Datastore>;
  readonly fileSystems: ReadonlyMap<string, HostFileSystems>;
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
  const fileSystems = new Map<string, HostFileSystems>();
  for (const name of hosts.keys()) fileSystems.set(name, new HostFileSystems(sim, name));
  const numbers = new FileNumbers();
  for (const plan of plans) {
    const mountOn = plan.type === 'nfs' ? exportOf(plan) : volumeOf(plan);
    const mounts = plan.hosts.map((name) => mountOn(hosts.get(name) as BuiltHost));
    for (const { name, store, queues } of mounts) {
      fileSystems.get(name)?.add(plan.name, store, queues);
    }
    const datastore = datastores.get(plan.name) as Datastore;
    if (plan.sioc) buildStorageIoControl(sim, plan.sioc, datastore, mounts);
  }
  return { datastores, fileSystems };

  function exportOf(plan: DatastorePlan): (host: BuiltHost) => MountedHost {
    const server = servers.get(plan.server) as NfsServer;
    const volume = new NfsVolume(sim, plan, numbers, server.plugin);
    datastores.set(plan.name, volume);
    return (host) => mountExport(sim, volume, server, host);
  }

  /** With bytes where all of its extents keep them. */
  function makeVolume(plan: DatastorePlan, blocks: number): VmfsVolume {
    const own = plan.extents.flatMap((uid) => images.get(uid) ?? []);
    if (own.length < plan.extents.length) return new VmfsVolume(sim, plan, numbers, blocks);
    return RecordedVolume.open(sim, plan, numbers, own);
  }

  function volumeOf(plan: DatastorePlan): (host: BuiltHost) => MountedHost {
    const extents = extentsOf(plan.extents.map((uid) => lunBlocks.get(uid) as number));
    const blocks = extents.reduce((sum, extent) => sum + extent.blocks, 0);
    const locking = lockModeOf(plan, hosts, arrays);
    const volume = makeVolume({ ...plan, locking }, blocks);
    let end = 0;
    const extentEnds = extents.map((extent) => {
      end += extent.blocks;
      return end;
    });
    datastores.set(plan.name, volume);
    return ({ plan: { name }, settings, devices }) => {
      const own = plan.extents.map((uid) => devices.get(uid) as BuiltDevice);
      const disks = own.map(({ driver }) => driver);
      const lvm = new LvmVolume(sim, { host: name, datastore: plan.name, extents }, disks);
      const offload = switchesOf(own);
      const atsHeartbeat = settings.on('VMFS3.UseATSForHBOnVMFS5');
      const passesUnmap = plan.version !== 6 && settings.on('VMFS3.EnableBlockDelete');
      const reservationNs = settings.ns('Disk.DiskReservationThreshold');
      const reserving = { extentEnds, reservationNs };
      const options = { host: name, offload, atsHeartbeat, passesUnmap, ...reserving };
      const mount = new VmfsMount(sim, options, volume, lvm);
      const vmfs = { datastore: volume, volume: lvm, extents: offloadExtents(extents, own) };
      const store = { datastore: volume, mount, vmfs };
      return { name, settings, mount, store, volume: lvm, queues: own.map(({ queue }) => queue) };
    };
  }
}

/** What VMFS may leave to all devices of a volume; each remembers what it has refused. */
function switchesOf(devices: readonly BuiltDevice[]): OffloadSwitches {
  const supported = (primitive: Primitive): boolean => {
    for (const { psa } of devices) if (!psa.vaai.supports(primitive)) return false;
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

/** Where the blocks of a volume lie on a host's devices. */
function offloadExtents(
  extents: readonly LvmExtent[],
  devices: readonly BuiltDevice[],
): OffloadExtent[] {
  let first = 0;
  return extents.map(({ startBlock, blocks }, index) => {
    const { lun, array, psa } = devices[index];
    const extent = {
      first,
      end: first + blocks / FILE_BLOCK,
      shift: PARTITION_START + startBlock - first * FILE_BLOCK,
      device: { unit: lun.index, array: array.name, vaai: psa.vaai },
    };
    first = extent.end;
    return extent;
  });
}
