import type { Draw } from '../../engine/simulation/swarm/draw.js';
import type { DatastoreText } from '../swarm.js';
import type { VmText } from './machines.js';

const KINDS = ['thin', 'lazyThick', 'eagerThick'];

/** Some runs have clones, new disks and reclaimed space beside the guests' work. */
export function drawOperations(
  draw: Draw,
  vms: readonly VmText[],
  datastores: readonly DatastoreText[],
  stopNs: number,
): Record<string, unknown>[] {
  if (!draw.chance(0.5)) return [];
  return Array.from({ length: draw.whole(1, 4) }, (_, number) => {
    const at = `${draw.whole(0, Math.round(stopNs * 0.9))}ns`;
    const { name: vm, host, disks } = draw.one(vms);
    const places = datastores.filter(({ hosts }) => hosts.includes(host));
    const place = draw.one(places);
    const name = `made${number}`;
    const choice = draw.whole(0, 99);
    if (choice < 60) {
      const kind = draw.chance(0.3) ? { kind: draw.one(KINDS) } : {};
      return { at, clone: { vm, disk: disks.length - 1, to: place.name, name, ...kind } };
    }
    if (choice < 80 || place.server !== undefined) {
      const size = `${draw.whole(1, 64)}MiB`;
      return { at, create: { datastore: place.name, name, size, kind: draw.one(KINDS) } };
    }
    return { at, reclaim: place.name };
  });
}
