import { expect, test } from 'vitest';
import { WRITE } from '../../../src/engine/core/io.js';
import { Layer } from '../../../src/engine/core/layer.js';
import { build } from './rig.js';

const MS = 1e6;

test('a client counts the time in which commands of its own wait', () => {
  // One command at a time, 1 ms each: of three at once the last starts after 2 ms.
  const { sim, loop } = build(1000, [{ shares: 1000 }, { shares: 1000 }], {
    dqlen: 1,
  });
  loop.paused = true;
  const client = sim.meters.entities.find(({ scope }) => scope === 'client');
  if (client === undefined) throw new Error('no client');
  const slot = client.base + client.fields.indexOf('waitingNs');
  const waiting = (): number => sim.meters.sample(false).values[slot] ?? Number.NaN;
  for (let command = 0; command < 3; command++) loop.issue(0);
  sim.runUntil(1.5 * MS);
  expect(waiting()).toBe(1.5 * MS);
  sim.runUntil(10 * MS);
  expect(waiting()).toBe(2 * MS);
  // What finds the device free does not wait.
  loop.issue(0);
  sim.runUntil(20 * MS);
  expect(waiting()).toBe(2 * MS);
});

test("the host's own rows under a reservation wait behind nobody: all other hosts wait for them", () => {
  const { sim, loop, queue, server } = build(1000, [{ shares: 1000 }], { dqlen: 1 });
  loop.paused = true;
  for (let command = 0; command < 10; command++) loop.issue(0);
  const host = new (class extends Layer {
    override submit(io: number): void {
      this.enter(io);
      queue.submit(io);
    }
    override complete(io: number): void {
      sim.requests.give(io);
    }
  })(sim, 'host');
  const reserved = sim.requests.column('psa.reserved', Uint8Array);
  const [free, bound] = [0, 1].map((isBound) => {
    const io = sim.requests.takeOwn(WRITE, 0, 8, sim.now);
    reserved[io] = isBound;
    host.submit(io);
    return io;
  });
  expect(server.order).toHaveLength(2);
  expect(server.order).toContain(bound);
  expect(queue.queued).toBe(10);
  // It took no slot from anybody: they are served one after the other as before.
  sim.runUntil(13 * MS);
  expect(server.order).toContain(free);
  expect([queue.queued, queue.active]).toEqual([0, 0]);
});
