import type { Layer } from '../../../src/engine/core/layer.js';
import type { Sim } from '../../../src/engine/core/sim.js';
import { MountState } from '../../../src/engine/stack/filesystem/mount-state.js';
import { NfsMount } from '../../../src/engine/stack/filesystem/nfs/mount.js';
import { NfsSession } from '../../../src/engine/stack/filesystem/nfs/session.js';
import type { NfsVolume } from '../../../src/engine/stack/filesystem/nfs/volume.js';
import { DeviceQueue } from '../../../src/engine/stack/scheduler/device-queue.js';

/** An NFS volume mounted as the simulation does it (mount, queue, session), for virtual disk 0. */
export function mountNfs(
  sim: Sim,
  host: string,
  volume: NfsVolume,
  server: Layer,
  maxQueueDepth = 4_294_967_295,
): NfsMount {
  const state = new MountState(sim, host, volume, 3);
  const session = new NfsSession(sim, { host, volume, state }, server);
  const { entity } = session;
  const options = { host, uid: entity.name, entity, dqlen: maxQueueDepth };
  const queue = new DeviceQueue(sim, options, session);
  queue.setQos(0, 1, 'guest', { shares: 1000, reservation: 0, limit: 0 });
  return new NfsMount(sim, { volume, session, state }, queue);
}
