/**
 * Following a row along the whole path: VM, virtual disk, file, datastore, device, path, adapter, in
 * both directions. The next screen shows only what the row is related to.
 */
import type { EntityInfo } from '../engine/core/meters.js';
import type { Entities } from '../engine/views/kit/entities.js';
import { screens } from './screens.js';
import type { UiState } from './state.js';
import { plain, shorten } from './text.js';
import type { Theme } from './theme.js';
import { keyOf, type World } from './world.js';

/** Scopes from the guest down; every one has a table. */
const WAY = ['vm', 'disk', 'file', 'datastore', 'device', 'path', 'adapter'];

const WORDS: Readonly<Record<string, string>> = {
  vm: 'virtual machine',
  disk: 'virtual disk',
  file: 'file',
  datastore: 'datastore',
  device: 'device',
  path: 'path',
  adapter: 'adapter',
};

/** The state on the next screen, or why there is none. */
export function follow(
  state: UiState,
  world: World,
  row: EntityInfo | undefined,
  to: 'disks' | 'guest',
): UiState | string {
  if (row === undefined) return 'no row to follow';
  const at = WAY.indexOf(row.scope);
  if (at < 0) return 'these rows do not lie on the way from VM to adapter';
  const scope = WAY[at + (to === 'disks' ? 1 : -1)];
  if (scope === undefined) {
    return to === 'disks' ? 'an adapter is the end of the way' : 'a VM is where the way begins';
  }
  const screen = screens.find(({ view }) => view?.scope === scope);
  const step = { screen: state.screen, key: keyOf(row), name: row.name };
  const trail = [...state.trail, step];
  const [first] = onTrail(world.frames.entities.scope(scope), trail, world);
  if (screen === undefined || first === undefined)
    return `no ${WORDS[scope]} belongs to ${row.name}`;
  const selected = { ...state.selected, [screen.name]: keyOf(first) };
  return { ...state, screen: screen.name, selected, trail, shift: 0, back: 0, filter: '' };
}

/** Back to the row that was followed last. */
export function retrace(state: UiState): UiState {
  const step = state.trail.at(-1);
  if (step === undefined) return state;
  return {
    ...state,
    screen: step.screen,
    selected: { ...state.selected, [step.screen]: step.key },
    trail: state.trail.slice(0, -1),
    shift: 0,
    filter: '',
  };
}

/** Those of `objects` that belong to the row followed last, on a host the way has touched. */
export function onTrail(
  objects: readonly EntityInfo[],
  trail: UiState['trail'],
  world: World,
): readonly EntityInfo[] {
  const { entities } = world.frames;
  const known = new Map(entities.all.map((info) => [keyOf(info), info]));
  const steps = trail.flatMap(({ key }) => known.get(key) ?? []);
  const last = steps.at(-1);
  if (last === undefined) return objects;
  const host = steps.find(({ labels }) => labels.host !== undefined)?.labels.host;
  return objects.filter(
    (info) =>
      (host === undefined || info.labels.host === undefined || info.labels.host === host) &&
      related(last, info, world),
  );
}

/** Whether two neighbours of the way belong together, in either order. */
export function related(one: EntityInfo, other: EntityInfo, world: World): boolean {
  const [above, below] =
    WAY.indexOf(one.scope) < WAY.indexOf(other.scope) ? [one, other] : [other, one];
  const { entities } = world.frames;
  const { labels } = below;
  const sameHost = above.labels.host === labels.host;
  switch (`${above.scope} ${below.scope}`) {
    case 'vm disk':
      return labels.vm === above.name;
    case 'disk file':
      return isFileOf(above, below, entities);
    case 'file datastore':
      return above.labels.datastore === below.name;
    case 'datastore device':
      return (
        labels.datastore === above.name ||
        (world.plan?.datastores ?? []).some(
          ({ name, devices }) => name === above.name && devices.includes(below.name),
        )
      );
    case 'device path':
      return labels.device === above.name && sameHost;
    case 'path adapter':
      return above.labels.adapter === below.name && sameHost;
    default:
      return false;
  }
}

const EXTENT = 'diskExtent';

/** Extents are numbered within the folder in the order of the disks; other files are the machine's. */
function isFileOf(disk: EntityInfo, file: EntityInfo, entities: Entities): boolean {
  const { vm, datastore } = disk.labels;
  if (file.labels.vm !== vm || file.labels.datastore !== datastore) return false;
  if (file.labels.role !== EXTENT) return false;
  const here = ({ labels }: EntityInfo): boolean =>
    labels.vm === vm && labels.datastore === datastore;
  const disks = entities.scope('disk').filter(here);
  const extents = entities
    .scope('file')
    .filter((info) => here(info) && info.labels.role === EXTENT);
  return disks.findIndex(({ index }) => index === disk.index) === extents.indexOf(file);
}

/** `web1 > web1:scsi0:0 > [ds1] web1/web1-flat.vmdk`, the end of it where not all fits. */
export function trailRow({ trail }: UiState, width: number, theme: Theme): string {
  const names = trail.map(({ name }) => plain(name));
  const { more } = theme.glyph;
  const back = '  (Backspace: back, Esc: all rows)';
  const room = width - back.length - 2;
  let text = names.join(' > ');
  while (text.length > room && names.length > 1) {
    names.shift();
    text = `${more} > ${names.join(' > ')}`;
  }
  return ` ${theme.paint('accent', shorten(text, room, more))}${theme.paint('dim', back)}`;
}
