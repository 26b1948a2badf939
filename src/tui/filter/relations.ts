/** Names a row can be found by: its own, those in its labels, and those of what it has to do with. */
import type { Row } from '../../engine/views/kit/row.js';
import type { World } from '../world.js';

/** Objects that tie others together: a virtual disk on a device, a path between adapter and device. */
const TIES = ['client', 'path'];

/** Labels filters know: every one an object of the layout has, and the objects themselves. */
export function relatedLabels({ frames }: World): ReadonlySet<string> {
  const { all } = frames.entities;
  return memo(all, 'labels', () => {
    const found = new Set(['name']);
    for (const { scope, labels } of all) {
      found.add(scope.toLowerCase());
      for (const label of Object.keys(labels)) found.add(label.toLowerCase());
    }
    return found;
  });
}

/**
 * Names a row goes by under one label, or under any: a device has the machines on it and its
 * datastores, a datastore its devices.
 */
export function namesOf(row: Row, world: World, label?: string): readonly string[] {
  return memo(row.info, `names ${label ?? ''}`, () => {
    const names = new Set<string>();
    const { info } = row;
    if (label === undefined || label === 'name' || label === info.scope) names.add(info.name);
    add(info.labels, label, names);
    for (const scope of TIES) {
      if (scope === info.scope) continue;
      // Any text finds a row by what it says of itself; only a label asks for what is below it.
      if (label === undefined) break;
      for (const { labels } of world.frames.entities.children(info, scope))
        add(labels, label, names);
    }
    if (label === 'datastore' || label === undefined) {
      for (const name of datastoresOf(row, world)) names.add(name);
    }
    if (label === 'device' && info.scope === 'datastore') {
      const own = world.plan?.datastores.find(({ name }) => name === info.name);
      for (const device of own?.devices ?? []) names.add(device);
    }
    return [...names];
  });
}

function add(
  labels: Readonly<Record<string, string>>,
  label: string | undefined,
  names: Set<string>,
): void {
  for (const [name, value] of Object.entries(labels)) {
    if (label === undefined || name.toLowerCase() === label) names.add(value);
  }
}

/** Datastores with an extent on the device a row is, or is a part of. */
export function datastoresOf({ info }: Row, world: World): readonly string[] {
  const device = info.scope === 'device' ? info.name : (info.labels.device ?? info.labels.uid);
  if (device === undefined || info.labels.datastore !== undefined) return [];
  const found = world.plan?.datastores.filter(({ devices }) => devices.includes(device)) ?? [];
  return found.map(({ name }) => name);
}

const memos = new WeakMap<object, Map<string, unknown>>();

/** What follows from a layout alone is found once for each of its objects, not in every frame. */
function memo<T>(owner: object, key: string, make: () => T): T {
  const known = memos.get(owner) ?? new Map<string, unknown>();
  memos.set(owner, known);
  if (!known.has(key)) known.set(key, make());
  return known.get(key) as T;
}
