import { describe, expect, it } from 'vitest';
import { QueueFullControl } from '../../../src/engine/stack/scheduler/queue-full.js';
import { SCHEDULER_DEFAULTS } from '../../../src/engine/stack/scheduler/settings.js';
import { build } from './rig.js';

const SAMPLE = { fullSample: 32, fullThreshold: 8 };

function times(count: number, act: () => unknown): void {
  for (let done = 0; done < count; done++) act();
}

describe('adaptive queue depth by count (stack-lower 5.3 A, case F9)', () => {
  const make = (): QueueFullControl =>
    new QueueFullControl(64, { ...SCHEDULER_DEFAULTS, ...SAMPLE });

  it('halves after 32 refusals and grows by one per 8 good answers', () => {
    const control = make();
    times(31, () => control.refused());
    expect(control.depth).toBe(64);
    expect(control.refused()).toBe(true);
    expect(control.depth).toBe(32);
    times(8, () => control.answered(true));
    expect(control.depth).toBe(33);
    times(72, () => control.answered(true));
    expect(control.depth).toBe(42);
    times(256 - 80, () => control.answered(true));
    expect(control.depth).toBe(64);
    expect(control.watching).toBe(false);
    times(100, () => control.answered(true));
    expect(control.depth).toBe(64);
  });

  it('never falls below one, and failed commands are not good answers', () => {
    const control = make();
    times(32 * 20, () => control.refused());
    expect(control.depth).toBe(1);
    times(100, () => control.answered(false));
    expect(control.depth).toBe(1);
  });

  it('is off by default', () => {
    const control = new QueueFullControl(64, SCHEDULER_DEFAULTS);
    times(1000, () => control.refused());
    expect(control.depth).toBe(64);
    expect(control.watching).toBe(false);
  });
});

describe('adaptive queue depth by window (stack-lower 5.3 B)', () => {
  const make = (): QueueFullControl =>
    new QueueFullControl(64, { ...SCHEDULER_DEFAULTS, ...SAMPLE, fullByWindow: true });

  it('halves when 8 of 32 answers are refusals, not when 7 are', () => {
    const seven = make();
    times(7, () => seven.refused());
    times(25, () => seven.answered(true));
    expect(seven.depth).toBe(64);
    const eight = make();
    times(8, () => eight.refused());
    times(23, () => eight.answered(true));
    expect(eight.depth).toBe(64);
    eight.answered(true);
    expect(eight.depth).toBe(32);
  });
});

describe('device queue', () => {
  it('gives a device that turns commands away fewer of them, and says so', () => {
    const rig = build(1000, [{ shares: 1000 }], { dqlen: 64, settings: SAMPLE });
    const { sim, queue, server } = rig;
    const logged = (): string[] =>
      sim.log.entries.filter(({ kind }) => kind === 'device.qfull').map(({ what }) => what);
    times(64, () => rig.loop.issue(0));
    expect(queue.active).toBe(64);
    times(32, () => queue.noteQueueFull());
    expect(logged()).toEqual(['queue depth is 32']);
    // What is below stays there; the next ones find 32 places.
    sim.runUntil(64 * 1e6);
    expect(queue.active).toBeLessThanOrEqual(33 + 8);
    server.most = 0;
    sim.runUntil(2 * 1e9);
    expect(queue.active).toBe(64);
    expect(logged()).toEqual(['queue depth is 32', 'queue depth is 64']);
  });

  it('competing worlds keep their smaller depth below a reduced one', () => {
    const clients = [{ shares: 1000 }, { shares: 1000 }];
    const settings = { ...SAMPLE, competingDepth: 20 };
    const { sim, queue, loop } = build(1000, clients, { dqlen: 64, settings });
    loop.start();
    sim.runUntil(1e9);
    expect(queue.active).toBe(20);
    times(64, () => queue.noteQueueFull());
    sim.runUntil(sim.now + 20e6);
    expect(queue.active).toBeLessThanOrEqual(18);
  });
});
