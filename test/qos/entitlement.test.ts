import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Claim, entitlements } from '../../src/engine/qos/entitlement.js';

const BACKLOGGED = Number.POSITIVE_INFINITY;

function claim(given: Partial<Claim>): Claim {
  return { reservation: 0, limit: 0, weight: 1, demand: BACKLOGGED, ...given };
}

/** Clients of the reference's cases F5 to F8 (stack-lower, 11.1). */
const PAPER = [
  claim({ reservation: 250, weight: 1 }),
  claim({ reservation: 250, weight: 2 }),
  claim({ limit: 1000, weight: 3 }),
];

describe('the published cases', () => {
  test.each([
    ['F5', 1200, [250, 380, 570]],
    ['F6', 700, [250, 250, 200]],
    ['F7', 2500, [500, 1000, 1000]],
    ['F8', 300, [150, 150, 0]],
  ])('%s: %i I/Os per second', (_name, capacity, expected) => {
    const given = entitlements(capacity, PAPER);
    for (const [index, rate] of expected.entries()) expect(given[index]).toBeCloseTo(rate, 9);
  });

  test('D4: all four capacities (11.3)', () => {
    const clients = [
      claim({ reservation: 25, weight: 1 }),
      claim({ reservation: 25, weight: 2 }),
      claim({ limit: 100, weight: 3 }),
    ];
    const rows: readonly [number, readonly number[]][] = [
      [40, [20, 20, 0]],
      [70, [25, 25, 20]],
      [120, [25, 38, 57]],
      [160, [160 / 6, 320 / 6, 80]],
    ];
    for (const [capacity, expected] of rows) {
      const given = entitlements(capacity, clients);
      for (const [index, rate] of expected.entries()) expect(given[index]).toBeCloseTo(rate, 9);
    }
  });

  test('D5: reserved service counts toward the part by weight', () => {
    const weights = [1, 1, 2, 2, 2];
    const reserved = [300, 250, 0, 0, 0];
    const clients = weights.map((weight, i) => claim({ weight, reservation: reserved[i] }));
    const given = entitlements(1500, clients);
    for (const [index, rate] of [300, 250, 950 / 3, 950 / 3, 950 / 3].entries()) {
      expect(given[index]).toBeCloseTo(rate, 9);
    }
  });
});

describe('demand', () => {
  test('what one does not ask for goes to the others by weight', () => {
    const clients = [claim({ demand: 100 }), claim({ weight: 1 }), claim({ weight: 2 })];
    expect(entitlements(1000, clients)).toEqual([100, 300, 600]);
  });

  test('a reservation nobody asks for is free for others', () => {
    const clients = [claim({ reservation: 800, demand: 50 }), claim({})];
    expect(entitlements(1000, clients)).toEqual([50, 950]);
  });

  test('a limit below the reservation wins', () => {
    const clients = [claim({ reservation: 500, limit: 100 }), claim({})];
    expect(entitlements(1000, clients)).toEqual([100, 900]);
  });

  test('without shares there is the reservation and nothing else', () => {
    expect(entitlements(1000, [claim({ weight: 0, reservation: 300 })])).toEqual([300]);
  });

  test('nobody, and no capacity', () => {
    expect(entitlements(1000, [])).toEqual([]);
    expect(entitlements(0, [claim({ reservation: 10 }), claim({})])).toEqual([0, 0]);
  });
});

const claims = fc.array(
  fc.record<Claim>({
    reservation: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 2000 })),
    limit: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 3000 })),
    weight: fc.integer({ min: 1, max: 100_000 }),
    demand: fc.oneof(fc.constant(BACKLOGGED), fc.integer({ min: 0, max: 5000 })),
  }),
  { minLength: 1, maxLength: 40 },
);
const capacities = fc.integer({ min: 0, max: 60_000 });

function capOf({ limit, demand }: Claim): number {
  return Math.min(demand, limit > 0 ? limit : BACKLOGGED);
}

function floorOf(client: Claim): number {
  return Math.min(client.reservation, capOf(client));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

describe('over random mixes', () => {
  test('all of the capacity is given away, or everybody has all he may have', () => {
    fc.assert(
      fc.property(capacities, claims, (capacity, clients) => {
        const expected = Math.min(capacity, sum(clients.map(capOf)));
        expect(sum(entitlements(capacity, clients))).toBeCloseTo(expected, 5);
      }),
    );
  });

  test('each is held by its reservation, by its cap, or has its part by weight', () => {
    fc.assert(
      fc.property(capacities, claims, (capacity, clients) => {
        const given = entitlements(capacity, clients);
        fc.pre(sum(clients.map(floorOf)) < capacity);
        const inside = clients
          .map((client, index) => ({ client, rate: given[index] }))
          .filter(({ client, rate }) => rate > floorOf(client) && rate < capOf(client));
        const [first] = inside;
        // All of those in between stand at the same level, the held ones on their side of it.
        const level = first === undefined ? undefined : first.rate / first.client.weight;
        for (const [index, client] of clients.entries()) {
          const rate = given[index];
          expect(rate).toBeGreaterThanOrEqual(floorOf(client));
          expect(rate).toBeLessThanOrEqual(capOf(client));
          // Where both bounds are the same there is nothing to choose.
          if (level === undefined || floorOf(client) === capOf(client)) continue;
          const slack = 1e-6 * Math.max(1, level * client.weight);
          if (rate === capOf(client)) {
            expect(level * client.weight).toBeGreaterThanOrEqual(rate - slack);
          } else if (rate === floorOf(client)) {
            expect(level * client.weight).toBeLessThanOrEqual(rate + slack);
          } else {
            expect(Math.abs(level * client.weight - rate)).toBeLessThan(slack);
          }
        }
      }),
    );
  });

  test('reservations beyond the capacity shrink by the same factor', () => {
    fc.assert(
      fc.property(claims, (clients) => {
        const floors = clients.map(floorOf);
        const capacity = sum(floors) / 2;
        const given = entitlements(capacity, clients);
        for (const [index, floor] of floors.entries())
          expect(given[index]).toBeCloseTo(floor / 2, 6);
      }),
    );
  });

  test('more capacity never means less for anybody', () => {
    fc.assert(
      fc.property(capacities, fc.integer({ min: 0, max: 5000 }), claims, (least, more, clients) => {
        const before = entitlements(least, clients);
        const after = entitlements(least + more, clients);
        for (const [index, rate] of before.entries()) {
          expect(after[index]).toBeGreaterThanOrEqual(rate - 1e-6);
        }
      }),
    );
  });

  test('more shares never mean less for the one who has them', () => {
    fc.assert(
      fc.property(capacities, claims, (capacity, clients) => {
        const [first, ...others] = clients;
        const before = entitlements(capacity, clients)[0];
        const after = entitlements(capacity, [
          { ...first, weight: first.weight * 2 },
          ...others,
        ])[0];
        expect(after).toBeGreaterThanOrEqual(before - 1e-6);
      }),
    );
  });
});
