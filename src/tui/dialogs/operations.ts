/** What is done with the selected disk, its machine's snapshots, or the selected datastore. */
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
  const scope = row?.info.scope;
  if (row === undefined || (scope !== 'disk' && scope !== 'chain') || disk === undefined) {
    return say('select a virtual disk to clone, or a datastore to reclaim space of');
  }
  // The instant tells clones of one disk apart.
  const name = `${disk.vm}-copy-${formatDuration(world.at).replace(/[^0-9a-z]+/g, '-')}`;
  const choices = datastores.map(({ name: datastore }) => ({
    label: `clone to ${datastore}`,
    command: { kind: 'clone', disk: disk.index, datastore, name } as const,
    said: `${row.name}: clone to ${datastore} begins`,
  }));
  return menu(state, row.name, [...choices, ...snapshotChoices(disk.vm, world)]);
}

/** What may be done with the snapshots of a disk's machine; which there are its log says. */
function snapshotChoices(vm: string, world: World): Choice[] {
  const name = `at-${formatDuration(world.at).replace(/[^0-9a-z]+/g, '-')}`;
  const about = { kind: 'snapshot', vm } as const;
  const create = { ...about, action: 'create', snapshot: name } as const;
  return [
    { label: `snapshot of ${vm}`, command: create },
    { label: `snapshot of ${vm}, quiesced`, command: { ...create, quiesce: true } },
    { label: `snapshot of ${vm} with its memory`, command: { ...create, memory: true } },
    ...snapshotNames(vm, world).flatMap((snapshot) => [
      {
        label: `revert ${vm} to ${snapshot}`,
        command: { ...about, action: 'revert', snapshot } as const,
      },
      {
        label: `delete snapshot ${snapshot}`,
        command: { ...about, action: 'delete', snapshot } as const,
      },
    ]),
    { label: `delete all snapshots of ${vm}`, command: { ...about, action: 'deleteAll' } as const },
    { label: `consolidate ${vm}`, command: { ...about, action: 'consolidate' } as const },
  ].map(({ label, command }) => ({ label, command, said: `${vm}: ${label} begins` }));
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

/** Those that have been made and are not gone, oldest first. */
function snapshotNames(vm: string, world: World): string[] {
  const names = new Set<string>();
  for (const { kind, object, what } of world.events) {
    if (object !== vm) continue;
    if (kind === 'vm.snapshot.created') names.add(what);
    if (kind === 'vm.snapshot.removed') names.delete(what);
  }
  return [...names];
}
