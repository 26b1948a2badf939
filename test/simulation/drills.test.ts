import { beforeAll, describe, expect, it } from 'vitest';
import type { LogEntry } from '../../src/engine/core/event-log.js';
import type { EntityInfo, Sample } from '../../src/engine/core/meters.js';
import type { Engine } from '../../src/output/engine.js';
import { type RunResult, runToEnd } from '../../src/output/run.js';
import { bundledScenarios } from '../../src/scenario/bundled.js';
import { loadScenario } from '../../src/scenario/load.js';
import { closeLedgers, Ledger } from './ledger.js';
import { blameProblems, bookProblems, fieldOf, Run, SECOND, sumOf } from './support.js';

closeLedgers();

const DRILLS = bundledScenarios().filter((name) => name !== 'default');

/** Drills that are looked at below. */
const LOOKED_AT = ['all-paths-down', 'datastore-full', 'noisy-neighbour', 'path-loss'];

it('are all here', () => {
  expect(DRILLS).toEqual(expect.arrayContaining(LOOKED_AT));
});

/** A drill run with our own eyes on it: samples at the seconds named, all log entries, the ledger. */
class Watched {
  readonly ledger = new Ledger();
  readonly run: Run;
  readonly result: RunResult;
  private readonly samples = new Map<number, Sample>();

  /** @param seconds in order */
  constructor(name: string, seconds: readonly number[]) {
    const plan = loadScenario(name);
    this.run = new Run(plan);
    const { simulation } = this.run;
    const left = [...seconds];
    const engine: Engine = {
      log: simulation.log,
      entities: simulation.entities,
      get now() {
        return simulation.now;
      },
      get finished() {
        return simulation.finished;
      },
      runUntil: (ns) => {
        while (left.length > 0 && left[0] * SECOND <= ns) this.look(left.shift()!);
        simulation.runUntil(ns);
      },
      sample: () => simulation.sample(),
      totals: () => simulation.totals(),
      digest: () => simulation.digest(),
      layerSummary: (before, after) => simulation.layerSummary(before, after),
    };
    this.result = runToEnd(engine, plan);
    expect(left).toEqual([]);
    this.ledger.close();
  }

  private look(second: number): void {
    const { simulation } = this.run;
    simulation.runUntil(second * SECOND);
    const sample = simulation.sample();
    this.samples.set(second, sample);
    expect(blameProblems(simulation.entities, sample)).toEqual([]);
    expect(bookProblems(this.run, sample)).toEqual([]);
  }

  /** What the scenario itself promises. */
  expectPromisesKept(): void {
    const { expectations, stuck } = this.result;
    expect(stuck).toBe(false);
    expect(expectations.length).toBe(this.run.plan.expectations.length);
    expect(expectations.length).toBeGreaterThan(3);
    expect(expectations.filter(({ ok }) => !ok)).toEqual([]);
  }

  at(second: number): Sample {
    return this.samples.get(second)!;
  }

  /** How much a field of some entities grew between two seconds. */
  grew(entities: readonly EntityInfo[], field: string, from: number, to: number): number {
    return sumOf(this.at(to), entities, field) - sumOf(this.at(from), entities, field);
  }

  /** Commands some entities finished between two seconds. */
  finished(entities: readonly EntityInfo[], from: number, to: number): number {
    return ['reads', 'writes', 'others'].reduce(
      (sum, field) => sum + this.grew(entities, field, from, to),
      0,
    );
  }

  meanMs(entities: readonly EntityInfo[], from: number, to: number): number {
    const ns = this.grew(entities, 'readNs', from, to) + this.grew(entities, 'writeNs', from, to);
    return ns / this.finished(entities, from, to) / 1e6;
  }

  disksOf(vm: string): EntityInfo[] {
    const disks = this.run.entities('disk').filter(({ labels }) => labels.vm.startsWith(vm));
    expect(disks.length).toBeGreaterThan(0);
    return disks;
  }

