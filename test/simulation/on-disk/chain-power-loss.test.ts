/**
 * Power lost while snapshots come, go and are merged on LUNs that keep bytes: nothing but the images is
 * looked at.
 */
import { describe, expect, it, vi } from 'vitest';
import type { SnapshotAction } from '../../../src/engine/plan/commands.js';
import { DeltaImage } from '../../../src/engine/stack/vmfiles/chain/delta-image.js';
import { planOf, Work } from '../../operations/work.js';
import { SECOND } from '../support.js';
import { type Interrupted, interrupted, problemOf, SMALL_JOB } from './home-rig.js';

function small(version: 3 | 5 | 6, trim: number): Work {
  return new Work(
    planOf({
      array: { luns: [{ name: 'lun', count: 1, size: '2GiB', thin: true, content: 'memory' }] },
      datastores: [{ name: 'one', extents: 'array1/lun0', version }],
      job: { ...SMALL_JOB, trim_percentage: trim },
    }),
  );
}

const problemIn = (work: Work, action: SnapshotAction): string | undefined =>
  problemOf(
    work,
    [...work.simulation.images.values()],
    action.action === 'revert' ? action.snapshot : undefined,
  );

function during(work: Work, action: SnapshotAction, every: number): Interrupted {
  const { simulation } = work;
  simulation.command({ kind: 'snapshot', vm: 'vm1', ...action });
  const isOver = () => simulation.snapshots.taskOf('vm1') === undefined;
  return interrupted(work, every, () => problemIn(work, action), isOver);
}

describe('power lost while a machine has snapshots', () => {
  it.each([
    ['seSparse', 6, 10],
    ['vmfsSparse', 5, 0],
  ] as const)('leaves chains that open, and what was acknowledged: %s, VMFS %i', (...shape) => {
    const [format, version, trim] = shape;
    const work = small(version, trim);
    work.run(0.1 * SECOND);
    const actions: SnapshotAction[] = [
      { action: 'create', snapshot: 'one', format },
      { action: 'create', snapshot: 'two', format },
      { action: 'create', snapshot: 'three', format },
      { action: 'delete', snapshot: 'two' },
      { action: 'revert', snapshot: 'one' },
      { action: 'delete', snapshot: 'one' },
      { action: 'deleteAll' },
    ];
    let looks = 0;
    for (const action of actions) {
      const outcome = during(work, action, 8);
      expect({ action, problem: outcome.problem }).toEqual({ action, problem: undefined });
      looks += outcome.looks;
    }
    expect(looks).toBeGreaterThan(60);
    expect(work.simulation.violations).toEqual([]);
  });

  it('is seen where tables do not name what was written', () => {
    const work = small(5, 0);
    work.run(0.1 * SECOND);
    const spy = vi.spyOn(DeltaImage.prototype, 'say').mockReturnValue(false);
    const action = { action: 'create', snapshot: 'one' } as const;
    const { problem } = during(work, action, 3);
    expect(problem ?? problemIn(work, action)).toMatch(/is not what any of/);
    spy.mockRestore();
  });
});
