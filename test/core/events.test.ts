import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Events } from '../../src/engine/core/events.js';

/** The oracle: a sorted list. */
class Oracle {
  private readonly list: { at: number; issue: number; layer: number; io: number }[] = [];
  private issued = 0;

  push(at: number, layer: number, io: number): void {
    this.list.push({ at, issue: this.issued++, layer, io });
    this.list.sort((a, b) => a.at - b.at || a.issue - b.issue);
  }

  pop(limit: number): { at: number; layer: number; io: number } | undefined {
    if (this.list.length === 0 || this.list[0].at > limit) return undefined;
    const { at, layer, io } = this.list.shift() as (typeof this.list)[0];
    return { at, layer, io };
  }
}

// Delays that stay in one slot, cross each level of the wheel, and go beyond it.
const delay = fc.oneof(
  fc.constant(0),
  fc.integer({ min: 0, max: 2_000 }),
  fc.integer({ min: 0, max: 5_000_000 }),
  fc.integer({ min: 0, max: 5_000_000_000 }),
  fc.double({ min: 0, max: 5e13, noNaN: true }).map(Math.floor),
  fc.constantFrom(1023, 1024, 0x1fffff, 0x200000, 0xffffffff, 0x100000000),
);
const step = fc.record({ push: fc.array(fc.record({ delay, lane: fc.boolean() })), run: delay });

describe('event queue', () => {
  it('pops in order of time and issue, lanes included, never past the limit', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const events = new Events();
        const lane = events.lane(7);
        const oracle = new Oracle();
        let now = 0;
        let laneAt = 0;
        let io = 0;
        for (const { push, run } of steps) {
          for (const one of push) {
            const at = one.lane ? Math.max(laneAt, now + one.delay) : now + one.delay;
            if (one.lane) {
              laneAt = at;
              lane.push(at, io);
            } else {
              events.push(at, 3, io);
            }
            oracle.push(at, one.lane ? 7 : 3, io++);
          }
          const limit = now + run;
          for (;;) {
            const expected = oracle.pop(limit);
            const popped = events.pop(limit);
            expect(popped).toBe(expected !== undefined);
            if (expected === undefined) break;
            expect({ at: events.at, layer: events.layer, io: events.io }).toEqual(expected);
            now = events.at;
          }
          now = limit;
        }
      }),
      { numRuns: 400 },
    );
  });

  it('rejects an event in the past', () => {
    const events = new Events();
    events.push(10, 0, 0);
    expect(events.pop(10)).toBe(true);
    expect(() => events.push(9, 0, 0)).toThrow(/past/);
  });
});
