import { describe, expect, it } from 'vitest';
import { trySeed } from '../../src/output/swarm.js';
import { drawTrial } from '../../src/scenario/swarm.js';

describe('snapshots in the swarm', () => {
  it('are drawn in every way, beside everything else', () => {
    const actions = new Set<string>();
    const formats = new Set<string | undefined>();
    for (let seed = 1; seed <= 12; seed++) {
      for (const { command } of drawTrial(seed).plan.changes) {
        if (command.kind !== 'snapshot') continue;
        actions.add(command.action);
        if (command.action === 'create') formats.add(command.format);
      }
    }
    expect([...actions].sort()).toEqual(['consolidate', 'create', 'delete', 'deleteAll', 'revert']);
    expect(formats.size).toBe(3);
  });

  it.each([
    [52, 'a command held for want of space went to the delta it had been sent to, merged since'],
    [260, 'a merge carried verified data to a place that was not a multiple of 4 KiB'],
  ])('keep the data of seed %i: %s', (seed) => {
    expect(trySeed(seed).problems).toEqual([]);
  });
});
