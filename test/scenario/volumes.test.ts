/** What a scenario may do with LUNs and the volumes on them. */
import { expect, it } from 'vitest';
import { InputError } from '../../src/engine/core/errors.js';
import type { Plan } from '../../src/engine/plan/plan.js';
import { parseScenario, planScenario } from '../../src/scenario/load.js';

const BASE = `
arrays: [{ name: array1, luns: [{ name: a, size: 8GiB }, { name: b }, { name: copy, copyOf: a }] }]
hosts: [{ name: esx1 }]
datastores: [{ name: ds1, extents: array1/a }]
vms: [{ name: vm1, disks: [{ size: 1GiB }] }]
`;

function plan(text: string): Plan {
  const { source, text: scenario } = parseScenario(`${BASE}${text}`, 'volumes.yaml');
  return planScenario(source, scenario);
}

function problems(text: string): string[] {
  try {
    plan(text);
  } catch (error) {
    if (error instanceof InputError) return error.problems.map(({ message }) => message);
    throw error;
  }
  return [];
}

it('plans larger LUNs and datastores, presented snapshots, and rescans', () => {
  const { changes } = plan(`
changes: [{ at: 1s, lun: array1/a, growTo: 9GiB }]
operations:
  - { at: 2s, rescan: esx1 }
  - { at: 3s, growDatastore: { datastore: ds1 } }
  - { at: 4s, extendDatastore: { datastore: ds1, lun: array1/b, host: esx1 } }
  - { at: 5s, presentSnapshot: { lun: array1/a, snapshot: s1, to: array1/copy } }
  - { at: 6s, mountCopy: { host: esx1, lun: array1/copy } }
  - { at: 7s, resignature: { host: esx1, lun: array1/copy } }
`);
  expect(changes.map(({ command }) => command)).toEqual([
    { kind: 'growLun', lun: 'array1/a', sizeBytes: 9 * 2 ** 30 },
    { kind: 'rescan', host: 'esx1' },
    { kind: 'growDatastore', datastore: 'ds1' },
    { kind: 'extendDatastore', datastore: 'ds1', lun: 'array1/b', host: 'esx1' },
    { kind: 'presentSnapshot', lun: 'array1/a', snapshot: 's1', to: 'array1/copy' },
    { kind: 'mountCopy', host: 'esx1', lun: 'array1/copy' },
    { kind: 'resignature', host: 'esx1', lun: 'array1/copy' },
  ]);
});

it('makes a LUN for a snapshot thin and as large as its source', () => {
  const lun = plan('').arrays[0]?.luns.find(({ name }) => name === 'copy');
  expect(lun).toMatchObject({ copyOf: 'a', thin: true, sizeBytes: 8 * 2 ** 30 });
});

it.each([
  ['operations: [{ at: 1s, growDatastore: { datastore: ds2 } }]', 'ds2'],
  ['operations: [{ at: 1s, extendDatastore: { datastore: ds1, lun: array1/c } }]', 'array1/c'],
  ['operations: [{ at: 1s, rescan: esx2 }]', 'esx2'],
  [
    'operations: [{ at: 1s, presentSnapshot: { lun: array1/a, snapshot: s, to: array1/b } }]',
    'b is not there to present a snapshot',
  ],
  ['changes: [{ at: 1s, growTo: 5GiB }]', 'says not of which LUN'],
  ["faults: [{ at: 1s, fault: device-stall, target: 'esx1/copy' }]", 'esx1/copy'],
])('says what is wrong in %s', (text, message) => {
  expect(problems(text).join('\n')).toContain(message);
});

it('keeps LUNs for snapshots out of datastores', () => {
  const wrong = BASE.replace('extents: array1/a', 'extents: array1/copy');
  const { source, text } = parseScenario(wrong, 'volumes.yaml');
  expect(() => planScenario(source, text)).toThrow(/presents a snapshot of a later/);
});
