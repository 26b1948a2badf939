import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NO_IO } from '../../src/engine/core/io.js';
import { Sim } from '../../src/engine/core/sim.js';
import { STATION_FIELDS, Station } from '../../src/engine/core/station.js';

function setUp(slots: number): { sim: Sim; station: Station } {
  const sim = new Sim(1, 64);
  const entity = sim.meters.define('test', 't', {}, STATION_FIELDS);
  return { sim, station: new Station(sim, 'test', entity, slots) };
}

describe('station', () => {
  it('serves first come first served, never more than its slots', () => {
    const { sim, station } = setUp(2);
    const rows = [0, 1, 2].map(() => sim.requests.take());
    for (const io of rows) station.arrive(io);
    expect([station.start(), station.start(), station.start()]).toEqual([rows[0], rows[1], NO_IO]);
    expect([station.active, station.queued]).toEqual([2, 1]);
    station.finish(rows[1]);
    expect(station.start()).toBe(rows[2]);
  });

  it("keeps Little's law exactly over random histories and sample instants", () => {
    const action = fc.record({ wait: fc.integer({ min: 0, max: 1_000_000 }), pick: fc.nat(5) });
    fc.assert(
      fc.property(fc.array(action, { maxLength: 200 }), (actions) => {
        const { sim, station } = setUp(3);
        const active: number[] = [];
        const waiting: number[] = [];
        let sojourns = 0;
        const since = new Map<number, number>();
        for (const { wait, pick } of actions) {
          sim.runUntil(sim.now + wait);
          if (pick <= 1) {
            const io = sim.requests.take();
            if (io === NO_IO) continue;
            station.arrive(io);
            waiting.push(io);
            since.set(io, sim.now);
          } else if (pick === 2 && active.length > 0) {
            const io = active.shift() as number;
            station.finish(io);
            sojourns += sim.now - (since.get(io) as number);
            sim.requests.give(io);
          } else if (pick === 3 && waiting.length > 0) {
            const io = waiting.splice(waiting.length >> 1, 1)[0];
            expect(station.withdraw(io)).toBe(true);
            sojourns += sim.now - (since.get(io) as number);
            sim.requests.give(io);
          } else if (pick === 4) {
            sim.meters.sample();
          }
          for (let io = station.start(); io !== NO_IO; io = station.start()) {
            active.push(io);
            waiting.splice(waiting.indexOf(io), 1);
          }
        }
        const inside = [...active, ...waiting].reduce(
          (sum, io) => sum + sim.now - (since.get(io) as number),
          0,
        );
        // The station asserts its own window; here its total is checked against our own account.
        const { values } = sim.meters.sample();
        expect(values[STATION_FIELDS.indexOf('occupancyNs')]).toBe(sojourns + inside);
      }),
      { numRuns: 200 },
    );
  });

  it('notices a command that leaves twice', () => {
    const { sim, station } = setUp(1);
    const io = sim.requests.take();
    station.arrive(io);
    station.start();
    station.finish(io);
    expect(() => station.finish(io)).toThrow(/none was active/);
  });
});
