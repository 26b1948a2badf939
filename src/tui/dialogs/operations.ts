/** What a host's data mover is told to do with the selected disk or datastore. */
import { formatDuration } from '../../engine/core/units.js';
import type { Command } from '../engine.js';
import { screenOf } from '../screens.js';
import type { Menu, UiState } from '../state.js';
import { selectedRow } from '../table/rows.js';
import type { Change } from '../update.js';
import type { World } from '../world.js';

/** Asks where to clone the selected virtual disk to, or whether to reclaim a datastore's space. */
export function openOperations(state: UiState, world: World): Change {
  const say = (notice: string): Change => ({ state: { ...state, notice }, messages: [] });
  if (state.readOnly) return say('read only: nothing can be cloned');
  const { view } = screenOf(state.screen);
  const row = view === undefined ? undefined : selectedRow(view, world, state);
  const datastores = world.plan?.datastores ?? [];
  if (row?.info.scope === 'datastore') {
    const datastore = row.name;
    const found = datastores.find(({ name }) => name === datastore);
    if (found?.type === 'nfs') return say('only VMFS gives space back to arrays (UNMAP)');
    const command: Command = { kind: 'reclaim', datastore };
    const label = 'give its free space back to the array (UNMAP)';
    return menu(state, datastore, [{ label, command, said: `${datastore}: reclaiming space` }]);
  }
  const disk = world.plan?.disks.find(({ vm, name }) => `${vm}:${name}` === row?.name);
  if (row?.info.scope !== 'disk' || disk === undefined) {
    return say('select a virtual disk to clone, or a datastore to reclaim space of');
  }
  // The instant tells clones of one disk apart.
  const name = `${disk.vm}-copy-${formatDuration(world.at).replace(/[^0-9a-z]+/g, '-')}`;
  const choices = datastores.map(({ name: datastore }) => ({
    label: `clone to ${datastore}`,
    command: { kind: 'clone', disk: disk.index, datastore, name } as const,
    said: `${row.name}: clone to ${datastore} begins`,
  }));
  return menu(state, row.name, choices);
}

interface Choice {
  readonly label: string;
  readonly command: Command;
  readonly said: string;
}

function menu(state: UiState, object: string, choices: readonly Choice[]): Change {
  const dialog: Menu = {
    kind: 'menu',
    title: `Data mover: ${object}`,
    items: choices.map(({ label, command, said }) => ({
      group: '',
      label,
      detail: '',
      choice: { do: 'command', command, said },
    })),
    index: 0,
    typed: '',
  };
  return { state: { ...state, dialogs: [dialog] }, messages: [] };
}
