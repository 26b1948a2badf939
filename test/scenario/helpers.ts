import { InputError } from '../../src/engine/core/errors.js';
import type { Plan } from '../../src/engine/plan/plan.js';
import { CATALOGUES, type Catalogues } from '../../src/scenario/catalogues.js';
import { parseScenario, planScenario } from '../../src/scenario/load.js';

/** The real catalogues, with faults of our own so that tests do not depend on the real list. */
export const TEST_CATALOGUES: Catalogues = {
  ...CATALOGUES,
  faults: [
    { name: 'path-down', summary: 'a path fails', target: 'path', params: {} },
    {
      name: 'slow-disk',
      summary: 'slower',
      target: 'lun',
      params: { factor: { unit: 'ratio', initial: 4, min: 1, max: 100, help: 'times slower' } },
    },
  ],
};

/** The least scenario: one of everything, all by default. */
export const LEAST = `
arrays:
  - name: array1
    luns: [{ name: lun0, size: 100GiB }]
hosts: [{ name: esx1 }]
datastores: [{ name: prod, extents: array1/lun0 }]
vms: [{ name: vm1 }]
`;

export function planOf(yaml: string): Plan {
  const { source, text } = parseScenario(yaml, 'test.yaml', TEST_CATALOGUES);
  return planScenario(source, text, TEST_CATALOGUES);
}

/** The problems of a scenario as `line: message | hint`; fails the test when there are none. */
export function problemsOf(yaml: string): string[] {
  try {
    planOf(yaml);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.problems.map(({ place, message, hint }) => {
      const line = /^test\.yaml:(\d+):\d+$/.exec(place)?.[1] ?? place;
      return `${line}: ${message}${hint === undefined ? '' : ` | ${hint}`}`;
    });
  }
  throw new Error('the scenario was accepted');
}
