import type { Sim } from '../core/sim.js';
import type { NfsServer } from '../devices/nfs-server.js';
import { extentsOf, LvmVolume } from '../stack/block/lvm-volume.js';
import type { FileHandle } from '../stack/files.js';
import type { Datastore } from '../stack/filesystem/datastore.js';
import { FileNumbers } from '../stack/filesystem/file.js';
import { FileSystemSwitch } from '../stack/filesystem/file-system-switch.js';
import type { Mount } from '../stack/filesystem/mount.js';
import { NfsMount } from '../stack/filesystem/nfs/mount.js';
import { NfsVolume } from '../stack/filesystem/nfs/volume.js';
import { VmfsMount } from '../stack/filesystem/vmfs/mount.js';
import { VmfsVolume } from '../stack/filesystem/vmfs/volume.js';
import type { Settings } from '../stack/settings.js';
import type { BuiltDevice, BuiltHost } from './build-hosts.js';
import type { DatastorePlan } from './plan.js';

/** The file systems one host has mounted. */
export class HostFileSystems {
  readonly fileSystemSwitch: FileSystemSwitch;
  private readonly mounts = new Map<string, Mount>();

  constructor(sim: Sim, host: string) {
    this.fileSystemSwitch = new FileSystemSwitch(sim, { host });
  }

  add(datastore: string, mount: Mount): void {
    this.mounts.set(datastore, mount);
  }

  /** @param traffic counters of TRAFFIC_FIELDS kept of this file */
  open(file: FileHandle, datastore: string, traffic?: Float64Array): void {
    this.fileSystemSwitch.open(file, this.mounts.get(datastore) as Mount, traffic);
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
  lunBlocks: ReadonlyMap<string, number>,
): BuiltDatastores {
  const datastores = new Map<string, Datastore>();
  const fileSystems = new Map<string, HostFileSystems>();
  for (const name of hosts.keys()) fileSystems.set(name, new HostFileSystems(sim, name));
  const numbers = new FileNumbers();
  for (const plan of plans) {
    const mount = plan.type === 'nfs' ? exportOf(plan) : volumeOf(plan);
    for (const name of plan.hosts) {
      const host = hosts.get(name) as BuiltHost;
      (fileSystems.get(name) as HostFileSystems).add(plan.name, mount(host));
    }
  }
  return { datastores, fileSystems };

  function exportOf(plan: DatastorePlan): (host: BuiltHost) => Mount {
    const volume = new NfsVolume(sim, plan, numbers);
    datastores.set(plan.name, volume);
    const server = servers.get(plan.server) as NfsServer;
    return ({ plan: { name }, settings }) =>
      new NfsMount(sim, { host: name, ...nfsSettings(settings) }, volume, server);
  }

  function volumeOf(plan: DatastorePlan): (host: BuiltHost) => Mount {
    const extents = extentsOf(plan.extents.map((uid) => lunBlocks.get(uid) as number));
    const blocks = extents.reduce((sum, extent) => sum + extent.blocks, 0);
    const volume = new VmfsVolume(sim, plan, numbers, blocks);
    datastores.set(plan.name, volume);
    return ({ plan: { name }, devices }) => {
      const disks = plan.extents.map((uid) => (devices.get(uid) as BuiltDevice).driver);
      const lvm = new LvmVolume(sim, { host: name, datastore: plan.name, extents }, disks);
      return new VmfsMount(sim, { host: name }, volume, lvm);
    };
  }
}

function nfsSettings(settings: Settings): {
  maxQueueDepth: number;
  heartbeat: Record<string, number>;
} {
  return {
    maxQueueDepth: settings.get('NFS.MaxQueueDepth'),
    heartbeat: {
      frequencyNs: settings.ns('NFS.HeartbeatFrequency'),
      timeoutNs: settings.ns('NFS.HeartbeatTimeout'),
      deltaNs: settings.ns('NFS.HeartbeatDelta'),
      maxFailures: settings.get('NFS.HeartbeatMaxFailures'),
      apdStartCount: settings.get('NFS.ApdStartCount'),
      apdTimeoutNs: settings.ns('Misc.APDTimeout'),
    },
  };
}
