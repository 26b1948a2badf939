import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Io, NO_IO, READ, WRITE } from '../../../src/engine/core/io.js';
import { Sim } from '../../../src/engine/core/sim.js';
import { createOrder } from '../../../src/engine/stack/adapter/orders/index.js';

const MS = 1e6;

/** An order without an adapter; commands are known by their first block. */
function build(order: string, params: Record<string, number> = {}) {
  const sim = new Sim(1, 512);
  const queue = createOrder(sim, { order, params });
  const push = (lba: number, op = READ, blocks = 8): Io => {
    const io = sim.requests.take();
    sim.requests.op[io] = op;
    sim.requests.lba[io] = lba;
    sim.requests.blocks[io] = blocks;
    queue.push(io);
    return io;
  };
  const pop = (): number => {
    const io = queue.pop();
    return io === NO_IO ? -1 : sim.requests.lba[io];
  };
  const drain = (): number[] => {
    const lbas: number[] = [];
    for (let lba = pop(); lba >= 0; lba = pop()) lbas.push(lba);
    return lbas;
  };
  return { sim, queue, push, pop, drain };
}

describe('order none', () => {
  test('first come, first served', () => {
    const { push, drain } = build('none');
    for (const lba of [50, 10, 90, 30]) push(lba);
    expect(drain()).toEqual([50, 10, 90, 30]);
  });
});

describe('order elevator', () => {
  test('ascending from the head, then from the lowest again', () => {
    const { push, pop, drain } = build('elevator');
    push(50);
    expect(pop()).toBe(50);
    for (const lba of [90, 10, 58, 30, 57]) push(lba);
    // The head stands behind block 57.
    expect(drain()).toEqual([58, 90, 10, 30, 57]);
  });

  test('commands that start at the same block keep their turn', () => {
    const { sim, queue, push } = build('elevator');
    const rows = [push(8), push(8), push(8)];
    expect([queue.pop(), queue.pop(), queue.pop()]).toEqual(rows);
    expect(sim.requests.lba[rows[0]!]).toBe(8);
  });
});

describe('order deadline', () => {
  test('a batch is 16 commands in address order; a new one starts at the oldest only if expired', () => {
    const { push, drain } = build('deadline');
    for (let lba = 40; lba > 0; lba--) push(lba * 10);
    // The very first batch has no address to go on from: it starts with the oldest, the highest.
    // Nothing lies above it, so the next starts with the oldest again, and so on.
    expect(drain()).toEqual(Array.from({ length: 40 }, (_, index) => (40 - index) * 10));
  });

  test('goes up from where it stands, and back to the oldest at the top', () => {
    const { push, drain } = build('deadline');
    for (const lba of [100, 300, 50, 200, 20]) push(lba);
    expect(drain()).toEqual([100, 200, 300, 50, 20]);
  });

  test('reads go first, but writes wait for two batches of reads at most', () => {
    const { push, pop } = build('deadline');
    for (let index = 0; index < 64; index++) push(index * 10);
    for (let index = 0; index < 64; index++) push(10_000 + index * 10, WRITE);
    const order = Array.from({ length: 64 }, () => (pop() >= 10_000 ? 'w' : 'r')).join('');
    expect(order).toBe(`${'r'.repeat(32)}${'w'.repeat(16)}${'r'.repeat(16)}`);
  });

  test('a read past 500 ms starts the next batch, wherever it lies', () => {
    const { sim, push, pop } = build('deadline', { fifoBatch: 4 });
    push(500);
    expect(pop()).toBe(500);
    push(10);
    for (let lba = 600; lba < 700; lba += 10) push(lba);
    expect([pop(), pop(), pop()]).toEqual([600, 610, 620]);
    sim.runUntil(499 * MS);
    // Not expired yet: another batch in address order.
    expect([pop(), pop(), pop(), pop()]).toEqual([630, 640, 650, 660]);
    sim.runUntil(500 * MS);
    expect(pop()).toBe(10);
    expect(pop()).toBe(670);
  });

  test('does what the pseudo-code of the reference does', () => {
    const step = fc.record({
      pushes: fc.array(fc.record({ lba: fc.nat(60), write: fc.boolean() }), { maxLength: 6 }),
      pops: fc.nat(5),
      waitNs: fc.nat(300 * MS),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const { sim, queue, push } = build('deadline', { fifoBatch: 3, writeExpire: 900 * MS });
        const model = new Pseudo(3, 2, 500 * MS, 900 * MS);
        for (const { pushes, pops, waitNs } of steps) {
          for (const { lba, write } of pushes) {
            const io = push(lba, write ? WRITE : READ);
            model.push({ io, lba, dir: write ? 1 : 0, at: sim.now });
          }
          for (let left = pops; left > 0; left--) {
            const expected = model.dispatch(sim.now);
            expect(queue.pop()).toBe(expected?.io ?? NO_IO);
            if (expected !== undefined) {
              sim.requests.depth[expected.io] = 0;
              sim.requests.give(expected.io);
            }
          }
          sim.runUntil(sim.now + waitNs);
        }
      }),
      { numRuns: 300, seed: 5 },
    );
  });
});

interface Request {
  readonly io: Io;
  readonly lba: number;
  readonly dir: 0 | 1;
  readonly at: number;
}

/** Stack-lower reference, section 2.2, word for word, on plain lists. */
class Pseudo {
  private readonly waiting: Request[] = [];
  private batch = 0;
  private dir: 0 | 1 = 0;
  private starved = 0;
  private readonly last: (number | undefined)[] = [undefined, undefined];

  constructor(
    private readonly fifoBatch: number,
    private readonly writesStarved: number,
    private readonly readExpire: number,
    private readonly writeExpire: number,
  ) {}

  push(request: Request): void {
    this.waiting.push(request);
  }

  dispatch(now: number): Request | undefined {
    const next = this.successor(this.dir);
    if (this.batch > 0 && next !== undefined && this.batch < this.fifoBatch) {
      return this.issue(next);
    }
    const writes = this.waiting.some(({ dir }) => dir === 1);
    if (this.waiting.some(({ dir }) => dir === 0)) {
      if (writes && this.starved++ >= this.writesStarved) return this.write(now);
      this.dir = 0;
      return this.pick(now);
    }
    return writes ? this.write(now) : undefined;
  }

  private write(now: number): Request {
    this.starved = 0;
    this.dir = 1;
    return this.pick(now);
  }

  private pick(now: number): Request {
    const head = this.waiting.find(({ dir }) => dir === this.dir)!;
    const expires = head.at + (this.dir === 0 ? this.readExpire : this.writeExpire);
    const next = this.successor(this.dir);
    this.batch = 0;
    return this.issue(expires <= now || next === undefined ? head : next);
  }

  private issue(request: Request): Request {
    this.batch++;
    this.waiting.splice(this.waiting.indexOf(request), 1);
    this.last[this.dir] = request.lba;
    return request;
  }

  private successor(dir: number): Request | undefined {
    const from = this.last[dir];
    if (from === undefined) return undefined;
    let best: Request | undefined;
    for (const request of this.waiting) {
      if (request.dir !== dir || request.lba < from) continue;
      if (best === undefined || request.lba < best.lba) best = request;
    }
    return best;
  }
}
