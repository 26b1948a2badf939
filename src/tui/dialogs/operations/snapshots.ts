/** What may be done with the snapshots of a machine, or a disk's machine; which there are its log says. */
import { DISK_SCOPES, diskOf, instantOf, namesLeft, type Operation } from './define.js';

export const snapshots: Operation = {
  title: 'Snapshots',
  scopes: [...DISK_SCOPES, 'vm'],
  first: 'chain',
  offers(row, world) {
    const vm = row.info.scope === 'vm' ? row.name : diskOf(row, world)?.vm;
    if (vm === undefined) return [];
    const about = { kind: 'snapshot', vm } as const;
    const create = { ...about, action: 'create', snapshot: `at-${instantOf(world)}` } as const;
    const known = namesLeft(world, vm, 'vm.snapshot.created', 'vm.snapshot.removed');
    return [
      { label: `snapshot of ${vm}`, command: create },
      { label: `snapshot of ${vm}, quiesced`, command: { ...create, quiesce: true } },
      { label: `snapshot of ${vm} with its memory`, command: { ...create, memory: true } },
      ...known.flatMap((snapshot) => [
        {
          label: `revert ${vm} to ${snapshot}`,
          command: { ...about, action: 'revert', snapshot } as const,
        },
        {
          label: `delete snapshot ${snapshot}`,
          command: { ...about, action: 'delete', snapshot } as const,
        },
      ]),
      {
        label: `delete all snapshots of ${vm}`,
        command: { ...about, action: 'deleteAll' } as const,
      },
      { label: `consolidate ${vm}`, command: { ...about, action: 'consolidate' } as const },
    ].map(({ label, command }) => ({ label, command, said: `${vm}: ${label} begins` }));
  },
};
