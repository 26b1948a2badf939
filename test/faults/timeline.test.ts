import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/engine/core/errors.js';
import { Run, SECOND } from '../simulation/support.js';
import { planOf, SMALL } from './rig.js';

/** The small scenario with nothing to do and these faults. */
function quiet(faults: string, seed = 1): Run {
  const plan = planOf(`${SMALL}\nfaults:\n${faults}`);
  return new Run({ ...plan, seed, jobs: [] });
}

const times = (run: Run, kind: string): number[] => run.of(kind).map(({ at }) => at);

describe('faults at random times', () => {
  const RANDOM = '  - { rate: 6, for: 500ms, fault: link-down, target: esx1/vmhba1 }';

  it('come as often as the rate says, last as long as they are to, and always heal', () => {
    const run = quiet(RANDOM);
    run.simulation.runUntil(600 * SECOND);
    const struck = times(run, 'fault.inject');
    const healed = times(run, 'fault.heal');
    // 60 expected in ten minutes; a Poisson count lies within four standard deviations.
    expect(struck.length).toBeGreaterThan(60 - 4 * Math.sqrt(60));
    expect(struck.length).toBeLessThan(60 + 4 * Math.sqrt(60));
    for (const [index, at] of healed.entries()) expect(at - struck[index]).toBe(SECOND / 2);
    expect(struck.length - healed.length).toBeLessThanOrEqual(1);
    expect(run.of('fault.inject')[0].why).toBe('6 per minute at random');
  });

  it('are the same for the same seed, and do not move when another fault is added', () => {
    const first = quiet(RANDOM);
    const again = quiet(
      `${RANDOM}\n  - { at: 5s, for: 1s, fault: path-down, target: 'esx2/vmhba2:C0:T0:L0' }`,
    );
    const other = quiet(RANDOM, 2);
    for (const run of [first, again, other]) run.simulation.runUntil(300 * SECOND);
    const ofLink = (run: Run): number[] => run.of('fault.inject', 'vmhba1').map(({ at }) => at);
    expect(ofLink(again)).toEqual(ofLink(first));
    expect(ofLink(other)).not.toEqual(ofLink(first));
  });

  it('stay between their two times', () => {
    const run = quiet(
      '  - { at: 100s, until: 200s, rate: 20, for: 30s, fault: link-down, target: esx1/vmhba1 }',
    );
    run.simulation.runUntil(600 * SECOND);
    const struck = times(run, 'fault.inject');
    const healed = times(run, 'fault.heal');
    expect(struck.length).toBeGreaterThan(5);
    expect(Math.min(...struck)).toBeGreaterThanOrEqual(100 * SECOND);
    expect(Math.max(...struck)).toBeLessThan(200 * SECOND);
    expect(Math.max(...healed)).toBe(200 * SECOND);
    expect(healed).toHaveLength(struck.length);
    expect(run.simulation.activeFaults).toEqual([]);
  });
});

describe('faults that happen once', () => {
  it('end after "for"', () => {
    const run = quiet('  - { at: 5s, for: 2s, fault: link-down, target: esx1/vmhba1 }');
    run.simulation.runUntil(60 * SECOND);
    expect(times(run, 'fault.inject')).toEqual([5 * SECOND]);
    expect(times(run, 'fault.heal')).toEqual([7 * SECOND]);
  });

  it.each([
    ['without a time', '{ fault: link-down, target: esx1/vmhba1 }'],
    ['with a rate and no length', '{ rate: 1, fault: link-down, target: esx1/vmhba1 }'],
    ['with two ends', '{ at: 1s, until: 2s, for: 3s, fault: link-down, target: esx1/vmhba1 }'],
  ])('are refused %s', (_, text) => {
    expect(() => quiet(`  - ${text}`)).toThrow(InputError);
  });
});

describe('faults that come and go', () => {
  it('leave broken what another fault has broken', () => {
    const flap =
      '{ at: 1s, until: 20s, fault: link-flap, target: esx1/vmhba1, params: { period: 2s, down: 500ms } }';
    const down = '{ at: 5s, until: 10s, fault: link-down, target: esx1/vmhba1 }';
    const run = quiet(`  - ${flap}\n  - ${down}`);
    const linkUp = (): number => {
      const { values } = run.simulation.sample();
      const adapter = run.entity('adapter', 'vmhba1');
      return values[adapter.base + adapter.fields.indexOf('linkUp')];
    };
    const at = (second: number): number => {
      run.simulation.runUntil(second * SECOND);
      return linkUp();
    };
    expect([at(1.2), at(1.7), at(3.2), at(3.7)]).toEqual([0, 1, 0, 1]);
    expect([at(5.2), at(5.7), at(6.5), at(9.7)]).toEqual([0, 0, 0, 0]);
    expect([at(10.2), at(11.2), at(11.7)]).toEqual([1, 0, 1]);
    expect([at(20.1), at(30)]).toEqual([1, 1]);
  });

  it('a switch takes the connections of every host on its fabric, or a share of them', () => {
    const half = 'params: { share: 0.5 }';
    const run = quiet(
      `  - { at: 1s, until: 2s, fault: switch-loss, target: fc-A }\n  - { at: 3s, until: 4s, fault: switch-loss, target: fc-B, ${half} }`,
    );
    const down = (adapter: string): number => {
      const { values } = run.simulation.sample();
      const links = run.entities('nexus', { adapter });
      return links.filter(({ base, fields }) => values[base + fields.indexOf('up')] === 0).length;
    };
    run.simulation.runUntil(1.5 * SECOND);
    // Two hosts with four ports each behind vmhba1.
    expect([down('vmhba1'), down('vmhba2')]).toEqual([8, 0]);
    run.simulation.runUntil(2.5 * SECOND);
    expect([down('vmhba1'), down('vmhba2')]).toEqual([0, 0]);
    run.simulation.runUntil(3.5 * SECOND);
    expect([down('vmhba1'), down('vmhba2')]).toEqual([0, 4]);
    run.simulation.runUntil(5 * SECOND);
    expect([down('vmhba1'), down('vmhba2')]).toEqual([0, 0]);
  });
});

describe("a VM's guest in a scenario", () => {
  const timeoutOf = (keys: string): number | undefined =>
    planOf(SMALL.replace('guest: linux', keys)).vms[0].diskTimeout?.timeoutNs;

  it.each([
    ['', undefined],
    ['guest: linux', 30 * SECOND],
    ['guest: windows', 60 * SECOND],
    ['guest: tools', 180 * SECOND],
    ['guest: linux\n    diskTimeout: 5s', 5 * SECOND],
    ['diskTimeout: 0s', undefined],
    ['guest: windows\n    diskTimeout: 0s', undefined],
  ])('%j sets its disk time-out', (keys, expected) => {
    expect(timeoutOf(keys)).toBe(expected);
  });
});
