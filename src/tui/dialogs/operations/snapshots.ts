/** What may be done with the snapshots of a machine, or a disk's machine; which there are its log says. */
import { DISK_SCOPES, diskOf, instantOf, namesLeft, type Operation, rowsOfVm } from './define.js';

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
    const chains = rowsOfVm(world, 'chain', vm);
    const deltas = chains.some((chain) => chain.now('links') > 0);
    // Deltas that belong to no snapshot any more.
    const left =
      deltas && (known.length === 0 || chains.some((chain) => chain.now('consolidate') > 0));
    const deleteAll = { ...about, action: 'deleteAll' } as const;
    const consolidate = { ...about, action: 'consolidate' } as const;
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
      ...(deltas ? [{ label: `delete all snapshots of ${vm}`, command: deleteAll }] : []),
      ...(left ? [{ label: `consolidate ${vm}`, command: consolidate }] : []),
    ].map(({ label, command }) => ({ label, command, said: `${vm}: ${label} begins` }));
  },
};
