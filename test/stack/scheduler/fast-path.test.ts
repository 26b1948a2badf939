import { describe, expect, it } from 'vitest';
import { build, measure, type Rig } from './rig.js';

/** Stack-lower reference, 3.8 and 2.1: a device below its threshold bypasses the I/O scheduler. */

const S = 1e9;
/** The device of the rig answers in 1 us. */
const ABOVE = 1001;
const BELOW = 999;

/** One machine with 25 commands for a second, then a second one joins it. */
function twoMachines(latencyThresholdNs: number): Rig {
  const rig = build(1000, [{ shares: 1000 }, { shares: 1000 }], { dqlen: 64, latencyThresholdNs });
  for (let count = 0; count < 25; count++) rig.loop.issue(0);
  rig.sim.runUntil(S);
  for (let count = 0; count < 25; count++) rig.loop.issue(1);
  rig.sim.runUntil(3 * S);
  return rig;
}

describe('the latency-sensitive threshold', () => {
  it('lets commands of a fast device pass the scheduler, which would lower its depth', () => {
    const { queue, loop } = twoMachines(ABOVE);
    expect([queue.active, queue.queued]).toEqual([50, 0]);
    // Each command came back once, to the machine that sent it.
    expect(loop.done[0] as number).toBeGreaterThan(1000);
    expect(loop.done[1] as number).toBeGreaterThan(800);
  });

  it('is nothing to a device that is slower, or has none', () => {
    // Two machines compete: the depth is 32 (5.2).
    for (const threshold of [BELOW, 0]) {
      const { queue } = twoMachines(threshold);
      expect([queue.active, queue.queued]).toEqual([32, 18]);
    }
  });

  it('does not break a limit, set before or meanwhile', () => {
    const rig = build(1000, [{ shares: 1000, outstanding: 8 }], {
      dqlen: 64,
      latencyThresholdNs: ABOVE,
    });
    rig.loop.start();
    rig.sim.runUntil(S);
    expect(measure(rig, 2)[0]).toBeCloseTo(1000, -1);
    rig.queue.setQos(0, 1, 'vm0', { shares: 1000, reservation: 0, limit: 100 });
    rig.sim.runUntil(rig.sim.now + S);
    expect(measure(rig, 2)[0]).toBeCloseTo(100, -1);
    rig.queue.setQos(0, 1, 'vm0', { shares: 1000, reservation: 0, limit: 0 });
    rig.sim.runUntil(rig.sim.now + S);
    expect(measure(rig, 2)[0]).toBeCloseTo(1000, -1);
  });

  it('does not break WQLEN: as many commands of a machine below as without it, the rest wait', () => {
    const depth = { dqlen: 64, settings: { worldDepth: 8 }, latencyThresholdNs: ABOVE };
    const rig = build(1000, [{ shares: 1000, outstanding: 8 }, { shares: 1000 }], depth);
    rig.loop.start();
    rig.sim.runUntil(S);
    rig.loop.paused = true;
    rig.sim.runUntil(2 * S);
    expect(rig.queue.active).toBe(0);
    for (let count = 0; count < 20; count++) rig.loop.issue(0);
    expect([rig.queue.active, rig.queue.queued]).toEqual([8, 12]);
    // The other machine is not full, and goes on past those that wait.
    for (let count = 0; count < 3; count++) rig.loop.issue(1);
    expect([rig.queue.active, rig.queue.queued]).toEqual([11, 12]);
    rig.sim.runUntil(3 * S);
    expect([rig.queue.active, rig.queue.queued, rig.server.most]).toEqual([0, 0, 16]);
  });
});
