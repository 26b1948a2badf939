/** What is done with a virtual disk and its files. */
import { choice, size } from '../../../engine/core/params.js';
import type { DiskPlan } from '../../../engine/plan/plan.js';
import type { World } from '../../world.js';
import {
  ask,
  asked,
  DISK_SCOPES,
  diskOf,
  instantOf,
  namesLeft,
  type Offer,
  type Operation,
  rowsOfVm,
} from './define.js';

/** The largest there is, 62 TiB (stack-upper reference, 22). */
const LARGEST = '62TiB';
const KINDS: readonly DiskPlan['kind'][] = ['thin', 'lazyThick', 'eagerThick'];

/** What a disk is made as, of the words of a form. */
export const kindParam = choice(KINDS, 'thin, lazyThick or eagerThick');
export const kindAt = (place: number | undefined): DiskPlan['kind'] => KINDS[place ?? 0] ?? 'thin';
export const sizeParam = size('1GiB', '1MiB', LARGEST, 'how large');

export const diskFiles: Operation = {
  title: 'Disk',
  scopes: DISK_SCOPES,
  offers(row, world) {
    const disk = diskOf(row, world);
    if (disk === undefined) return [];
    const { index, vm } = disk;
    const kind = 'alterDisk' as const;
    const about = { kind, disk: index } as const;
    const begins = ({ label, command }: Omit<Extract<Offer, { command: unknown }>, 'said'>) => ({
      label,
      command,
      said: `${row.name}: ${label} begins`,
    });
    // The instant tells clones of one disk apart.
    const name = `${vm}-copy-${instantOf(world)}`;
    const places = (world.plan?.datastores ?? []).map(({ name: datastore }) => datastore);
    const [own = row] = rowsOfVm(world, 'disk', vm).filter(({ name: own }) => own === row.name);
    const home = own.label('datastore');
    const extend = ask(
      `Extend ${row.name}`,
      [asked('size', sizeParam, 2 * 512 * own.now('sizeBlocks') || sizeParam.initial)],
      ({ values, texts }) => ({
        command: { ...about, action: 'extend', sizeBytes: values.size ?? 0 },
        said: `${row.name}: extend to ${texts.size} begins`,
      }),
    );
    const rename = ask(
      `Rename the files of ${row.name}; its VM is off`,
      [{ name: 'name', help: 'such as web1_1', text: `${vm}_renamed` }],
      ({ texts }) =>
        texts.name === ''
          ? 'a disk needs a name'
          : {
              command: { ...about, action: 'rename', name: texts.name ?? '' },
              said: `${row.name}: its files are called ${texts.name}`,
            },
    );
    const elsewhere = places.filter((datastore) => datastore !== home);
    const giveUp: Offer = {
      label: 'give up its clone or migration that is under way',
      command: { kind: 'cancelDisk', disk: index },
      said: `${row.name}: given up`,
    };
    const inflate = begins({
      label: 'inflate: allocate and zero all of it',
      command: { ...about, action: 'inflate' },
    });
    return [
      ...places.map((datastore) =>
        begins({
          label: `clone to ${datastore}`,
          command: { kind: 'clone', disk: index, datastore, name },
        }),
      ),
      ...namesLeft(world, vm, 'vm.snapshot.created', 'vm.snapshot.removed').map((snapshot) =>
        begins({
          label: `clone it as snapshot ${snapshot} keeps it`,
          command: { kind: 'clone', disk: index, snapshot, datastore: home, name },
        }),
      ),
      ...(isCopied(row.name, vm, world) ? [giveUp] : []),
      ...elsewhere.map((datastore) =>
        begins({
          label: `migrate to ${datastore} (Storage vMotion)`,
          command: { ...about, action: 'migrate', datastore },
        }),
      ),
      ...(own.label('kind') === 'eagerThick' ? [] : [inflate]),
      begins({
        label: 'punch zero: give blocks of zeros back',
        command: { ...about, action: 'punchZero' },
      }),
      { label: 'extend: make it larger', form: extend },
      { label: 'rename its files', form: rename },
      ...tracking(row.name, index, world),
    ];
  },
};

/** Only the log tells whether changes are tracked; before it has told, both are offered. */
function tracking(name: string, disk: number, world: World): Offer[] {
  const told = world.events.findLast(
    ({ kind, object }) => kind === 'disk.tracking' && object === name,
  );
  const now = told === undefined ? undefined : told.what.startsWith('changes') ? 'on' : 'off';
  const offers: readonly (Offer & { readonly state: 'on' | 'off' })[] = [
    {
      state: 'on',
      label: 'track its changes (CBT)',
      command: { kind: 'track', disk, state: 'on' },
      said: `${name}: its changes are tracked`,
    },
    {
      state: 'off',
      label: 'track its changes no longer',
      command: { kind: 'track', disk, state: 'off' },
      said: `${name}: its changes are not tracked any more`,
    },
  ];
  return offers.filter(({ state }) => state !== now);
}

/** Whether a clone of one of the machine's disks, or a migration of this one, is under way. */
function isCopied(name: string, vm: string, world: World): boolean {
  const files = new Set(rowsOfVm(world, 'file', vm).map((file) => file.name));
  const copies = new Set<string>();
  for (const { kind, object, what } of world.events) {
    const from = kind === 'clone.begin' ? /^from (\[.*\.vmdk)/.exec(what)?.[1] : undefined;
    const migrates = kind === 'disk.alter.begin' && object === name && what.startsWith('migrate');
    if (migrates || (from !== undefined && files.has(from))) copies.add(object);
    else if (ENDS.has(kind)) copies.delete(object);
  }
  return copies.size > 0;
}

const ENDS = new Set(['clone.end', 'disk.failed', 'disk.alter.end', 'disk.alter.failed']);
