import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runTrial } from '../../src/engine/simulation/swarm/trial.js';
import { parseScenario, planScenario } from '../../src/scenario/load.js';
import { drawTrial } from '../../src/scenario/swarm.js';

describe('snapshots and copies in the swarm', () => {
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

  // As the swarm drew them then: fixtures/swarm.
  it.each([
    [52, 'a command held for want of space went to the delta it had been sent to, merged since'],
    [12, 'a grain given back while it was written came to hold what another write had left'],
    [98, 'a snapshot on a full datastore lost the list of snapshots, and the next one stopped'],
    [201, 'what was written into a hole while a server cloned the file got into the clone'],
    [260, 'a merge carried verified data to a place that was not a multiple of 4 KiB'],
  ])('keep the data of seed %i: %s', (seed) => {
    const file = `seed-${seed}.yaml`;
    const yaml = readFileSync(join(import.meta.dirname, '../../fixtures/swarm', file), 'utf8');
    const { source, text } = parseScenario(yaml, file);
    const plan = planScenario(source, text);
    // Guests go on for a twentieth after the last fault, and the run for another one.
    const stopNs = Math.ceil(plan.durationNs / 1.05);
    const kind = text.title?.endsWith('masked') ? 'masked' : 'errors';
    const trial = { seed, kind, plan, healNs: Math.ceil(stopNs / 1.05), stopNs } as const;
    expect(runTrial(trial).problems).toEqual([]);
  });
});
