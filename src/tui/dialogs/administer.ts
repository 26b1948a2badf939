/** What an administrator does to the selected path or device and to its host. */
import type { EntityInfo } from '../../engine/core/meters.js';
import { Row } from '../../engine/views/kit/row.js';
import type { Command } from '../engine.js';
import { screenOf } from '../screens.js';
import type { Menu, UiState } from '../state.js';
import { selectedRow } from '../table/rows.js';
import type { Change } from '../update.js';
import type { World } from '../world.js';
import { rankForm } from './form.js';
import { send } from './update.js';

/** Values of the gauge `state` of paths and devices. */
const PATH_UNOPTIMIZED = 1;
const PATH_OFF = 4;
const DEVICE_OFF = 4;
const DEVICE_REMOVED = 5;

/** Policies that look at ranks. */
const RANKED = /FIXED|MRU/i;

/**
 * Switches the selected path off or on, detaches or attaches the device, unmounts or mounts the
 * datastore, cancels the backup.
 */
export function switchSelected(state: UiState, world: World): Change {
  if (state.readOnly) return say(state, 'read only: nothing can be switched');
  const row = selected(state, world);
  if (row?.info.scope === 'path') return switchPath(state, row);
  if (row?.info.scope === 'device') return switchDevice(state, row);
  if (row?.info.scope === 'mount') return switchMount(state, row);
  if (row?.info.scope === 'backup') return cancelBackup(state, row);
  return say(state, 'select a path, a device, a mounted datastore or a backup');
}

/** Asks for the rank of the selected path. */
export function openRank(state: UiState, world: World): Change {
  if (state.readOnly) return say(state, 'read only: ranks cannot be changed');
  const row = selected(state, world);
  if (row?.info.scope !== 'path') return say(state, 'select a path');
  const psp = row.parent('device')?.label('psp') ?? '';
  const note = RANKED.test(psp) ? '' : `, which ${psp || 'its plug-in'} does not look at`;
  const form = rankForm(row.label('host'), row.name, row.now('rank'), note);
  return { state: { ...state, dialogs: [form] }, messages: [] };
}

/** Lets the host of the selected object look for paths again. */
export function rescan(state: UiState, world: World): Change {
  if (state.readOnly) return say(state, 'read only: no host can be rescanned');
  const hosts = world.plan?.hosts ?? [];
  const only = hosts.length === 1 ? hosts[0] : undefined;
  const host = selected(state, world)?.label('host') || only;
  if (host === undefined) return say(state, 'select something that belongs to a host');
  return send(state, { kind: 'rescan', host }, `${host} probes the paths of all its devices`);
}

function say(state: UiState, notice: string): Change {
  return { state: { ...state, notice }, messages: [] };
}

function selected(state: UiState, world: World): Row | undefined {
  const { view } = screenOf(state.screen);
  return view === undefined ? undefined : selectedRow(view, world, state);
}

function switchPath(state: UiState, row: Row): Change {
  const { name: path } = row;
  const host = row.label('host');
  const on = row.now('state') === PATH_OFF;
  const command: Command = { kind: 'path', host, path, state: on ? 'on' : 'off' };
  const said = `${host} ${path} switched ${on ? 'on; a probe tells whether it works' : 'off'}`;
  const left = usableOthers(row).length;
  if (on || !isUsable(row) || left !== 1) return send(state, command, said);
  const danger = `one usable path is left then: should it fail, I/O to the device stops`;
  return confirm(state, `Switch ${host} ${path} off?`, danger, 'switch it off', command, said);
}

function switchDevice(state: UiState, row: Row): Change {
  const { name: device } = row;
  const host = row.label('host');
  const now = row.now('state');
  if (row.children('path').length === 0) {
    return say(state, 'an NFS volume has no paths and cannot be detached');
  }
  if (now === DEVICE_REMOVED) return say(state, 'it is gone for good; a rescan may find it again');
  if (now === DEVICE_OFF) {
    const command: Command = { kind: 'device', host, device, state: 'on' };
    return send(state, command, `${host} ${device} attached`);
  }
  const command: Command = { kind: 'device', host, device, state: 'off' };
  const said = `${host} ${device} detached`;
  const users = row.children('world').map((world) => world.label('vm'));
  if (users.length === 0) return send(state, command, said);
  const danger = `${users.join(', ')}: every I/O fails until it is attached again`;
  return confirm(state, `Detach ${device} from ${host}?`, danger, 'detach it', command, said);
}

function switchMount(state: UiState, row: Row): Change {
  const { name: datastore } = row;
  const host = row.label('host');
  const on = !(row.now('mounted') > 0);
  const command: Command = { kind: 'mount', host, datastore, state: on ? 'on' : 'off' };
  return send(state, command, `${host} ${datastore} ${on ? 'mounted' : 'unmounted'}`);
}

function cancelBackup(state: UiState, row: Row): Change {
  const vm = row.label('vm');
  if (row.now('phase') === 0) return say(state, `no backup of ${vm} is under way`);
  return send(state, { kind: 'cancelBackup', vm }, `${vm}: its backup is cancelled`);
}

function isUsable(path: Row): boolean {
  return path.now('state') <= PATH_UNOPTIMIZED;
}

/** The device's other paths that carry commands or could. */
function usableOthers(path: Row): Row[] {
  const { info, window } = path;
  const same = (other: EntityInfo, label: string): boolean =>
    other.labels[label] === info.labels[label];
  return window.entities
    .scope('path')
    .filter((other) => other !== info && same(other, 'host') && same(other, 'device'))
    .map((other) => new Row(window, other))
    .filter(isUsable);
}

/** A question whose first answer changes nothing. */
function confirm(
  state: UiState,
  title: string,
  danger: string,
  yes: string,
  command: Command,
  said: string,
): Change {
  const menu: Menu = {
    kind: 'menu',
    title,
    items: [
      { group: danger, label: 'leave it as it is', detail: '', choice: { do: 'close' } },
      { group: danger, label: yes, detail: '', choice: { do: 'command', command, said } },
    ],
    index: 0,
    typed: '',
  };
  return { state: { ...state, dialogs: [menu] }, messages: [] };
}
