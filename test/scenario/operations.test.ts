import { describe, expect, it } from 'vitest';
import { LEAST, planOf, problemsOf } from './helpers.js';

const of = (text: string) => planOf(`${LEAST}\noperations: [${text}]\n`).changes;
const wrong = (text: string): string => problemsOf(`${LEAST}\noperations: [${text}]\n`).join('\n');
const store = planOf(LEAST).datastores[0]?.name ?? '';
const clone = `{ at: 1s, clone: { vm: vm1, to: ${store}, name: copy } }`;

describe('operations', () => {
  it('become commands in order of time', () => {
    const commands = of(
      `{ at: 3s, reclaim: ${store} }, { at: 2s, delete: { datastore: ${store}, name: copy } }, ${clone}, { at: 4s, create: { datastore: ${store}, name: new, size: 1GiB } }`,
    );
    expect(commands).toEqual([
      { atNs: 1e9, command: { kind: 'clone', disk: 0, datastore: store, name: 'copy' } },
      { atNs: 2e9, command: { kind: 'deleteDisk', datastore: store, name: 'copy' } },
      { atNs: 3e9, command: { kind: 'reclaim', datastore: store } },
      {
        atNs: 4e9,
        command: {
          kind: 'createDisk',
          datastore: store,
          name: 'new',
          sizeBytes: 2 ** 30,
          diskKind: 'eagerThick',
        },
      },
    ]);
  });

  it('change disks of machines', () => {
    const commands = of(
      `{ at: 1s, inflate: { vm: vm1 } }, { at: 2s, punchZero: { vm: vm1 } }, { at: 3s, extend: { vm: vm1, size: 2TiB } }, { at: 4s, rename: { vm: vm1, name: data } }, { at: 5s, migrate: { vm: vm1, to: ${store}, kind: thin } }`,
    ).map(({ command }) => command);
    const about = { kind: 'alterDisk', disk: 0 };
    expect(commands).toEqual([
      { ...about, action: 'inflate' },
      { ...about, action: 'punchZero' },
      { ...about, action: 'extend', sizeBytes: 2 * 2 ** 40 },
      { ...about, action: 'rename', name: 'data' },
      { ...about, action: 'migrate', datastore: store, diskKind: 'thin' },
    ]);
    expect(wrong('{ at: 1s, migrate: { vm: vm1, to: nowhere } }')).toMatch(/no datastore/);
  });

  it('say what is wrong', () => {
    expect(wrong('{ at: 1s }')).toMatch(/says 0 things to do/);
    expect(wrong(`{ at: 1s, reclaim: ${store}x }`)).toMatch(/there is no datastore/);
    expect(wrong(`${clone}, ${clone}`)).toMatch(/there already is a disk "copy"/);
    expect(wrong(`{ at: 0s, delete: { datastore: ${store}, name: copy } }, ${clone}`)).toMatch(
      /no operation before has made a disk "copy"/,
    );
    expect(wrong('{ at: 1s, clone: { vm: nobody, to: x, name: y } }')).toMatch(/no VM "nobody"/);
  });

  it('have snapshots made, reverted to, deleted and merged, and changes tracked', () => {
    const commands = of(
      [
        '{ at: 1s, track: { vm: vm1 } }',
        '{ at: 2s, snapshot: { vm: vm1, create: a, memory: true, quiesce: true, format: vmfsSparse } }',
        '{ at: 3s, snapshot: { vm: vm1, revert: a } }',
        '{ at: 4s, snapshot: { vm: vm1, delete: a } }',
        '{ at: 5s, snapshot: { vm: vm1, deleteAll: true } }',
        '{ at: 6s, snapshot: { vm: vm1, consolidate: true } }',
      ].join(', '),
    );
    const about = { kind: 'snapshot', vm: 'vm1' };
    expect(commands.map(({ command }) => command)).toEqual([
      { kind: 'track', disk: 0, state: 'on' },
      {
        ...about,
        action: 'create',
        snapshot: 'a',
        memory: true,
        quiesce: true,
        format: 'vmfsSparse',
      },
      { ...about, action: 'revert', snapshot: 'a' },
      { ...about, action: 'delete', snapshot: 'a' },
      { ...about, action: 'deleteAll' },
      { ...about, action: 'consolidate' },
    ]);
    const both = '{ at: 1s, snapshot: { vm: vm1, create: a, revert: b } }';
    expect(wrong(both)).toMatch(/says 2 things to do with snapshots/);
    expect(wrong('{ at: 1s, snapshot: { vm: vm1, revert: a, memory: true } }')).toMatch(
      /only for "create"/,
    );
    expect(wrong('{ at: 1s, snapshot: { vm: nobody, create: a } }')).toMatch(/no VM "nobody"/);
  });
});