  /** Nothing was lost, nothing came twice, nothing failed, and all is in flight that should be. */
  expectWhole(inFlight: number): void {
    const { ledger, run } = this;
    expect(ledger.problems).toEqual([]);
    expect(ledger.failed).toBe(0);
    expect(ledger.missing).toBe(run.simulation.inFlight);
    expect(ledger.issued).toBe(ledger.completed + ledger.missing);
    expect(ledger.missing).toBeLessThanOrEqual(inFlight);
  }
}

const seconds = ({ at }: LogEntry): number => at / SECOND;

describe('path-loss', () => {
  const FIRST = 'vmhba1:C0:T0:L0';
  const DEAD = 3;
  /** A path loss is told at once; a broken link is hoped for as long as FC's device loss time-out. */
  const AT_ONCE = 0.001;
  const DEVICE_LOSS = 10;
  let drill: Watched;
  let paths: EntityInfo[];
  beforeAll(() => {
    drill = new Watched('path-loss', [5, 9, 11, 19, 32, 39, 40, 45, 60]);
    paths = drill.run.entities('path');
  });

  const onAdapter = (adapter: string): EntityInfo[] =>
    paths.filter(({ labels }) => labels.adapter === adapter);
  const states = (second: number): number[] =>
    paths.map((path) => fieldOf(drill.at(second), path, 'state'));

  it('keeps its promises', () => drill.expectPromisesKept());

  it('loses no command', () => drill.expectWhole(32));

  it('uses the four paths of the owning controller, and after a loss only those that are left', () => {
    const busy = (from: number, to: number): string[] =>
      paths.filter((path) => drill.finished([path], from, to) > 0).map(({ name }) => name);
    const owned = paths.filter(({ labels }) => labels.port.startsWith('0:')).map((p) => p.name);
    expect(owned).toHaveLength(4);
    expect(busy(5, 9)).toEqual(owned);
    expect(busy(11, 19)).toEqual(owned.filter((name) => name !== FIRST));
    expect(busy(32, 39)).toEqual(owned.filter((name) => name.startsWith('vmhba2')));
    // A path that lost commands may be left out for a while, as degraded; the first one is back.
    expect(owned).toEqual(expect.arrayContaining(busy(45, 60)));
    expect(busy(45, 60)).toContain(FIRST);
  });

  it('shares the load evenly between the paths in use', () => {
    const share = (adapter: string): number =>
      drill.finished(onAdapter(adapter), 5, 9) / drill.finished(paths, 5, 9);
    expect(share('vmhba1')).toBeCloseTo(0.5, 2);
    expect(share('vmhba2')).toBeCloseTo(0.5, 2);
  });

  it('marks just the paths dead that are', () => {
    const dead = (second: number): string[] =>
      paths.filter((_, index) => states(second)[index] === DEAD).map(({ name }) => name);
    expect(dead(9)).toEqual([]);
    expect(dead(11)).toEqual([FIRST]);
    expect(dead(32)).toEqual(onAdapter('vmhba1').map(({ name }) => name));
    expect(dead(45)).toEqual([]);
  });

  it('fails over by the rules: the first path at once, the link when it is given up', () => {
    const failovers = drill.run.of('path.failover').map(seconds);
    for (const [lost, allowed] of [
      [10, AT_ONCE],
      [20, DEVICE_LOSS + AT_ONCE],
    ]) {
      const next = failovers.find((at) => at >= lost);
      expect(next! - lost).toBeLessThan(allowed);
    }
    expect(drill.run.of('device.redundancy.restored').map(seconds)[0]).toBeCloseTo(40, 2);
  });

  it('keeps its rate: 32 commands with 2 ms between them, whatever the paths', () => {
    const disks = drill.disksOf('db');
    const rate = (from: number, to: number): number =>
      drill.finished(disks, from, to) / (to - from);
    const before = rate(5, 9);
    // A closed loop: 32 / (2 ms + latency).
    expect(before).toBeCloseTo(32 / (0.002 + drill.meanMs(disks, 5, 9) / 1000), -2);
    for (const [from, to] of [
      [9, 11],
      [11, 19],
      [32, 39],
      [39, 45],
      [45, 60],
    ]) {
      expect(rate(from, to) / before).toBeGreaterThan(0.98);
      expect(rate(from, to) / before).toBeLessThan(1.02);
    }
  });
});

