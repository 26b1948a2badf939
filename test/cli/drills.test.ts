import { describe, expect, it } from 'vitest';
import type { RunDocument } from '../../src/output/document.js';
import { bundledScenarios } from '../../src/scenario/bundled.js';
import { vmtop } from './helpers.js';

/** To look at and to try things on; they promise nothing. */
const EXAMPLES: ReadonlySet<string> = new Set(['default', 'disk-images']);
const DRILLS = bundledScenarios().filter((name) => !EXAMPLES.has(name));

describe('drills', () => {
  it('are fourteen', () => {
    expect(DRILLS).toEqual([
      'all-paths-down',
      'backup-window',
      'datastore-full',
      'idle-credit',
      'mclock',
      'merge-order',
      'noisy-neighbour',
      'path-loss',
      'raid-rebuild',
      'schedulers',
      'sioc',
      'snapshot-growth',
      'stuck-controller',
      'thin-pool-full',
    ]);
  });

  it.each(DRILLS)(
    '%s keeps its promises',
    async (name) => {
      const { stdout, stderr, code } = await vmtop('run', name, '--json');
      expect(stderr).toBe('');
      expect(code).toBe(0);
      const { expectations } = JSON.parse(stdout) as RunDocument;
      expect(expectations.length).toBeGreaterThan(3);
      expect(expectations.filter(({ ok }) => !ok)).toEqual([]);
    },
    60_000,
  );
});
