import { expect, test } from 'vitest';
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