describe('all-paths-down', () => {
  const HELD = 24;
  let drill: Watched;
  beforeAll(() => {
    drill = new Watched('all-paths-down', [10, 29, 31, 60, 171, 229, 230, 231, 240, 290, 300]);
  });

  it('keeps its promises', () => drill.expectPromisesKept());

  it('loses no command', () => drill.expectWhole(HELD));

  it('says that APD timed out exactly 140 s after it began, for each device once', () => {
    const starts = drill.run.of('apd.start');
    const timeouts = drill.run.of('apd.timeout');
    const exits = drill.run.of('apd.exit');
    expect(starts).toHaveLength(1);
    expect(timeouts.map(({ object }) => object)).toEqual(starts.map(({ object }) => object));
    expect(exits.map(({ object }) => object)).toEqual(starts.map(({ object }) => object));
    for (const [index, start] of starts.entries()) {
      expect(timeouts[index].at - start.at).toBe(140 * SECOND);
      expect(seconds(start)).toBeCloseTo(30, 2);
      expect(seconds(exits[index])).toBeCloseTo(230, 2);
    }
  });

  it('shows the state of the device: on, APD, APD timed out, on', () => {
    const device = drill.run.entities('device', { lun: 'lun0' })[0];
    const state = (second: number): number => fieldOf(drill.at(second), device, 'state');
    expect([29, 31, 60, 171, 229, 231].map(state)).toEqual([0, 1, 1, 2, 2, 0]);
  });

  it('holds every command of the VMs and fails none', () => {
    const disks = drill.run.entities('disk');
    expect(drill.finished(disks, 31, 230)).toBe(0);
    for (const second of [31, 60, 171, 229]) {
      const sample = drill.at(second);
      expect(sumOf(sample, disks, 'active') + sumOf(sample, disks, 'queued')).toBe(HELD);
    }
    expect(drill.run.simulation.totals().errors).toBe(0);
  });

  it('completes what was held, once, within a second of the return', () => {
    const disks = drill.run.entities('disk');
    expect(drill.finished(disks, 230, 231)).toBeGreaterThanOrEqual(HELD);
    // Held commands are the only slow ones: all of them took about 200 s, nothing else took 10.
    const slowNs = drill.grew(disks, 'readNs', 230, 231) + drill.grew(disks, 'writeNs', 230, 231);
    expect(slowNs / SECOND / HELD).toBeGreaterThan(199);
    expect(slowNs / SECOND / HELD).toBeLessThan(201);
    const before = drill.finished(disks, 10, 29) / 19;
    expect(drill.finished(disks, 240, 290) / 50 / before).toBeCloseTo(1, 1);
  });
});

