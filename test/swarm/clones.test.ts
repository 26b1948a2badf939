import { describe, expect, it, vi } from 'vitest';
import { runTrial } from '../../src/engine/simulation/swarm/trial.js';
import { WriteGuard } from '../../src/engine/stack/vmfiles/write-guard.js';
import { drawTrial } from '../../src/scenario/swarm.js';

/** A seed in which a disk is cloned while its guest writes to it. */
const SEEDS = Array.from({ length: 40 }, (_, index) => index + 1);

describe('clones in the swarm', () => {
  it('draws operations of every kind', () => {
    const kinds = new Set(
      SEEDS.flatMap((seed) => drawTrial(seed).plan.changes.map(({ command }) => command.kind)),
    );
    expect(kinds).toContain('clone');
    expect(kinds).toContain('createDisk');
    expect(kinds).toContain('reclaim');
  });

  it('are found out when writes get into what is not copied yet', () => {
    const guard = vi.spyOn(WriteGuard.prototype, 'holds').mockReturnValue(false);
    const found = SEEDS.some((seed) => {
      const trial = drawTrial(seed);
      if (trial.kind === 'data') return false;
      if (!trial.plan.changes.some(({ command }) => command.kind === 'clone')) return false;
      return runTrial(trial).problems.some((text) => text.includes('its source held'));
    });
    guard.mockRestore();
    expect(found).toBe(true);
  });
});
