/** The score's formula as the README states it, and what goes into it from a real run. */
import { describe, expect, it } from 'vitest';
import type { Command } from '../../src/engine/plan/commands.js';
import type { Goal } from '../../src/output/goals.js';
import { type Deeds, scoreLines, scoreOf } from '../../src/output/score.js';
import { WatchedSimulation } from '../../src/output/watched-simulation.js';
import { parseScenario, planScenario } from '../../src/scenario/load.js';

const goal = (state: Goal['state']): Goal => ({
  text: 'x',
  state,
  value: 0,
  unit: 'count',
  min: 0,
  max: 1,
  dueNs: null,
});
const DEEDS: Deeds = {
  noticeSeconds: 15,
  trouble: true,
  actions: 7,
  errors: 3,
  slowSeconds: 4,
  goalMs: 30,
};

describe('the score', () => {
  it('is 60 for goals, 20 for noticing, 20 for no harm, less one for each action after the fifth', () => {
    const score = scoreOf([goal('met'), goal('met'), goal('missed'), goal('not yet')], DEEDS);
    // 60 * 2/4 + 20 * (1 - 15/60) + (20 - 3 - 4) - 2
    expect(score.points).toBe(30 + 15 + 13 - 2);
    expect(scoreLines(score)[0]).toBe('score 56 of 100');
  });

  it('is full for whoever does all well, and never below zero', () => {
    const best = { ...DEEDS, noticeSeconds: 0, actions: 1, errors: 0, slowSeconds: 0 };
    expect(scoreOf([goal('met')], best).points).toBe(100);
    const worst = { ...DEEDS, noticeSeconds: null, actions: 90, errors: 1e6 };
    expect(scoreOf([goal('missed')], worst).points).toBe(0);
  });

  it('gives nothing for noticing after a minute or never, all where nothing broke', () => {
    const points = (change: Partial<Deeds>): number =>
      scoreOf([], { ...DEEDS, ...change }).noticePoints;
    expect(points({ noticeSeconds: 61 })).toBe(0);
    expect(points({ noticeSeconds: null })).toBe(0);
    expect(points({ trouble: false, noticeSeconds: null })).toBe(20);
  });
});

const SCENARIO = `
duration: 8s
arrays: [{ name: array1, luns: [{ name: lun0, size: 64GiB }] }]
hosts: [{ name: esx1 }]
datastores: [{ name: prod, extents: array1/lun0 }]
vms: [{ name: web, disks: [{ size: 10GiB, kind: eagerThick }], workloads: { rw: randread, bs: 4k, iodepth: 1, thinktime: 1ms } }]
faults:
  - { at: 2s, until: 5s, fault: device-stall, target: array1/lun0 }
narrative: [{ at: 0s, text: go }]
expect:
  - { text: quick at first, metric: meanLatency, to: 2s, max: 10ms }
  - { text: quick throughout, metric: meanLatency, from: 2s, to: 5s, max: 20ms }
  - { text: broken in time, event: fault.inject, min: 1s, max: 3s }
  - { text: a path fails over, event: path.failover, max: 4s }
  - { text: mended, count: fault.heal, min: 1 }
  - { text: not mended twice, count: fault.heal, max: 1 }
`;

function watched(commands: readonly { atNs: number; command: Command }[] = []): WatchedSimulation {
  const { source, text } = parseScenario(SCENARIO, 'drill.yaml');
  return new WatchedSimulation(planScenario(source, text), commands);
}

describe('a drill that is followed', () => {
  const states = (simulation: WatchedSimulation, over = false): string[] =>
    simulation.watch.standing(over).map(({ state }) => state);

  it('says of each goal when it is met or missed, not before', () => {
    const simulation = watched();
    simulation.runUntil(1.9e9);
    expect(states(simulation)).toEqual([
      'not yet',
      'not yet',
      'not yet',
      'not yet',
      'not yet',
      'not yet',
    ]);
    simulation.runUntil(2.5e9);
    expect(states(simulation).slice(0, 4)).toEqual(['met', 'not yet', 'met', 'not yet']);
    simulation.runUntil(4.1e9);
    expect(states(simulation)[3]).toBe('missed');
    simulation.runUntil(6e9);
    expect(states(simulation).slice(4)).toEqual(['met', 'not yet']);
    simulation.runUntil(8e9);
    expect(states(simulation, true)[5]).toBe('met');
  });

  it('scores the same wherever the run stops in between', () => {
    const act = [{ atNs: 3.5e9, command: { kind: 'rescan', host: 'esx1' } as const }];
    const score = (steps: readonly number[]) => {
      const simulation = watched(act);
      for (const step of steps) simulation.runUntil(step);
      return simulation.watch.score(simulation.watch.standing(true));
    };
    const once = score([8e9]);
    expect(score([1, 2.22e9, 3.5e9, 3.6e9, 7.9e9, 8e9])).toEqual(once);
    // The device stalls from 2 s on: nothing comes back in the seconds after it.
    expect(once.noticeSeconds).toBe(1.5);
    expect(once.actions).toBe(1);
    expect(once.goalMs).toBe(10);
    expect(once.slowSeconds).toBeGreaterThanOrEqual(2);
    expect(once.slowSeconds).toBeLessThanOrEqual(4);
  });

  it('knows errors are too many before their window is over', () => {
    const text = SCENARIO.replace(/expect:[\s\S]*/, 'expect: [{ text: none, metric: errors }]\n');
    const { source, text: scenario } = parseScenario(text, 'drill.yaml');
    const lost: Command = { kind: 'inject', fault: 'pdl', target: 'array1/lun0', params: {} };
    const simulation = new WatchedSimulation(planScenario(source, scenario), [
      { atNs: 1e9, command: lost },
    ]);
    simulation.runUntil(1.9e9);
    expect(simulation.totals().errors).toBeGreaterThan(0);
    expect(states(simulation)).toEqual(['missed']);
  });
});
