/**
 * The operations menu (ctrl+o): what may be done with the selected row. A new kind of command gets an
 * entry in one of these files, or in a new one that is listed here; a test holds that none is missing.
 */
import { screenOf } from '../../screens.js';
import type { Menu, MenuItem, UiState } from '../../state.js';
import { selectedRow } from '../../table/rows.js';
import type { Change } from '../../update.js';
import type { World } from '../../world.js';
import { backups } from './backups.js';
import { datastores, mounts } from './datastores.js';
import type { Offer, Operation } from './define.js';
import { devices, luns } from './devices.js';
import { diskFiles } from './disks.js';
import { machines } from './machines.js';
import { snapshots } from './snapshots.js';
import { lunGrowth, volumes } from './volumes.js';

export const OPERATIONS: readonly Operation[] = [
  diskFiles,
  backups,
  snapshots,
  datastores,
  volumes,
  mounts,
  devices,
  luns,
  lunGrowth,
  machines,
];

export function openOperations(state: UiState, world: World): Change {
  const say = (notice: string): Change => ({ state: { ...state, notice }, messages: [] });
  if (state.readOnly) return say('read only: nothing can be cloned or powered');
  const { view } = screenOf(state.screen);
  const row = view === undefined ? undefined : selectedRow(view, world, state);
  const own = OPERATIONS.filter(
    ({ scopes }) => row !== undefined && scopes.includes(row.info.scope),
  );
  own.sort((a, b) => Number(b.first === row?.info.scope) - Number(a.first === row?.info.scope));
  const blocks = own.flatMap((operation) => {
    const offers = row === undefined ? [] : operation.offers(row, world);
    return offers.length === 0 ? [] : [{ title: operation.title, offers }];
  });
  if (row === undefined || blocks.length === 0) {
    return say('select a virtual disk, a datastore, a device, a LUN or a VM');
  }
  const items = blocks.flatMap(({ title, offers }) =>
    offers.map((offer) => itemOf(blocks.length > 1 ? title : '', offer)),
  );
  const menu: Menu = { kind: 'menu', title: `Operations: ${row.name}`, items, index: 0, typed: '' };
  return { state: { ...state, dialogs: [menu] }, messages: [] };
}

function itemOf(group: string, offer: Offer): MenuItem {
  const { label } = offer;
  if ('form' in offer) {
    const { form } = offer;
    return { group, label: `${label} ...`, detail: '', choice: { do: 'ask', form } };
  }
  const { command, said } = offer;
  return { group, label, detail: '', choice: { do: 'command', command, said } };
}
