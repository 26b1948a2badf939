/** Following rows from VM to adapter and back. */
import { afterEach, describe, expect, test } from 'vitest';
import type { EntityInfo } from '../../src/engine/core/meters.js';
import { screenOf } from '../../src/tui/screens.js';
import { initialState, type UiState } from '../../src/tui/state.js';
import { tableRows } from '../../src/tui/table/rows.js';
import { makeTheme } from '../../src/tui/theme.js';
import { follow, retrace, trailRow } from '../../src/tui/trail.js';
import { keyOf } from '../../src/tui/world.js';
import { type Mounted, mount } from './harness.js';
import { SimulatedWorld } from './world.js';

/** Two hosts, several datastores, machines with two disks, NFS. */
const { world } = new SimulatedWorld('default').at(0.1);
const { entities } = world.frames;

function named(scope: string, name: string): EntityInfo {
  const found = entities.scope(scope).find((info) => info.name === name);
  if (found === undefined) throw new Error(`no ${scope} ${name}`);
  return found;
}

function step(state: UiState, row: EntityInfo, to: 'disks' | 'guest' = 'disks'): UiState {
  const next = follow(state, world, row, to);
  if (typeof next === 'string') throw new Error(next);
  return next;
}

function shown(state: UiState): EntityInfo[] {
  const { view } = screenOf(state.screen);
  return view === undefined ? [] : tableRows(view, world, state).map(({ info }) => info);
}

const start = { ...initialState(false), screen: 'vm' };

describe('down the way', () => {
  test('from a machine to the adapters, on its host only', () => {
    let state = step(start, named('vm', 'db1'));
    expect(state.screen).toBe('virtual-disk');
    expect(shown(state).map(({ name }) => name)).toEqual(['db1:scsi0:0', 'db1:scsi0:1']);
    const [, second] = shown(state);
    if (second === undefined) throw new Error('no second disk');
    state = step(state, second);
    // The second disk's extent has a number in its name.
    expect(shown(state).map(({ name }) => name)).toEqual(['[prod] db1/db1_1-flat.vmdk']);
    state = step(state, shown(state)[0] as EntityInfo);
    expect(shown(state).map(({ name }) => name)).toEqual(['prod']);
    state = step(state, shown(state)[0] as EntityInfo);
    const devices = shown(state);
    expect(devices.map(({ labels }) => labels.host)).toEqual(['esx1']);
    const plan = world.plan?.datastores.find(({ name }) => name === 'prod');
    expect(devices.map(({ name }) => name)).toEqual(plan?.devices);
    state = step(state, devices[0] as EntityInfo);
    expect(shown(state).length).toBeGreaterThan(1);
    for (const { labels } of shown(state)) {
      expect(labels.host).toBe('esx1');
      expect(labels.device).toBe(devices[0]?.name);
    }
    const [path] = shown(state);
    state = step(state, path as EntityInfo);
    expect(shown(state).map(({ name }) => name)).toEqual([path?.labels.adapter]);
    expect(follow(state, world, shown(state)[0], 'disks')).toContain('end of the way');
    expect(state.trail.map(({ screen }) => screen)).toEqual([
      'vm',
      'virtual-disk',
      'file',
      'datastore',
      'device',
      'path',
    ]);
    for (let left = 6; left > 0; left--) state = retrace(state);
    expect(state.screen).toBe('vm');
    expect(state.trail).toEqual([]);
    expect(state.selected.vm).toBe(keyOf(named('vm', 'db1')));
    expect(shown(state)).toHaveLength(entities.scope('vm').length);
  });

  test('ends where nothing is below', () => {
    const nfs = entities.scope('device').find(({ name }) => name.startsWith('{NFS}'));
    expect(follow(start, world, nfs, 'disks')).toContain('no path belongs to {NFS}');
    expect(follow(start, world, undefined, 'disks')).toBe('no row to follow');
    expect(follow(start, world, entities.scope('lun')[0], 'disks')).toContain('do not lie on');
  });
});

test('up the way: from a path to the machines that use it', () => {
  const [path] = entities.scope('path');
  let state = step({ ...start, screen: 'path' }, path as EntityInfo, 'guest');
  expect(shown(state).map(({ name }) => name)).toEqual([path?.labels.device]);
  state = step(state, shown(state)[0] as EntityInfo, 'guest');
  expect(shown(state).map(({ name }) => name)).toEqual(['prod']);
  state = step(state, shown(state)[0] as EntityInfo, 'guest');
  const extent = shown(state).find(({ labels }) => labels.role === 'diskExtent');
  state = step(state, extent as EntityInfo, 'guest');
  expect(shown(state)).toHaveLength(1);
  state = step(state, shown(state)[0] as EntityInfo, 'guest');
  expect(shown(state).map(({ name }) => name)).toEqual([extent?.labels.vm]);
  expect(follow(state, world, shown(state)[0], 'guest')).toContain('where the way begins');
});

test('what was followed stands above the table, its end where not all fits', () => {
  const theme = makeTheme(1, true);
  const state = step(step(start, named('vm', 'db1')), named('disk', 'db1:scsi0:1'));
  expect(trailRow(state, 100, theme)).toContain('db1 > db1:scsi0:1');
  const trail = Array.from({ length: 9 }, (_, at) => ({
    screen: 'vm',
    key: '',
    name: `row-${at}`,
  }));
  const narrow = trailRow({ ...state, trail }, 72, theme);
  expect(narrow).toContain('row-8');
  expect(narrow).not.toContain('row-0');
});

describe('by keys', () => {
  let mounted: Mounted | undefined;
  afterEach(async () => {
    await mounted?.close();
    mounted = undefined;
  });

  test('follow, go back, and leave by another screen', async () => {
    mounted = mount();
    const { press, text } = mounted;
    await press('u', ')');
    expect(await text()).toContain('Paths');
    expect(await text()).toContain('(Backspace: back, Esc: all rows)');
    await press('backspace');
    expect(await text()).toContain('Devices');
    expect(await text()).not.toContain('Backspace: back');
    await press(')', 'escape');
    expect(await text()).toContain('Paths');
    expect(await text()).not.toContain('Backspace: back');
    await press('V', '(');
    expect(await text()).toContain('a VM is where the way begins');
  });
});
