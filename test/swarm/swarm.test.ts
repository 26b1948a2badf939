import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { FAULTS } from '../../src/engine/faults/index.js';
import { Draw } from '../../src/engine/simulation/swarm/draw.js';
import { runTrial } from '../../src/engine/simulation/swarm/trial.js';
import {
  DATA_FAULTS,
  drawWeather,
  type TrialKind,
} from '../../src/engine/simulation/swarm/weather.js';
import { trySeed } from '../../src/output/swarm.js';
import { parseScenario, planScenario } from '../../src/scenario/load.js';
import { drawTrial } from '../../src/scenario/swarm.js';

const SEEDS = Array.from({ length: 20 }, (_, index) => index + 1);

describe('the swarm', () => {
  it.each(SEEDS)('seed %i keeps every promise', (seed) => {
    const { problems, blocksRead } = trySeed(seed);
    expect(problems).toEqual([]);
    expect(blocksRead).toBeGreaterThan(0);
  });

  it('notices data that devices spoil', () => {
    // Of 30 seeds about three are of this kind; one is enough to know that the verifiers are awake.
    const seeds = Array.from({ length: 60 }, (_, index) => index + 1);
    const spoilt = seeds
      .map((seed) => drawTrial(seed))
      .filter(({ kind }) => kind === 'data')
      .map((trial) => runTrial(trial))
      .filter(({ strikes }) => strikes > 0);
    expect(spoilt.length).toBeGreaterThan(0);
    expect(spoilt.some(({ violations }) => violations > 0)).toBe(true);
    expect(spoilt.flatMap(({ problems }) => problems)).toEqual([]);
  });
});

describe('drawTrial', () => {
  it('is a function of the seed', () => {
    for (const seed of [1, 2, 0xffffffff]) expect(drawTrial(seed)).toEqual(drawTrial(seed));
    expect(drawTrial(1).yaml).not.toBe(drawTrial(2).yaml);
  });

  it('is a scenario anybody can run', () => {
    const { yaml, plan } = drawTrial(7);
    const { source, text } = parseScenario(yaml, 'swarm-7.yaml');
    expect(planScenario(source, text)).toEqual(plan);
    expect(parse(yaml)).toHaveProperty('vms');
  });

  it('heals every fault before guests stop, and lets every VM verify something', () => {
    for (const seed of SEEDS) {
      const { plan, healNs, stopNs } = drawTrial(seed);
      expect(stopNs).toBeGreaterThan(healNs);
      for (const { atNs, untilNs } of plan.faults) {
        expect(untilNs).toBeGreaterThan(atNs);
        expect(untilNs).toBeLessThanOrEqual(healNs);
      }
      for (const { name } of plan.vms) {
        expect(plan.jobs.some(({ vm, verify }) => vm === name && verify)).toBe(true);
      }
    }
  });

  it('reaches the whole range of systems', () => {
    const plans = Array.from({ length: 150 }, (_, seed) => drawTrial(seed).plan);
    const reach = (figure: (plan: (typeof plans)[number]) => number): [number, number] => {
      const all = plans.map(figure);
      return [Math.min(...all), Math.max(...all)];
    };
    expect(reach(({ hosts }) => hosts.length)).toEqual([1, 4]);
    expect(reach(({ vms }) => vms.length)).toEqual([1, 5]);
    const paths = reach(({ hosts, arrays }) => {
      const lun = arrays[0]?.luns[0]?.uid;
      return hosts[0]?.paths.filter((path) => path.lun === lun).length ?? 0;
    });
    // At least the range of the verification plan: one path to eight.
    expect(paths[0]).toBe(1);
    expect(paths[1]).toBeGreaterThanOrEqual(8);
    expect(reach(({ nfsServers }) => nfsServers.length)).toEqual([0, 1]);
    const kinds = plans.flatMap(({ vms }) => vms.flatMap(({ disks }) => disks.map((d) => d.kind)));
    expect(new Set(kinds).size).toBe(3);
    const verified = plans.flatMap(({ jobs }) => jobs.filter(({ verify }) => verify));
    expect(verified.some(({ trimPercent = 0 }) => trimPercent > 0)).toBe(true);
    expect(verified.some(({ fsync = 0 }) => fsync > 0)).toBe(true);
    const adapters = plans.flatMap(({ hosts }) => hosts.flatMap((host) => host.adapters));
    expect(adapters.some(({ merge, aqlen }) => merge !== false && aqlen === 1)).toBe(true);
    const settings = plans.flatMap(({ hosts }) => hosts.map((host) => host.settings));
    for (const name of ['Disk.SchedulerWithReservation', 'isPerFileSchedModelActive']) {
      expect(settings.some((own) => own[name] === 0)).toBe(true);
    }
    expect(settings.some((own) => own['Vmtop.FifoScheduler'] === 1)).toBe(true);
    expect(plans.some(({ datastores }) => datastores.some(({ sioc }) => sioc))).toBe(true);
    const pools = plans.flatMap(({ arrays }) => arrays.flatMap((array) => array.pools));
    expect(pools.some(({ scaleOut }) => scaleOut)).toBe(true);
    const disks = plans.flatMap(({ vms }) => vms.flatMap((vm) => vm.disks));
    expect(disks.some(({ policy }) => policy)).toBe(true);
    const rules = plans.flatMap(({ claimRules }) => claimRules);
    expect(rules.some(({ latencyThresholdNs = 0 }) => latencyThresholdNs > 0)).toBe(true);
    const spoilt = plans.flatMap(({ faults }) =>
      faults.filter(({ fault }) => DATA_FAULTS.includes(fault)).map(({ target }) => target),
    );
    expect(spoilt.some((target) => target === 'filer1')).toBe(true);
    expect(new Set(plans.flatMap(({ faults }) => faults.map(({ fault }) => fault)))).toEqual(
      new Set(FAULTS.map(({ name }) => name)),
    );
  });
});

