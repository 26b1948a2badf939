/** What is done so that the volume of a VMFS datastore becomes larger, and with copies of volumes. */
import { BLOCK_BYTES } from '../../../engine/core/io.js';
import { formatSize } from '../../../engine/core/units.js';
import type { World } from '../../world.js';
import { namesLeft, type Offer, type Operation } from './define.js';

/** Sizes a LUN may grow to, by what it is now. */
const FACTORS = [1.25, 1.5, 2];
const GIB = 2 ** 30;

/** A LUN becomes larger; one that is there for a snapshot presents one, and hosts use what is on it. */
export const lunGrowth: Operation = {
  title: 'Volume on the LUN',
  scopes: ['lun'],
  offers(row, world) {
    const lun = `${row.label('array')}/${row.name}`;
    const source = row.label('copyOf');
    if (source !== '') return copyOffers(lun, `${row.label('array')}/${source}`, source, world);
    const now = row.now('sizeBlocks') * BLOCK_BYTES;
    return FACTORS.map((factor) => {
      const sizeBytes = Math.ceil((now * factor) / GIB) * GIB;
      return {
        label: `grow it to ${formatSize(sizeBytes)}`,
        command: { kind: 'growLun', lun, sizeBytes },
        said: `${lun} grows; hosts see it after a rescan`,
      };
    });
  },
};

function copyOffers(to: string, lun: string, source: string, world: World): Offer[] {
  const snapshots = namesLeft(world, source, 'snapshot.created', 'snapshot.deleted');
  const present = snapshots.map((snapshot) => ({
    label: `present snapshot ${snapshot} of ${lun}`,
    command: { kind: 'presentSnapshot', lun, snapshot, to } as const,
    said: `${to} presents ${snapshot}; hosts see it after a rescan`,
  }));
  const hosts = world.plan?.hosts ?? [];
  return [
    ...present,
    ...hosts.map((host) => ({
      label: `${host} mounts the volume on it, with its signature`,
      command: { kind: 'mountCopy', host, lun: to } as const,
      said: `${host} mounts the copy on ${to}`,
    })),
    ...hosts.map((host) => ({
      label: `${host} gives the volume on it a signature of its own`,
      command: { kind: 'resignature', host, lun: to } as const,
      said: `${host} resignatures the copy on ${to}`,
    })),
  ];
}

/**
 * A VMFS datastore grows into its extents, or takes a LUN that is no extent by the scenario and that
 * all of its hosts see.
 */
export const volumes: Operation = {
  title: 'Volume',
  scopes: ['datastore'],
  offers(row, world) {
    const datastore = row.name;
    const hosts = row.children('mount').map((mount) => mount.label('host'));
    const { datastores = [] } = world.plan ?? {};
    if (datastores.find(({ name }) => name === datastore)?.type === 'nfs') return [];
    const used = new Set(datastores.flatMap(({ devices }) => devices));
    const { entities } = world.frames;
    const devices = entities.scope('device').map(({ name, labels }) => `${labels.host} ${name}`);
    const seen = new Set(devices);
    const free = entities
      .scope('lun')
      .filter(({ labels }) => labels.copyOf === undefined && !used.has(labels.uid as string))
      // A disk of one host's own would be missing on the others.
      .filter(({ labels }) => hosts.every((host) => seen.has(`${host} ${labels.uid}`)))
      .map(({ name, labels }) => `${labels.array}/${name}`);
    return [
      {
        label: 'grow into what its extents have more (rescan first)',
        command: { kind: 'growDatastore', datastore },
        said: `${datastore} grows`,
      },
      ...free.map((lun) => ({
        label: `extend by LUN ${lun}`,
        command: { kind: 'extendDatastore', datastore, lun } as const,
        said: `${datastore}: ${lun} becomes an extent`,
      })),
    ];
  },
};
