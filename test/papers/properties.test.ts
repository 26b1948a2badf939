/**
 * What mClock promises whatever the mix (stack-lower 9.3): over random shares, reservations, limits,
 * outstanding commands, sizes, arrivals and departures, and changes at run time.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BIN, fluid, Mix, mixes, type RandomMix } from './mix.js';

/** Simulations shrink slowly and hardly become clearer: the first failure is shown as it is. */
const RUNS = { numRuns: 40, seed: 4, endOnFailure: true };
/** Sizes in units of 32 KB: all small; or up to 256 KB, and mixed within a client too. */
const SMALL = [1];
const MIXED = [1, 2, 4, 8];
/** DSNRO would only make depths equal; depths are drawn. */
const SETTINGS = { competingDepth: 0 };

function start({ capacity, depth, clients }: RandomMix, seconds: number, more = {}): Mix {
  const settings = { ...SETTINGS, ...more };
  const mix = new Mix(clients, { capacity, depth, seconds, settings });
  for (const client of clients.keys()) mix.play(client);
  return mix;
}

/** Largest command of a client. */
const largest = ({ clients }: RandomMix): number =>
  Math.max(...clients.flatMap(({ units }) => units));

function expectFluid(
  measured: readonly number[],
  { capacity, clients }: RandomMix,
  seconds: number,
) {
  const expected = fluid(capacity, clients);
  for (const [index, rate] of expected.entries()) {
    // Beside 3 percent: windows cut commands in two, and tags take turns within one command each.
    const slack = 0.03 * rate + (4 * largest({ capacity, depth: 1, clients })) / seconds;
    const message = `${index}: ${measured.join(' ')} instead of ${expected.join(' ')}`;
    expect(Math.abs(measured[index] - rate), message).toBeLessThanOrEqual(slack);
  }
}

describe('mClock, over random mixes', () => {
  for (const [name, sizes] of [
    ['small commands', SMALL],
    ['mixed sizes', MIXED],
  ] as const) {
    it(`gives everyone min(limit, max(reservation, share)), ${name}`, () => {
      fc.assert(
        fc.property(mixes(sizes), (drawn) => {
          const mix = start(drawn, 22);
          mix.run(22);
          expectFluid(mix.rates(2, 22), drawn, 20);
        }),
        RUNS,
      );
    });

    it(`conserves work: the device idles only while limits forbid more, ${name}`, () => {
      fc.assert(
        fc.property(mixes(sizes), (drawn) => {
          const mix = start(drawn, 10);
          mix.run(2);
          const before = mix.busyNs;
          mix.run(10);
          const given = fluid(drawn.capacity, drawn.clients).reduce((sum, rate) => sum + rate, 0);
          const busy = (mix.busyNs - before) / 8e9;
          const cut = (drawn.depth * largest(drawn)) / drawn.capacity / 8;
          expect(busy).toBeGreaterThanOrEqual((0.97 * given) / drawn.capacity - cut);
        }),
        RUNS,
      );
    });
  }

  it('lets no client above its limit in any window, whatever else changes', () => {
    const change = fc.record({
      at: fc.integer({ min: 1, max: 60 }),
      client: fc.nat(7),
      what: fc.constantFrom('join', 'leave', 'shares', 'reservation'),
      value: fc.integer({ min: 1, max: 500 }),
    });
    fc.assert(
      fc.property(mixes(MIXED), fc.array(change, { maxLength: 12 }), (drawn, changes) => {
        const mix = start(drawn, 8);
        for (const { at, client, what, value } of changes.sort((a, b) => a.at - b.at)) {
          mix.run(at * BIN);
          const index = client % drawn.clients.length;
          if (what === 'join') mix.play(index);
          else if (what === 'leave') mix.play(index, 0);
          else mix.change(index, { [what]: value });
        }
        mix.run(8);
        for (const [index, { limit }] of drawn.clients.entries()) {
          if (limit === 0) continue;
          for (const length of [0.5, 1, 2]) {
            for (let from = 0; from + length <= 8; from += BIN) {
              const units = mix.rates(from, from + length)[index] * length;
              // The limits' slack of 50 ms or one command, and the command at either edge.
              const credit = 0.05 * limit + 2 * largest(drawn);
              expect(units, `${index} in ${from}+${length}`).toBeLessThanOrEqual(
                limit * length + credit,
              );
            }
          }
        }
      }),
      RUNS,
    );
  });

  it('starves nobody: after any change each has soon what it is due', () => {
    const change = fc.record({
      client: fc.nat(7),
      shares: fc.integer({ min: 1, max: 20 }),
      reservation: fc.constantFrom(0, 0.05),
      limit: fc.constantFrom(0, 0, 0.1, 0.5),
    });
    fc.assert(
      fc.property(mixes(SMALL), change, fc.nat(7), (drawn, { client, ...to }, other) => {
        const { capacity, clients } = drawn;
        const mix = start(drawn, 16);
        const index = client % clients.length;
        const leaver = other % clients.length;
        mix.run(4);
        if (leaver !== index) mix.play(leaver, 0);
        mix.run(6);
        const next = {
          shares: to.shares * (clients[0].shares >= 500 ? 400 : 1),
          reservation: Math.round(to.reservation * capacity),
          limit: Math.round(to.limit * capacity),
        };
        const later = clients.map((qos, each) => (each === index ? { ...qos, ...next } : qos));
        mix.change(index, next);
        mix.play(leaver);
        mix.run(16);
        const reserved = later.reduce((sum, { reservation }) => sum + reservation, 0);
        if (reserved > 0.9 * capacity) return;
        const due = fluid(capacity, later);
        for (const [each, rate] of mix.rates(6, 8).entries()) {
          expect(rate, `${each} of ${mix.rates(6, 8)} due ${due}`).toBeGreaterThanOrEqual(
            0.7 * due[each] - 8,
          );
        }
        expectFluid(mix.rates(10, 16), { ...drawn, clients: later }, 6);
      }),
      RUNS,
    );
  });

  it('keeps reservations also for clients without shares', () => {
    fc.assert(
      fc.property(mixes(SMALL), (drawn) => {
        const clients = drawn.clients.map((qos) =>
          qos.reservation > 0 ? { ...qos, shares: 0, limit: 0 } : { ...qos, limit: 0 },
        );
        const mix = start({ ...drawn, clients }, 12);
        mix.run(12);
        const rates = mix.rates(2, 12);
        for (const [index, { reservation }] of clients.entries()) {
          expect(rates[index]).toBeGreaterThanOrEqual(0.97 * reservation - 0.5);
        }
      }),
      RUNS,
    );
  });
});

describe('SFQ, over random mixes', () => {
  it('gives shares alone, in units of cost', () => {
    fc.assert(
      fc.property(mixes(MIXED), (drawn) => {
        const clients = drawn.clients.map((qos) => ({ ...qos, reservation: 0, limit: 0 }));
        const mix = start({ ...drawn, clients }, 22, { kind: 'sfq', quantum: 1 });
        mix.run(22);
        expectFluid(mix.rates(2, 22), { ...drawn, clients }, 20);
      }),
      RUNS,
    );
  });
});
