/**
 * What is done with the selected disk, its machine's snapshots, a datastore or a machine: the data
 * mover's work, power operations.
 */
import { formatDuration } from '../../engine/core/units.js';
import { TRANSPORTS } from '../../engine/operations/backup/transport.js';
import type { PowerState } from '../../engine/plan/commands.js';
import type { Row } from '../../engine/views/kit/row.js';
import type { Command } from '../engine.js';
import { screenOf } from '../screens.js';
import type { Menu, UiState } from '../state.js';
import { selectedRow } from '../table/rows.js';
import type { Change } from '../update.js';
import type { World } from '../world.js';
import { type Choice, lunChoices, volumeChoices } from './volumes.js';

/** What may be done with the selected disk, datastore, LUN or machine: clone, reclaim, grow, power, hand over. */
export function openOperations(state: UiState, world: World): Change {
  const say = (notice: string): Change => ({ state: { ...state, notice }, messages: [] });
  if (state.readOnly) return say('read only: nothing can be cloned or powered');
  const { view } = screenOf(state.screen);
  const row = view === undefined ? undefined : selectedRow(view, world, state);
  const datastores = world.plan?.datastores ?? [];
  if (row?.info.scope === 'datastore') {
    const datastore = row.name;
    const found = datastores.find(({ name }) => name === datastore);
    const refresh: Choice = {
      label: 'refresh: look at its free space and its alarm now',
      command: { kind: 'refresh', datastore },
      said: `${datastore} refreshed`,
    };
    if (found?.type === 'nfs') return menu(state, datastore, [refresh]);
    const command: Command = { kind: 'reclaim', datastore };
    const label = 'give its free space back to the array (UNMAP)';
    const said = `${datastore}: reclaiming space`;
    const more = volumeChoices(datastore, world);
    return menu(state, datastore, [{ label, command, said }, refresh, ...more]);
  }
  if (row?.info.scope === 'lun') return menu(state, row.name, lunChoices(row, world));
  if (row?.info.scope === 'vm') {
    const vm = row.name;
    const others = (world.plan?.hosts ?? []).filter((host) => host !== row.label('host'));
    const handOver = others.map((host) => ({
      label: `${host} takes the locks of its files (HA)`,
      command: { kind: 'takeOver', vm, host } as const,
      said: `${host} opens the files of ${vm}`,
    }));
    return menu(state, vm, [...powerChoices(row), ...handOver]);
  }
  const disk = world.plan?.disks.find(({ vm, name }) => `${vm}:${name}` === row?.name);
  const scope = row?.info.scope;
  if (row === undefined || disk === undefined || !DISK_SCOPES.includes(scope ?? '')) {
    return say(
      'select a disk to clone, snapshot or back up, a datastore to reclaim or enlarge, a LUN or a VM',
    );
  }
  // The instant tells clones of one disk apart.
  const name = `${disk.vm}-copy-${formatDuration(world.at).replace(/[^0-9a-z]+/g, '-')}`;
  const choices = datastores.map(({ name: datastore }) => ({
    label: `clone to ${datastore}`,
    command: { kind: 'clone', disk: disk.index, datastore, name } as const,
    said: `${row.name}: clone to ${datastore} begins`,
  }));
  const changes = changeChoices(disk.index, row.name, datastores);
  const more = [...backupChoices(row, disk, world), ...snapshotChoices(disk.vm, world)];
  return menu(state, row.name, [...choices, ...changes, ...more]);
}

/** What may be done with the files of a disk. */
function changeChoices(
  disk: number,
  object: string,
  datastores: readonly { readonly name: string }[],
): Choice[] {
  const kind = 'alterDisk' as const;
  const migrate = datastores.map(({ name: datastore }) => ({
    label: `migrate to ${datastore} (Storage vMotion)`,
    command: { kind, disk, action: 'migrate', datastore } as const,
  }));
  return [
    ...migrate,
    {
      label: 'inflate: allocate and zero all of it',
      command: { kind, disk, action: 'inflate' } as const,
    },
    {
      label: 'punch zero: give blocks of zeros back',
      command: { kind, disk, action: 'punchZero' } as const,
    },
  ].map((choice) => ({ ...choice, said: `${object}: ${choice.label} begins` }));
}

/** Scopes whose rows are called by their virtual disk. */
const DISK_SCOPES = ['disk', 'chain', 'backup'];

/** Backups of one disk by every transport, and what may be done with those it has. */
function backupChoices(row: Row, disk: { index: number; vm: string }, world: World): Choice[] {
  const { index, vm } = disk;
  const about = { kind: 'backup', vm, disk: index } as const;
  const choices = TRANSPORTS.flatMap((transport) => [
    {
      label: `full backup by ${transport}`,
      command: { ...about, transport, mode: 'full' } as const,
    },
    {
      label: `incremental backup by ${transport}`,
      command: { ...about, transport, mode: 'incremental' } as const,
    },
  ]);
  const done = world.events.some(({ kind, object }) => kind === 'backup.end' && object === vm);
  const restore = {
    label: 'restore the last backup in place (the VM is off)',
    command: { kind: 'restore', disk: index } as const,
  };
  return [...choices, ...(done ? [restore] : [])].map(({ label, command }) => ({
    label,
    command,
    said: `${row.name}: ${label} begins`,
  }));
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

/** What a machine can become, by the value of its gauge `power`: on, suspended, off, a template. */
const BECOMES: readonly (readonly PowerState[])[] = [
  ['suspended', 'off'],
  ['on', 'off'],
  ['on', 'template'],
  ['off'],
];

function powerChoices(row: Row): Choice[] {
  const vm = row.name;
  const now = row.now('power');
  const words = { on: 'power on', off: 'power off', suspended: 'suspend', template: 'template' };
  return (BECOMES[now] ?? []).map((state) => {
    const label =
      now === 3 ? 'make it a machine again' : now === 1 && state === 'on' ? 'resume' : words[state];
    return { label, command: { kind: 'power', vm, state } as const, said: `${vm}: ${label}` };
  });
}

function menu(state: UiState, object: string, choices: readonly Choice[]): Change {
  const dialog: Menu = {
    kind: 'menu',
    title: `Operations: ${object}`,
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