describe('drawWeather', () => {
  const namesOf = (kind: TrialKind): Set<string> => {
    const names = new Set<string>();
    for (let seed = 0; seed < 200; seed++) {
      const targetsOf = (): string[] => ['a', 'b'];
      const strikes = drawWeather({ seed, kind, catalogue: FAULTS, targetsOf, healNs: 1e9 });
      for (const { fault, params } of strikes) {
        names.add(fault);
        const known = FAULTS.find(({ name }) => name === fault)!.params;
        for (const [name, value] of Object.entries(params)) {
          expect(value).toBeGreaterThanOrEqual(known[name]!.min);
          expect(value).toBeLessThanOrEqual(known[name]!.max);
        }
      }
    }
    return names;
  };

  it('keeps devices that spoil or lose data to runs of their own', () => {
    const masked = namesOf('masked');
    const errors = namesOf('errors');
    for (const name of ['pdl', ...DATA_FAULTS]) {
      expect(masked.has(name)).toBe(false);
      expect(errors.has(name)).toBe(false);
    }
    expect(namesOf('loss').has('pdl')).toBe(true);
    for (const name of DATA_FAULTS) expect(namesOf('data').has(name)).toBe(true);
    expect(errors.size).toBe(FAULTS.length - 1 - DATA_FAULTS.length);
    for (const name of masked) expect(errors.has(name)).toBe(true);
  });
});

describe('Draw', () => {
  it('stays within its bounds and reaches them', () => {
    const draw = new Draw(1, 'test');
    const wholes = Array.from({ length: 1000 }, () => draw.whole(3, 6));
    expect([Math.min(...wholes), Math.max(...wholes)]).toEqual([3, 6]);
    const scaled = Array.from({ length: 3000 }, () => draw.scaled(1, 1000));
    expect(Math.min(...scaled)).toBeGreaterThanOrEqual(1);
    expect(Math.max(...scaled)).toBeLessThan(1000);
    // A third of the draws in each power of ten: three standard deviations are 2.6 %.
    const share = scaled.filter((value) => value >= 10 && value < 100).length / 3000;
    expect(Math.abs(share - 1 / 3)).toBeLessThan(0.026);
    expect(draw.some([1, 2, 3], 0)).toHaveLength(1);
    expect(draw.some([1, 2, 3], 1)).toEqual([1, 2, 3]);
  });
});
