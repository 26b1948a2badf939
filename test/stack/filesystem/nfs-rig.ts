import type { Layer } from '../../../src/engine/core/layer.js';
import type { Sim } from '../../../src/engine/core/sim.js';
import { MountState } from '../../../src/engine/stack/filesystem/mount-state.js';
import { NfsMount } from '../../../src/engine/stack/filesystem/nfs/mount.js';
import { NfsSession, type NfsTarget } from '../../../src/engine/stack/filesystem/nfs/session.js';
import { NfsTransfer } from '../../../src/engine/stack/filesystem/nfs/transfer.js';
import type { NfsVolume } from '../../../src/engine/stack/filesystem/nfs/volume.js';
import { DeviceQueue } from '../../../src/engine/stack/scheduler/device-queue.js';

/** Of one call: 64 KB. */
const TRANSFER_BLOCKS = 128;

/** An NFS volume mounted as the simulation does it (mount, queue, session), for virtual disk 0. */
export function mountNfs(
  sim: Sim,
  host: string,
  volume: NfsVolume,
  server: Layer,
  maxQueueDepth = 4_294_967_295,
  target?: NfsTarget & Layer,
): NfsMount {
  const state = new MountState(sim, host, volume, 3);
  const slots = 4;
  const own = target === undefined ? {} : { server: target, slots };
  const session = new NfsSession(sim, { host, volume, state, ...own }, server);
  const transfer = new NfsTransfer(sim, host, TRANSFER_BLOCKS, session);
  const { entity } = session;
  const options = { host, uid: entity.name, entity, dqlen: maxQueueDepth };
  const queue = new DeviceQueue(sim, options, transfer);
  queue.setQos(0, 1, 'guest', { shares: 1000, reservation: 0, limit: 0 });
  return new NfsMount(sim, { volume, session, state }, queue);
}
