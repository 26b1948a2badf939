import type { ArrayPlan, DatastorePlan, HostPlan, NfsServerPlan } from '../../engine/plan/plan.js';
import { fabricsOf } from '../../engine/simulation/fabrics.js';
import type { LunPlace } from './arrays.js';
import { controllerName } from './context.js';
import type { PlannedVm } from './vms.js';

export interface Objects {
  readonly arrays: readonly ArrayPlan[];
  readonly luns: ReadonlyMap<string, LunPlace>;
  readonly hosts: ReadonlyMap<string, HostPlan>;
  readonly servers: ReadonlyMap<string, NfsServerPlan>;
  readonly datastores: ReadonlyMap<string, DatastorePlan>;
  readonly vms: ReadonlyMap<string, PlannedVm>;
}

/**
 * What faults may name, by the scope of the thing: `esx1/vmhba1`, `esx1/vmhba1:C0:T0:L1`,
 * `esx1/lun0`, `array1:A`, `array1:A1`, `fc-A`, `array1/lun0`, `array1/pool1`, `array1:pool1:d0`; others by their own name.
 */
export function targetsOf(objects: Objects): ReadonlyMap<string, readonly string[]> {
  const { arrays, luns, hosts, servers, datastores, vms } = objects;
  const all = [...hosts.values()];
  const ports = arrays.flatMap((array) =>
    Array.from({ length: array.controllers * array.portsPerController }, (_, index) => {
      const controller = controllerName(Math.floor(index / array.portsPerController));
      return `${array.name}:${controller}${index % array.portsPerController}`;
    }),
  );
  return new Map<string, readonly string[]>([
    ['host', all.map(({ name }) => name)],
    ['proxy', all.map(({ name }) => name)],
    ['adapter', all.flatMap((host) => host.adapters.map(({ name }) => `${host.name}/${name}`))],
    ['path', all.flatMap((host) => host.paths.map(({ name }) => `${host.name}/${name}`))],
    ['device', all.flatMap((host) => devicesOf(host, luns))],
    ['array', arrays.filter(({ kind }) => kind === 'array').map(({ name }) => name)],
    ['cache', arrays.filter(({ cacheBytes }) => cacheBytes > 0).map(({ name }) => name)],
    ['spindle', arrays.flatMap(spindlesOf)],
    [
      'controller',
      arrays.flatMap(({ name, controllers }) =>
        Array.from({ length: controllers }, (_, number) => `${name}:${controllerName(number)}`),
      ),
    ],
    ['port', ports],
    ['switch', [...fabricsOf(all, arrays).keys()]],
    ['lun', [...luns.keys()]],
    ['medium', [...luns.keys(), ...servers.keys()]],
    ['pool', arrays.flatMap(({ name, pools }) => pools.map((pool) => `${name}/${pool.name}`))],
    ['server', [...servers.keys()]],
    [
      'address',
      [...servers.values()].flatMap(({ name, addresses = 1 }) =>
        Array.from({ length: addresses }, (_, address) => `${name}/${address}`),
      ),
    ],
    [
      'export',
      [...datastores.values()].filter(({ type }) => type === 'nfs').map(({ name }) => name),
    ],
    ['datastore', [...datastores.keys()]],
    ['vm', [...vms.keys()]],
    [
      'disk',
      [...vms.values()].flatMap(({ plan }) => plan.disks.map(({ name }) => `${plan.name}:${name}`)),
    ],
  ]);
}

/** Disks of an array's pools; nodes of a distributed one. */
function spindlesOf({ name, kind, pools }: ArrayPlan): string[] {
  if (kind === 'jbod') return [];
  return pools.flatMap((pool) =>
    Array.from(
      { length: Math.max(1, pool.disks) },
      (_, number) => `${name}:${pool.name}:${pool.scaleOut ? 'n' : 'd'}${number}`,
    ),
  );
}

/** Devices a host sees. A LUN's own name serves where it is unique, else `array.lun`. */
function devicesOf(host: HostPlan, luns: ReadonlyMap<string, LunPlace>): string[] {
  const seen = new Set(host.paths.map(({ lun }) => lun));
  const places = [...luns.values()].filter(({ lun }) => seen.has(lun.uid));
  return places.map(({ lun }) => `${host.name}/${lun.name}`);
}
