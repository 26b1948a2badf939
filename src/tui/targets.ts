/** Which targets of a fault the selected object suggests. */
import type { EntityInfo } from '../engine/core/meters.js';
import type { Entities } from '../engine/views/kit/entities.js';
import { controllerName } from '../engine/views/kit/format.js';

/** How well a target fits the selected object: 2 it is the object, 1 it has to do with it. */
export function affinity(
  target: string,
  scope: string,
  selected: EntityInfo | undefined,
  entities: Entities,
): 0 | 1 | 2 {
  if (selected === undefined) return 0;
  if (scope === 'controller') return controllersOf(selected, entities).includes(target) ? 1 : 0;
  // Data is stored on LUNs and NFS servers; the latter are measured as ports.
  const scopes = scope === 'medium' ? ['lun', 'port'] : [scope];
  const object = scopes.flatMap((one) => entities.scope(one)).find((info) => names(target, info));
  if (object === undefined) return 0;
  if (object.index === selected.index) return 2;
  return related(object, selected) || related(selected, object) ? 1 : 0;
}

/**
 * Targets are written `host/name` or `array/name`; a device also goes by its LUN's name, and a pool,
 * measured as `array1:pool1`, is `array1/pool1`.
 */
function names(target: string, { name, labels }: EntityInfo): boolean {
  const { host, array, lun } = labels;
  const known = [name, `${host}/${name}`, `${array}/${name}`, `${host}/${lun}`];
  return known.includes(target) || (array !== undefined && name.replace(':', '/') === target);
}

/** Controllers are no measured objects: a port has one, a LUN is owned by one. */
function controllersOf({ scope, labels }: EntityInfo, entities: Entities): string[] {
  const { array, controller, port } = labels;
  if (array === undefined) return [];
  const number = scope === 'path' ? port?.split(':')[0] : controller;
  if (number !== undefined) return [`${array}:${controllerName(Number(number))}`];
  const all = entities.scope('port').filter((info) => info.labels.array === array);
  return all.map((info) => `${array}:${controllerName(Number(info.labels.controller))}`);
}

/** Whether `from` carries the name of `to`, as label of its scope or, for LUNs, as uid. */
function related(from: EntityInfo, to: EntityInfo): boolean {
  const host = from.labels.host === undefined || to.labels.host === undefined;
  if (!host && from.labels.host !== to.labels.host) return false;
  if (from.labels[to.scope] === to.name && sameArray(from, to)) return true;
  const uid = from.labels.uid;
  return uid !== undefined && (uid === to.name || uid === to.labels.device);
}

function sameArray(a: EntityInfo, b: EntityInfo): boolean {
  const { array } = a.labels;
  return array === undefined || b.labels.array === undefined || array === b.labels.array;
}
