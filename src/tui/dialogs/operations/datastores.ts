/** What is done with a datastore: its space, its mounts, disks that belong to no machine. */
import type { Row } from '../../../engine/views/kit/row.js';
import type { Form } from '../../state.js';
import type { World } from '../../world.js';
import { ask, asked, nameField, type Offer, type Operation } from './define.js';
import { kindAt, kindParam, sizeParam } from './disks.js';

export const datastores: Operation = {
  title: 'Datastore',
  scopes: ['datastore'],
  offers(row, world) {
    const datastore = row.name;
    const found = world.plan?.datastores.find(({ name }) => name === datastore);
    const reclaim: Offer = {
      label: 'give its free space back to the array (UNMAP)',
      command: { kind: 'reclaim', datastore },
      said: `${datastore}: reclaiming space`,
    };
    const refresh: Offer = {
      label: 'refresh: look at its free space and its alarm now',
      command: { kind: 'refresh', datastore },
      said: `${datastore} refreshed`,
    };
    const create = ask(
      `New disk on ${datastore}, which belongs to no VM`,
      [
        nameField('disk', 'its files are called by it', world),
        asked('size', sizeParam),
        asked('kind', kindParam),
      ],
      ({ values, texts: { name = '' } }) =>
        name === ''
          ? 'a disk needs a name'
          : {
              command: {
                kind: 'createDisk',
                datastore,
                name,
                sizeBytes: values.size ?? 0,
                diskKind: kindAt(values.kind),
              },
              said: `${datastore}: ${name} is made`,
            },
    );
    const loose = looseDisks(world, datastore).flatMap((name): Offer[] => [
      {
        label: `delete disk ${name}`,
        command: { kind: 'deleteDisk', datastore, name },
        said: `${datastore}: ${name} is deleted`,
      },
      { label: `rename disk ${name}`, form: renameForm(datastore, name) },
    ]);
    return [
      ...(found?.type === 'nfs' ? [] : [reclaim]),
      refresh,
      { label: 'new disk', form: create },
      ...loose,
      ...row.children('mount').map(mountOffer),
    ];
  },
};

function renameForm(datastore: string, name: string): Form {
  return ask(
    `Rename disk ${name} on ${datastore}`,
    [{ name: 'name', help: 'its files are called by it', text: `${name}_renamed` }],
    ({ texts: { name: to = '' } }) =>
      to === ''
        ? 'a disk needs a name'
        : {
            command: { kind: 'renameDisk', datastore, name, to },
            said: `${datastore}: ${name} is called ${to}`,
          },
  );
}

export const mounts: Operation = {
  title: 'Datastore on this host',
  scopes: ['mount'],
  offers: (row) => [mountOffer(row)],
};

function mountOffer(mount: Row): Offer {
  const { name: datastore } = mount;
  const host = mount.label('host');
  const state = mount.now('mounted') > 0 ? 'off' : 'on';
  const what = `${state === 'on' ? 'mount' : 'unmount'} it on ${host}`;
  return {
    label: what,
    command: { kind: 'mount', host, datastore, state },
    said: `${datastore}: ${what}`,
  };
}

/** Disks that clones, restores and `createDisk` have left there, as far as the log goes back. */
function looseDisks(world: World, datastore: string): string[] {
  const paths = new Set<string>();
  for (const { kind, object, what } of world.events) {
    if (!object.startsWith(`[${datastore}] `)) continue;
    if (['clone.end', 'disk.create', 'restore.end'].includes(kind)) paths.add(object);
    if (kind === 'disk.renamed') {
      paths.delete(what.replace(/^was /, ''));
      paths.add(object);
    }
    if (['disk.delete', 'disk.failed'].includes(kind)) paths.delete(object);
  }
  const names = [...paths].flatMap((path) => /\] ([^/]+)\/\1-flat\.vmdk$/.exec(path)?.[1] ?? []);
  // A disk that was restored in place is its machine's.
  return names.filter((name) => !world.plan?.vms.some((vm) => vm.name === name));
}