describe('datastore-full', () => {
  let drill: Watched;
  beforeAll(() => {
    drill = new Watched('datastore-full', [5, 9, 30, 40, 55, 59, 62, 70, 79, 82, 110, 120]);
  });

  const rate = (vm: string, from: number, to: number): number =>
    drill.finished(drill.disksOf(vm), from, to) / (to - from);

  it('keeps its promises', () => drill.expectPromisesKept());

  it('loses no command', () => drill.expectWhole(12));

  it('stops just the VMs that need space, each when its own space is gone', () => {
    expect(rate('grower', 40, 59)).toBe(0);
    expect(rate('tenant', 40, 79)).toBe(0);
    for (const vm of ['grower', 'tenant']) expect(rate(vm, 5, 9)).toBeGreaterThan(1_000);
  });

  it('leaves the others their rate', () => {
    const before = rate('steady', 5, 9);
    for (const [from, to] of [
      [9, 30],
      [30, 40],
      [40, 55],
      [59, 62],
      [62, 79],
      [82, 120],
    ]) {
      expect(rate('steady', from, to) / before).toBeGreaterThan(0.97);
      expect(rate('steady', from, to) / before).toBeLessThan(1.03);
    }
  });

  it('asks the question of the two, and resumes each when its space is back', () => {
    const asked = drill.run.of('vm.question');
    expect(asked.map(({ object }) => object).sort()).toEqual(['grower', 'tenant']);
    for (const { what } of asked) expect(what).toContain('msg.hbacommon.outofspace');
    const resumed = drill.run.of('vm.resumed');
    expect(resumed.map(({ object }) => object)).toEqual(['grower', 'tenant']);
    expect(seconds(resumed[0])).toBeCloseTo(60, 2);
    expect(seconds(resumed[1])).toBeCloseTo(80, 2);
    const stunned = (vm: string, second: number): number =>
      fieldOf(drill.at(second), drill.run.entity('vm', vm), 'stunned');
    expect([9, 40, 59, 62].map((second) => stunned('grower', second))).toEqual([0, 1, 1, 0]);
    expect([9, 40, 79, 82].map((second) => stunned('tenant', second))).toEqual([0, 1, 1, 0]);
    expect([9, 40, 79].map((second) => stunned('steady', second))).toEqual([0, 0, 0]);
  });

  it('goes on afterwards as before', () => {
    expect(rate('grower', 82, 110) / rate('grower', 5, 9)).toBeCloseTo(1, 1);
    expect(rate('tenant', 82, 110) / rate('tenant', 5, 9)).toBeCloseTo(1, 1);
  });

  it('gives the growing disk just the blocks it was first to write', () => {
    const [disk] = drill.disksOf('grower');
    const free = (second: number): number =>
      fieldOf(drill.at(second), drill.run.entity('datastore', 'small'), 'freeBlocks');
    const allocated = (second: number): number =>
      fieldOf(drill.at(second), disk, 'allocatedBlocks');
    for (const [from, to] of [
      [5, 9],
      [82, 110],
    ]) {
      expect(allocated(to) - allocated(from)).toBeGreaterThan(0);
      expect(free(from) - free(to)).toBe(allocated(to) - allocated(from));
    }
    expect(free(40)).toBe(0);
  });
});

describe('noisy-neighbour', () => {
  let drill: Watched;
  beforeAll(() => {
    drill = new Watched('noisy-neighbour', [5, 29, 30, 35, 74, 75, 80, 119, 120]);
  });

  const quiet = (from: number, to: number): number =>
    drill.meanMs(drill.disksOf('quiet'), from, to);

  it('keeps its promises', () => drill.expectPromisesKept());

  it('loses no command', () => drill.expectWhole(12 + 64));

  it('raises the latency of its neighbours while it is not limited, and only then', () => {
    const [before, during, after] = [quiet(5, 29), quiet(35, 74), quiet(80, 119)];
    expect(during / before).toBeGreaterThan(3);
    expect(after / before).toBeLessThan(1.1);
  });

  it('takes rate from them as a closed loop does: 12 / (8 ms + latency)', () => {
    for (const [from, to] of [
      [5, 29],
      [35, 74],
      [80, 119],
    ]) {
      const rate = drill.finished(drill.disksOf('quiet'), from, to) / (to - from);
      const expected = 12 / (0.008 + quiet(from, to) / 1000);
      expect(rate / expected).toBeGreaterThan(0.99);
      expect(rate / expected).toBeLessThan(1.01);
    }
  });

  it('is held to its limit: 400 units of 32 KB are 200 commands of 64 KB per second', () => {
    const noisy = drill.disksOf('noisy');
    expect(drill.finished(noisy, 5, 30)).toBe(0);
    expect(drill.finished(noisy, 35, 74) / 39).toBeGreaterThan(1_000);
    expect(drill.finished(noisy, 80, 119) / 39).toBeCloseTo(200, -1);
    // What it waits for is the scheduler, not the disks.
    const device = drill.run.entities('device', { lun: 'lun0' });
    const queuedNs =
      drill.grew(device, 'queueReadNs', 80, 119) + drill.grew(device, 'queueWriteNs', 80, 119);
    const totalNs = drill.grew(device, 'readNs', 80, 119) + drill.grew(device, 'writeNs', 80, 119);
    expect(queuedNs / totalNs).toBeGreaterThan(0.95);
  });
});
