/** Rows split into their parts: `e` for what the view says, more keys for other ways, as in esxtop. */
import type { EntityInfo } from '../../engine/core/meters.js';
import { Row } from '../../engine/views/kit/row.js';
import { SumRow } from '../../engine/views/kit/sum-row.js';
import type { View } from '../../engine/views/kit/view.js';
import type { UiState } from '../state.js';
import { keyOf, type World } from '../world.js';

/** What UiState.expanded holds for a row split into its parts of a scope. */
export function expansionKey(view: View, info: EntityInfo, scope: string): string {
  return scope === view.expand ? keyOf(info) : `${keyOf(info)}\n>${scope}`;
}

/**
 * Rows of one object, as the disks of a machine, as one row where they are rolled up. The sum stands
 * where the first of them stood.
 */
export function rolledUp({ rollUp }: View, rows: readonly Row[], { expanded }: UiState): Row[] {
  if (rollUp === undefined || expanded.size === 0) return [...rows];
  const seen = new Set<EntityInfo>();
  return rows.flatMap((row) => {
    const owner = row.parent(rollUp)?.info;
    if (owner === undefined || !expanded.has(rollUpKey(owner))) return [row];
    if (seen.has(owner)) return [];
    seen.add(owner);
    return [new SumRow(row.window, owner, row.info.scope)];
  });
}

/** What UiState.expanded holds for an object whose rows are rolled up. */
export function rollUpKey(info: EntityInfo): string {
  return `${keyOf(info)}\n<`;
}

/** The parts of a row that are unfolded, one kind after the other. */
export function partsOf(view: View, row: Row, world: World, { expanded }: UiState): Row[] {
  if (expanded.size === 0) return [];
  const scopes = [
    ...(view.expand === undefined ? [] : [view.expand]),
    ...(view.expandBy ?? []).map(({ scope }) => scope),
  ];
  return scopes.flatMap((scope) =>
    expanded.has(expansionKey(view, row.info, scope)) ? partsIn(row, scope, world) : [],
  );
}

export function partsIn(row: Row, scope: string, world: World): readonly Row[] {
  return row.info.scope === 'device' && scope === 'volume'
    ? partitionsOf(row, world)
    : row.children(scope);
}

/** The partitions of a device are the VMFS volumes that lie on it, as its host has mounted them. */
function partitionsOf(row: Row, world: World): Row[] {
  const { info, window } = row;
  const on = world.plan?.datastores.filter(({ devices }) => devices.includes(info.name)) ?? [];
  const names = new Set(on.map(({ name }) => name));
  return window.entities
    .scope('volume')
    .filter(({ labels }) => labels.host === info.labels.host && names.has(labels.datastore ?? ''))
    .map((volume) => new Row(window, volume, 1));
}

/** The row a part is shown below: the device of a path or of a volume, the machine of a disk. */
export function ownerOf(view: View, part: Row, world: World): EntityInfo | undefined {
  const { entities } = part.window;
  const named = entities.parent(part.info, view.scope);
  if (named !== undefined || part.info.scope !== 'volume') return named;
  const { datastore, host } = part.info.labels;
  const own = world.plan?.datastores.find(({ name }) => name === datastore);
  return entities
    .scope(view.scope)
    .find(({ name, labels }) => labels.host === host && own?.devices.includes(name));
}
