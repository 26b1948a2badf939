import { describe, expect, it } from 'vitest';
import { Sim } from '../../../src/engine/core/sim.js';
import { GrainTables, OWN, PARENT } from '../../../src/engine/stack/vmfiles/chain/grain-tables.js';
import { LateUnmaps } from '../../../src/engine/stack/vmfiles/chain/late-unmaps.js';

function setUp() {
  const sim = new Sim(1, 64);
  const tables = new GrainTables();
  tables.add(0);
  return { late: new LateUnmaps(sim), tables };
}

describe('UNMAPs among writes of new grains', () => {
  it('hide what overlapping writes leave, not what later ones do', () => {
    const { late, tables } = setUp();
    late.begin(0);
    late.unmapped(10, 5);
    late.begin(1);
    late.mark(0, tables, 8, 4);
    late.mark(1, tables, 14, 2);
    const states = [8, 9, 10, 11, 14, 15].map((grain) => tables.stateOf(grain));
    expect(states).toEqual([OWN, OWN, PARENT, PARENT, OWN, OWN]);
  });

  it('are forgotten though there is always a write under way', () => {
    const { late, tables } = setUp();
    late.begin(0);
    for (let turn = 0; turn < 1000; turn++) {
      const [old, next] = turn % 2 === 0 ? [0, 1] : [1, 0];
      late.begin(next);
      late.unmapped(turn, 1);
      late.mark(old, tables, turn, 1);
      expect(tables.stateOf(turn)).toBe(PARENT);
      late.done(old);
      expect(late.count).toBeLessThan(4);
    }
  });
});
