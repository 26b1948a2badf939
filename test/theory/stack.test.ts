/** Queueing theory against the whole stack; single stations and disks: test/core, test/devices. */
import { describe, expect, it } from 'vitest';
import { parseScenario, planScenario } from '../../src/scenario/load.js';
import { fieldOf, Run, SECOND } from '../simulation/support.js';

interface Lone {
  readonly disk: string;
  readonly vms: string;
  readonly seed?: number;
}

/** One LUN on one disk without a cache, one path, and the VMs given. */
function lone({ disk, vms, seed = 1 }: Lone): Run {
  const { source, text } = parseScenario(
    `
title: theory
summary: one disk
seed: ${seed}
duration: 1h
arrays:
  - name: array1
    transport: fc
    controllers: 1
    ports: 1
    cache: 0B
    pools: [{ name: pool1, disk: ${disk}, disks: 1, capacity: 2TiB }]
    luns: [{ name: lun0, pool: pool1, size: 1TiB }]
hosts:
  - name: esx1
    adapters: [{ driver: qlnativefc, lunQueueDepth: 256 }]
datastores:
  - { name: ds, extents: array1/lun0 }
vms:
${vms}
`,
    'theory.yaml',
  );
  return new Run(planScenario(source, text));
}

/** Mean ms of the reads an entity finished up to now. */
function meanMs(run: Run, scope: string): number {
  const [entity] = run.entities(scope).filter(({ labels, name }) => {
    return scope !== 'spindle' || labels.array === 'array1' || name.startsWith('array1');
  });
  const sample = run.simulation.sample();
  return fieldOf(sample, entity, 'readNs') / fieldOf(sample, entity, 'reads') / 1e6;
}

describe('open arrivals through the whole stack', () => {
  const SERVICE_MS = 1;
  const at = (load: number): { guestMs: number; diskMs: number } => {
    const run = lone({
      disk: `{ model: exponential, mean: ${SERVICE_MS}ms }`,
      vms: `  - { name: vm, disks: [{ size: 16GiB, kind: eagerThick }], workloads: { rw: randread, bs: 4k, rate_iops: ${(load * 1000) / SERVICE_MS} } }`,
    });
    run.simulation.runUntil(400 * SECOND);
    return { guestMs: meanMs(run, 'disk'), diskMs: meanMs(run, 'spindle') };
  };

  it('see M/M/1 at the disk, and on top of it what the way there and back takes', () => {
    const overheads = [0.2, 0.5, 0.7].map((load) => {
      const { guestMs, diskMs } = at(load);
      const expected = SERVICE_MS / (1 - load);
      expect(diskMs / expected, `load ${load}`).toBeGreaterThan(0.96);
      expect(diskMs / expected, `load ${load}`).toBeLessThan(1.04);
      return guestMs - diskMs;
    });
    // No other queue forms on the way: it takes as long at any load.
    for (const overhead of overheads) {
      expect(overhead).toBeGreaterThan(0.01);
      expect(overhead).toBeLessThan(0.5);
      expect(overhead / overheads[0]).toBeGreaterThan(0.97);
      expect(overhead / overheads[0]).toBeLessThan(1.03);
    }
  });
});

describe('closed loops through the whole stack', () => {
  it.each([
    [1, 0],
    [8, 0],
    [8, 20],
    [64, 20],
  ])('of %i commands with %i ms between: X = min(1/S, N / (R + Z))', (iodepth, thinkMs) => {
    const run = lone({
      disk: '{ model: constant, service: 1ms }',
      vms: `  - { name: vm, disks: [{ size: 16GiB, kind: eagerThick }], workloads: { rw: randread, bs: 4k, iodepth: ${iodepth}, thinktime: ${thinkMs}ms } }`,
    });
    run.simulation.runUntil(20 * SECOND);
    const [disk] = run.entities('disk');
    const reads = fieldOf(run.simulation.sample(), disk, 'reads');
    const rate = reads / 20;
    // Response time law, for the commands that are done.
    expect((rate * (meanMs(run, 'disk') + thinkMs)) / 1000 / iodepth).toBeCloseTo(1, 1);
    expect(rate).toBeLessThanOrEqual(1_000);
    const least = iodepth / ((1.5 + thinkMs) / 1000);
    expect(rate).toBeGreaterThan(Math.min(990, least * 0.97) * 0.99);
  });
});

describe('shares through the whole stack', () => {
  it('divide a busy device as they say', () => {
    const vm = (name: string, shares: string | number): string =>
      `  - { name: ${name}, disks: [{ size: 16GiB, kind: eagerThick, qos: { shares: ${shares} } }], workloads: { rw: randread, bs: 4k, iodepth: 32 } }`;
    const run = lone({
      disk: '{ model: constant, service: 1ms }',
      vms: [vm('low', 'low'), vm('normal', 'normal'), vm('high', 'high')].join('\n'),
    });
    run.simulation.runUntil(20 * SECOND);
    const sample = run.simulation.sample();
    const [low, normal, high] = run
      .entities('disk')
      .map((disk) => fieldOf(sample, disk, 'reads') / 20);
    expect(low + normal + high).toBeGreaterThan(990);
    expect(normal / low).toBeCloseTo(2, 1);
    expect(high / low).toBeCloseTo(4, 1);
  });
});
