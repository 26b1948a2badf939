/** What the latency screen is about: the selected object as virtual disks or as devices. */
import type { EntityInfo } from '../engine/core/meters.js';
import type { UiState } from './state.js';
import { keyOf, type World } from './world.js';

export interface Subject {
  readonly title: string;
  /** The virtual disks or devices it is made of. */
  readonly objects: readonly EntityInfo[];
  /** Objects of the same kind, to move to. */
  readonly others: readonly EntityInfo[];
}

/** Scopes with an answer of their own. */
const KINDS: Readonly<Record<string, string>> = {
  vm: 'virtual machine',
  disk: 'virtual disk',
  device: 'device',
};

/** The object the screen shows for a row; undefined where there is none. */
export function subjectOf(row: EntityInfo, world: World): EntityInfo | undefined {
  if (row.scope in KINDS) return row;
  const { entities } = world.frames;
  const { host, device, vm, uid } = row.labels;
  const find = (scope: string, name: string | undefined): EntityInfo | undefined =>
    entities
      .scope(scope)
      .find((info) => info.name === name && (host === undefined || info.labels.host === host));
  if (row.scope === 'world' || row.scope === 'file') return find('vm', vm);
  if (row.scope === 'client') return find('disk', row.name.split(' on ')[0]);
  if (row.scope === 'filter') return find('disk', row.name);
  return find('device', device ?? uid);
}

/** The object the latency screen shows; undefined for all virtual disks. */
export function chosenOf(ui: UiState, { frames }: World): EntityInfo | undefined {
  return frames.entities.all.find((info) => info.scope in KINDS && keyOf(info) === ui.about);
}

/** What is shown now; all virtual disks together when nothing is chosen or it is gone. */
export function currentSubject(ui: UiState, world: World): Subject {
  const { entities } = world.frames;
  const chosen = chosenOf(ui, world);
  if (chosen === undefined) {
    return {
      title: 'all virtual disks',
      objects: entities.scope('disk'),
      others: entities.scope('vm'),
    };
  }
  const where = chosen.labels.host === undefined ? '' : ` on ${chosen.labels.host}`;
  return {
    title: `${KINDS[chosen.scope]} ${chosen.name}${where}`,
    objects: partsOf(chosen, world),
    others: entities.scope(chosen.scope),
  };
}

/** The virtual disks of a machine; any other object is its own. */
export function partsOf(info: EntityInfo, { frames }: World): readonly EntityInfo[] {
  return info.scope === 'vm' ? frames.entities.children(info, 'disk') : [info];
}

/** The object `by` places below the one shown. */
export function moveSubject(ui: UiState, world: World, by: number): string {
  const { others } = currentSubject(ui, world);
  const at = others.findIndex((info) => keyOf(info) === ui.about);
  const next = others[Math.min(others.length - 1, Math.max(0, at + by))];
  return next === undefined ? ui.about : keyOf(next);
}
