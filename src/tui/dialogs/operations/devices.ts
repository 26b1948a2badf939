/** What is done with devices of a host, and with LUNs in their arrays. */
import { ask, asked, depthParam, nameField, namesLeft, type Operation } from './define.js';

/** Deepest queues of a scenario's `changes`: of a device, and while worlds compete for it. */
const DQLEN_MAX = 4096;
const DSNRO_MAX = 256;

export const devices: Operation = {
  title: 'Device',
  scopes: ['device'],
  offers(row) {
    const device = row.name;
    const host = row.label('host');
    // An NFS volume is none of the PSA's.
    if (row.children('path').length === 0) return [];
    const depth = ask(
      `Queue depth of ${host} ${device}`,
      [
        asked('dqlen', depthParam('commands at once', DQLEN_MAX), row.now('configuredDepth')),
        asked('dsnro', depthParam('while several VMs compete (DSNRO)', DSNRO_MAX), 32),
      ],
      ({ values: { dqlen, dsnro }, isTyped }) => {
        const given = {
          ...(isTyped('dqlen') ? { dqlen } : {}),
          ...(isTyped('dsnro') ? { dsnro } : {}),
        };
        if (Object.keys(given).length === 0) return 'type what is to be another';
        const command = { kind: 'depth', host, device, ...given } as const;
        return { command, said: `${host} ${device} has another queue depth` };
      },
    );
    const state = row.now('perennial') > 0 ? 'off' : 'on';
    const label = `perennially reserved: ${state === 'on' ? 'rescans leave it alone' : 'no longer'}`;
    const command = { kind: 'perennial', host, device, state } as const;
    const perennial = { label, command, said: `${host} ${device}: ${label}` };
    return [{ label: 'another queue depth', form: depth }, perennial];
  },
};

export const luns: Operation = {
  title: 'LUN in its array',
  scopes: ['lun'],
  offers(row, world) {
    const lun = `${row.label('array')}/${row.name}`;
    const create = ask(
      `Snapshot of ${lun}, by its array`,
      [nameField('at', 'what it is called', world)],
      ({ texts: { name = '' } }) =>
        name === ''
          ? 'a snapshot needs a name'
          : {
              command: { kind: 'lun-snapshot', lun, action: 'create', snapshot: name },
              said: `${lun}: snapshot ${name} is made`,
            },
    );
    const known = namesLeft(world, row.name, 'snapshot.created', 'snapshot.deleted');
    return [
      { label: 'snapshot by the array', form: create },
      ...known.map((snapshot) => ({
        label: `delete snapshot ${snapshot}`,
        command: { kind: 'lun-snapshot', lun, action: 'delete', snapshot } as const,
        said: `${lun}: snapshot ${snapshot} is deleted`,
      })),
    ];
  },
};
