/** Every kind of command can be given from the screen: by a key, a menu or a form. */
import { expect, test } from 'vitest';
import { Simulation } from '../../src/engine/simulation/simulation.js';
import { parseScenario, planScenario } from '../../src/scenario/load.js';
import type { Command } from '../../src/tui/engine.js';
import { screens } from '../../src/tui/screens.js';
import { initialState, type UiState } from '../../src/tui/state.js';
import { tableRows } from '../../src/tui/table/rows.js';
import { press } from '../../src/tui/update.js';
import { keyOf, World } from '../../src/tui/world.js';
import { PLAN } from './fake-engine.js';

/** One of everything commands are about. */
const YAML = `
duration: 60s
arrays:
  - name: array1
    luns: [{ name: lun, count: 2, size: 4GiB }, { name: spare, size: 4GiB }, { name: copy, copyOf: lun0, size: 4GiB }]
hosts: [{ name: esx, count: 2 }]
datastores: [{ name: one, extents: array1/lun0 }, { name: two, extents: array1/lun1 }]
vms:
  - { name: web, host: esx1, memory: 16MiB, disks: [{ size: 8MiB }], workloads: { rate_iops: 50 } }
backups: [{ vm: web, at: 2s }]
`;

function startedWorld(untilNs: number): { world: World; simulation: Simulation } {
  const { source, text } = parseScenario(YAML, 'reach.yaml');
  const simulation = new Simulation(planScenario(source, text));
  const { plan } = simulation;
  const world = new World();
  simulation.command({
    kind: 'createDisk',
    datastore: 'two',
    name: 'x',
    sizeBytes: 1e6,
    diskKind: 'thin',
  });
  simulation.command({ kind: 'lun-snapshot', lun: 'array1/lun0', action: 'create', snapshot: 's' });
  simulation.command({ kind: 'snapshot', vm: 'web', action: 'create', snapshot: 'kept' });
  simulation.runUntil(untilNs);
  if (!simulation.backups.isBusy) {
    simulation.command({ kind: 'clone', disk: 0, datastore: 'two', name: 'y' });
  }
  const summary = {
    ...PLAN,
    hosts: plan.hosts.map(({ name }) => name),
    vms: plan.vms.map(({ name, host }) => ({ name, host })),
    datastores: plan.datastores.map(({ name, type, extents }) => ({
      name,
      type,
      devices: extents,
    })),
    disks: plan.vms.flatMap(({ name: vm, disks }) => disks.map((disk) => ({ ...disk, vm }))),
  };
  const faults = [
    { name: 'host-crash', summary: '', target: 'host', targets: ['esx1'], params: [] },
  ];
  world.hear({ type: 'layout', version: 1, entities: simulation.entities, plan: summary, faults });
  const sample = simulation.sample();
  const vm = simulation.entities.find(({ scope }) => scope === 'vm')!;
  sample.values[vm.base + vm.fields.indexOf('stunned')] = 1;
  const chain = simulation.entities.find(({ scope }) => scope === 'chain')!;
  sample.values[chain.base + chain.fields.indexOf('consolidate')] = 1;
  const pace = { speed: 1, ioPerSecond: 0, done: false };
  world.hear({ type: 'frame', layoutVersion: 1, ...sample, ...pace });
  world.hear({ type: 'events', entries: simulation.log.entries });
  world.hear({ type: 'faults', active: [{ id: 0, fault: 'x', target: 'y', sinceNs: 0 }] });
  return { world, simulation };
}

/** Commands a key leads to, with every choice of its menus made and its forms filled in. */
function commandsOf(state: UiState, key: string, world: World): Command[] {
  const { state: after, messages } = press(state, key, world);
  const sent = messages.flatMap((message) => (message.type === 'command' ? [message.command] : []));
  const dialog = after.dialogs.at(-1);
  if (dialog?.kind === 'menu') {
    for (let index = 0; index < dialog.items.length; index++) {
      const chosen = { ...after, dialogs: [{ ...dialog, index }] };
      sent.push(...commandsOf(chosen, 'enter', world));
    }
  }
  if (dialog?.kind === 'form') {
    // As if what is suggested had been typed.
    const fields = dialog.fields.map((field) => ({ ...field, fresh: false }));
    const typed = { ...after, dialogs: [{ ...dialog, fields }] };
    const done = press(typed, 'enter', world);
    sent.push(...done.messages.flatMap((m) => (m.type === 'command' ? [m.command] : [])));
  }
  return sent;
}

test('from the rows of all screens every kind of command can be given', () => {
  // While a backup runs, and later, while a disk is cloned.
  const during = startedWorld(2e9).world;
  const { world: after, simulation } = startedWorld(5e9);
  const commands = new Map<string, Command>();
  for (const { name, view, world } of [during, after].flatMap((world) =>
    screens.map((screen) => ({ ...screen, world })),
  )) {
    const at = { ...initialState(false), screen: name };
    const rows = view === undefined ? [] : tableRows(view, world, at);
    for (const { info } of rows) {
      const state = { ...at, selected: { [name]: keyOf(info) } };
      for (const key of ['ctrl+o', 'X', 'K', 'H', 'i', '!', 'a']) {
        for (const command of commandsOf(state, key, world)) {
          commands.set(JSON.stringify(command), command);
        }
      }
    }
  }
  const given = new Set<string>([...commands.values()].map(({ kind }) => kind));
  const { handlers } = (simulation as unknown as { operator: { handlers: object } }).operator;
  // A kind that is missing needs an entry in src/tui/dialogs/operations.
  expect(Object.keys(handlers).filter((kind) => !given.has(kind))).toEqual([]);
  const all = [...commands.values()];
  const actions = (kind: string): unknown[] =>
    all.flatMap((one) => (one.kind === kind && 'action' in one ? [one.action] : []));
  const disk = ['extend', 'inflate', 'migrate', 'punchZero', 'rename'];
  expect([...new Set(actions('alterDisk'))].sort()).toEqual(disk);
  const snapshot = ['consolidate', 'create', 'delete', 'deleteAll', 'revert'];
  expect([...new Set(actions('snapshot'))].sort()).toEqual(snapshot);
  // Some are not possible now; none names what is not there.
  const unknown = all
    // One disk cannot be deleted and renamed, nor be given up and deleted.
    .filter(({ kind }) => !['heal', 'renameDisk', 'cancelDisk'].includes(kind))
    .flatMap((command) => {
      try {
        simulation.command(command);
      } catch (error) {
        if (/there is no/.test(String(error))) return [String(error)];
      }
      return [];
    });
  expect(unknown).toEqual([]);
});

test('X on a backup under way cancels it', () => {
  const { world, simulation } = startedWorld(2e9);
  expect(simulation.backups.isBusy).toBe(true);
  const state = { ...initialState(false), screen: 'backup' };
  expect(commandsOf(state, 'X', world)).toEqual([{ kind: 'cancelBackup', vm: 'web' }]);
  const over = startedWorld(5e9);
  expect(press(state, 'X', over.world).state.notice).toBe('no backup of web is under way');
});
