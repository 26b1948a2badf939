import type { Sim } from '../core/sim.js';
import type { NfsServer } from '../devices/nfs-server.js';
import { MountState } from '../stack/filesystem/mount-state.js';
import type { NfsHeartbeatSettings } from '../stack/filesystem/nfs/heartbeat.js';
import type { NfsLockSettings } from '../stack/filesystem/nfs/locks.js';
import { NfsMount } from '../stack/filesystem/nfs/mount.js';
import { NFS_SLOTS, NfsSession } from '../stack/filesystem/nfs/session.js';
import { NfsTransfer } from '../stack/filesystem/nfs/transfer.js';
import type { NfsVolume } from '../stack/filesystem/nfs/volume.js';
import { DeviceQueue } from '../stack/scheduler/device-queue.js';
import { schedulerSettingsOf } from '../stack/scheduler/settings.js';
import type { Settings } from '../stack/settings.js';
import type { MountedHost } from './build-datastores.js';
import type { BuiltHost } from './build-hosts.js';

/** 1 MB (stack-upper reference, section 9, from memory). */
const TRANSFER_BYTES = 1024 * 1024;

/** An NFS export as one host mounts it: files, queue, calls of the server's size, session. */
export function mountExport(
  sim: Sim,
  volume: NfsVolume,
  server: NfsServer,
  { plan: { name: host }, settings }: BuiltHost,
): MountedHost {
  const { plan } = server;
  const state = new MountState(sim, host, volume, volume.plan.version ?? 3);
  const heartbeat = heartbeatOf(settings);
  const session = new NfsSession(
    sim,
    { host, volume, state, heartbeat, server, slots: plan.slots ?? NFS_SLOTS },
    server,
  );
  const most = Math.floor(transferBytes(plan.transferBytes, volume, settings) / 512);
  const transfer = new NfsTransfer(sim, session.name, most, session);
  const depth = volume.hasSessions ? (plan.slots ?? NFS_SLOTS) : Number.POSITIVE_INFINITY;
  const dqlen = Math.min(depth, settings.get('NFS.MaxQueueDepth'));
  const queue = queueOf(sim, host, session, transfer, dqlen, settings);
  const lease = plan.leaseNs === undefined ? {} : { leaseNs: plan.leaseNs };
  const locks = locksOf(settings);
  const mount = new NfsMount(sim, { volume, session, state, locks, ...lease }, queue);
  const nfs = { datastore: volume, server: server.name, plugin: server.plugin };
  const store = { datastore: volume, mount, nfs };
  return { name: host, settings, mount, store, volume: queue, queues: [queue] };
}

function transferBytes(
  server = TRANSFER_BYTES,
  { hasSessions }: NfsVolume,
  settings: Settings,
): number {
  if (!hasSessions) return server;
  return Math.min(server, settings.bytes('NFS41.MaxRead'), settings.bytes('NFS41.MaxWrite'));
}

/** The queue of an NFS volume: that of a device, without what only LUNs have (stack-lower 5.4). */
function queueOf(
  sim: Sim,
  host: string,
  { entity }: NfsSession,
  lower: NfsTransfer,
  dqlen: number,
  settings: Settings,
): DeviceQueue {
  const scheduler = {
    ...schedulerSettingsOf(settings),
    worldDepth: dqlen,
    competingDepth: 0,
    fullSample: 0,
  };
  const options = { host, uid: entity.name, entity, dqlen, settings: scheduler };
  return new DeviceQueue(sim, options, lower);
}

function heartbeatOf(settings: Settings): NfsHeartbeatSettings {
  return {
    frequencyNs: settings.ns('NFS.HeartbeatFrequency'),
    timeoutNs: settings.ns('NFS.HeartbeatTimeout'),
    deltaNs: settings.ns('NFS.HeartbeatDelta'),
    maxFailures: settings.get('NFS.HeartbeatMaxFailures'),
    apdStartCount: settings.get('NFS.ApdStartCount'),
    apdTimeoutNs: settings.ns('Misc.APDTimeout'),
  };
}

function locksOf(settings: Settings): NfsLockSettings {
  return {
    updateNs: settings.ns('NFS.DiskFileLockUpdateFreq'),
    maxFailures: settings.get('NFS.LockRenewMaxFailureNumber'),
    timeoutNs: settings.ns('NFS.LockUpdateTimeout'),
  };
}
