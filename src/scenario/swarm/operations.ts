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

const FORMATS = ['seSparse', 'vmfsSparse'];

/** Some VMs are given snapshots, reverted to them, and have them deleted, while guests verify. */
export function drawVmSnapshots(
  draw: Draw,
  vms: readonly VmText[],
  datastores: readonly DatastoreText[],
  stopNs: number,
): Record<string, unknown>[] {
  return vms.flatMap(({ name: vm, disks, workloads }) => {
    if (draw.chance(0.5)) return [];
    const trims = workloads.some((job) => 'trim_percentage' in job || job.rw === 'unmap');
    const onServer = disks.some(({ datastore }) =>
      datastores.some(({ name, server }) => name === datastore && server !== undefined),
    );
    const times = Array.from({ length: draw.whole(1, 7) }, () =>
      draw.whole(0, Math.round(stopNs * 0.9)),
    ).sort((a, b) => a - b);
    let made = 0;
    return times.map((time, index) => {
      const at = `${time}ns`;
      const known = `s${draw.whole(1, Math.max(1, made))}`;
      const choice = index === 0 ? 0 : draw.whole(0, 99);
      if (choice < 45) {
        const quiesce = draw.chance(0.3) ? { quiesce: true } : {};
        // A redo log cannot say that blocks were given back, and refuses to: those of backups show that.
        const drawn = draw.chance(0.3) && !trims && !onServer ? draw.one(FORMATS) : undefined;
        const format = trims && !onServer ? 'seSparse' : drawn;
        const memory = draw.chance(0.1) ? { memory: true } : {};
        const how = { ...quiesce, ...memory, ...(format === undefined ? {} : { format }) };
        return { at, snapshot: { vm, create: `s${++made}`, ...how } };
      }
      if (choice < 60) return { at, snapshot: { vm, revert: known } };
      if (choice < 80) return { at, snapshot: { vm, delete: known } };
      return {
        at,
        snapshot: { vm, ...(choice < 92 ? { deleteAll: true } : { consolidate: true }) },
      };
    });
  });
}
