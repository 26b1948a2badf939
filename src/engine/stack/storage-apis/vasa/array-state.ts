import type { DiskArray } from '../../../devices/array/disk-array.js';
import type { Pool } from '../../../devices/array/pool.js';
import { REBUILDING } from '../../../devices/array/raid/members.js';
import type { RaidGroup } from '../../../devices/array/raid/raid-group.js';

/** Alarm status of an object, as the vSphere client colours it; worse ones are higher. */
export type AlarmStatus = 'green' | 'yellow' | 'red';

/** Part of a pool in use above which its alarm is yellow: 75 % (from memory), and red (model). */
const POOL_YELLOW = 0.75;
const POOL_RED = 0.95;

/** Kinds of events a subscriber may ask for (stack-lower reference, section 7). */
export type EventClass =
  | 'config'
  | 'system'
  | 'storageCapability'
  | 'storageCapacity'
  | 'storageObject';

/** One thing a provider watches: what it is like now, in a word. */
export interface Observed {
  readonly class: EventClass;
  readonly object: string;
  readonly state: string;
  readonly status: AlarmStatus;
}

/** What a datastore's storage can do, as policies may ask for it. */
export interface Capabilities {
  /** Every LUN under it is thin. */
  readonly thin: boolean;
  /** Device models of its pools. */
  readonly disks: readonly string[];
  /** At least two controllers run: one may fail. */
  readonly redundant: boolean;
  /** A disk of each of its pools may fail, just now, and no data is lost. */
  readonly protected: boolean;
  /** It takes offloaded commands (VAAI). */
  readonly offload: boolean;
  /** The worst alarm of what it lies on. */
  readonly health: AlarmStatus;
}

export function worst(statuses: readonly AlarmStatus[]): AlarmStatus {
  if (statuses.includes('red')) return 'red';
  return statuses.includes('yellow') ? 'yellow' : 'green';
}

function poolStatus({ usedBlocks, capacityBlocks, name }: Pool, array: DiskArray): AlarmStatus {
  // Thick LUNs have all their space from the start: a pool full of them is as it should be.
  const isThin = array.plan.luns.some(({ pool, thin }) => thin && name === `${array.name}:${pool}`);
  if (!isThin) return 'green';
  const part = usedBlocks / capacityBlocks;
  if (part > POOL_RED) return 'red';
  return part > POOL_YELLOW ? 'yellow' : 'green';
}

/** A group that has lost disks warns, and is red when the next one could take data with it (model). */
function groupStatus({ group }: Pool): AlarmStatus {
  if (group === undefined || group.members.impaired === 0) return 'green';
  return group.mayLoseOne ? 'yellow' : 'red';
}

function groupState({ members, disks }: RaidGroup): string {
  const { impaired, state } = members;
  if (impaired === 0) return 'all disks whole';
  const rebuilding = state.reduce((sum, one) => sum + (one === REBUILDING ? 1 : 0), 0);
  const missing = [
    ...(impaired > rebuilding ? [`${impaired - rebuilding} missing`] : []),
    ...(rebuilding > 0 ? [`${rebuilding} being rebuilt`] : []),
  ];
  return `of ${disks.length} disks ${missing.join(', ')}`;
}

/** Data is as safe as before, but writes take the time of the disks. */
function cacheStatus({ writeBack }: DiskArray): AlarmStatus {
  return writeBack === false ? 'yellow' : 'green';
}

/** A controller as the array itself sees it: one that hangs has light on its ports and no answers. */
function controllerState(array: DiskArray, controller: number): 'running' | 'hangs' | 'failed' {
  if (!array.controllerUp(controller)) return 'failed';
  const own = array.ports.filter((port) => port.controller === controller);
  return own.every(({ answering }) => answering) ? 'running' : 'hangs';
}

function runningControllers(array: DiskArray): number {
  let running = 0;
  for (let controller = 0; controller < array.plan.controllers; controller++) {
    if (controllerState(array, controller) === 'running') running++;
  }
  return running;
}

/** Everything a provider watches of its array, always in the same order. */
export function observe(array: DiskArray): Observed[] {
  const found: Observed[] = [];
  const none = runningControllers(array) === 0;
  for (let controller = 0; controller < array.plan.controllers; controller++) {
    const state = controllerState(array, controller);
    const object = `${array.name}:${String.fromCharCode(65 + controller)}`;
    const status = state === 'running' ? 'green' : none ? 'red' : 'yellow';
    found.push({ class: 'system', object, state, status });
  }
  if (array.writeBack !== undefined) {
    const state = array.writeBack ? 'write-back' : 'write-through';
    const status = cacheStatus(array);
    found.push({ class: 'system', object: `${array.name}:cache`, state, status });
  }
  for (const pool of array.pools.values()) {
    if (pool.group === undefined) continue;
    const state = groupState(pool.group);
    found.push({ class: 'system', object: pool.name, state, status: groupStatus(pool) });
  }
  for (const [name, pool] of array.pools) {
    const status = poolStatus(pool, array);
    const object = `${array.name}/${name}`;
    const state = { green: 'enough space', yellow: 'space runs short', red: 'nearly full' }[status];
    found.push({ class: 'storageCapacity', object, state, status });
  }
  for (const lun of array.luns.values()) {
    const object = `${array.name}/${lun.name}`;
    const status = lun.lost ? 'red' : 'green';
    const state = lun.lost ? 'removed' : 'presented';
    found.push({ class: 'config', object, state, status });
    const offload = lun.offload.available ? 'offload' : 'no offload';
    found.push({ class: 'storageCapability', object, state: offload, status: 'green' });
    const owner = `owned by ${String.fromCharCode(65 + lun.owner)}`;
    found.push({ class: 'storageObject', object, state: owner, status: 'green' });
  }
  return found;
}

/** What the LUNs of a datastore can do together. @param uids its LUNs */
export function capabilitiesOf(array: DiskArray, uids: readonly string[]): Capabilities {
  const luns = uids.flatMap((uid) => array.luns.get(uid) ?? []);
  const pools = new Set(luns.map(({ pool }) => pool));
  const used = new Set(array.plan.luns.filter(({ uid }) => uids.includes(uid)).map((l) => l.pool));
  const disks = array.plan.pools.filter(({ name }) => used.has(name)).map((p) => p.disk.model);
  const running = runningControllers(array);
  const controllers = running === array.plan.controllers ? 'green' : running > 0 ? 'yellow' : 'red';
  return {
    thin: luns.every(({ thin }) => thin),
    disks: [...new Set(disks)],
    redundant: running > 1,
    protected: [...pools].every(({ group }) => group?.mayLoseOne === true),
    offload: luns.every(({ offload }) => offload.available),
    health: worst([
      controllers,
      cacheStatus(array),
      ...[...pools].flatMap((pool) => [poolStatus(pool, array), groupStatus(pool)]),
      ...luns.map(({ lost }): AlarmStatus => (lost ? 'red' : 'green')),
    ]),
  };
}
