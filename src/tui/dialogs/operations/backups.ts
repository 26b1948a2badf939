/** Backups of a virtual disk by every transport, and what may be done with those it has. */
import { TRANSPORTS } from '../../../engine/operations/backup/transport.js';
import type { Command } from '../../engine.js';
import { DISK_SCOPES, diskOf, instantOf, type Operation, rowsOfVm } from './define.js';

const MODES = ['full', 'incremental'] as const;

export const backups: Operation = {
  title: 'Backups',
  scopes: DISK_SCOPES,
  first: 'backup',
  offers(row, world) {
    const disk = diskOf(row, world);
    if (disk === undefined) return [];
    const { index, vm } = disk;
    const offers: (readonly [label: string, command: Command])[] = TRANSPORTS.flatMap((transport) =>
      MODES.map(
        (mode) =>
          [
            `${mode} backup by ${transport}`,
            { kind: 'backup', vm, disk: index, transport, mode },
          ] as const,
      ),
    );
    // Not of its measures alone: they are there once a backup has been asked for.
    const done = world.events.some(({ kind, object }) => kind === 'backup.end' && object === vm);
    if (done) {
      const inPlace = 'restore the last backup in place (the VM is off)';
      offers.push([inPlace, { kind: 'restore', disk: index }]);
      const name = `${vm}-restored-${instantOf(world)}`;
      for (const { name: datastore } of world.plan?.datastores ?? []) {
        const label = `restore the last backup to a new disk on ${datastore}`;
        offers.push([label, { kind: 'restore', disk: index, to: { datastore, name } }]);
      }
    }
    const begun = offers.map(([label, command]) => ({
      label,
      command,
      said: `${row.name}: ${label} begins`,
    }));
    // One of a machine at a time.
    if (!rowsOfVm(world, 'backup', vm).some((backup) => backup.now('phase') > 0)) return begun;
    const cancel = {
      label: `cancel the backup or restore of ${vm}`,
      command: { kind: 'cancelBackup', vm } as const,
      said: `${vm}: its backup or restore is cancelled`,
    };
    return [cancel];
  },
};
