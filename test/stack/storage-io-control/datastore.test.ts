/** Storage I/O Control as part of a running host: its I/O, NFS, loads from elsewhere, and its cost. */
import { describe, expect, it } from 'vitest';
import { parseScenario, planScenario } from '../../../src/scenario/load.js';
import { fieldOf, Run, SECOND } from '../../simulation/support.js';

const ARRAY = `
  - name: array1
    cache: 0B
    pools: [{ name: p, disks: 1, disk: { model: constant-rate, iops: 1500, parallel: 8 } }]
    luns: [{ name: lun0, size: 128GiB }, { name: lun1, size: 128GiB }]`;
const HOSTS = '[{ name: esx, count: 2, settings: { Vmtop.SIOControlPeriod: 2000 } }]';

function vm(name: string, host: string, datastore: string, more = '', start = 0): string {
  const disk = `{ size: 10GiB, datastore: ${datastore}, kind: eagerThick${more} }`;
  const job = `{ rw: randread, bs: 8k, iodepth: 64, start: ${start}s }`;
  return `  - { name: ${name}, host: ${host}, memory: 4MiB, disks: [${disk}], workloads: [${job}] }\n`;
}

function runOf(datastores: string, vms: string, storage = `arrays:${ARRAY}`): Run {
  const yaml = `duration: 1h\n${storage}\nhosts: ${HOSTS}\ndatastores:\n${datastores}\nvms:\n${vms}`;
  const { source, text } = parseScenario(yaml, 'test.yaml');
  return new Run(planScenario(source, text));
}

/** Reads per second of every virtual disk between two seconds. */
function rates(run: Run, from: number, to: number): number[] {
  run.simulation.runUntil(from * SECOND);
  const before = run.simulation.sample();
  run.simulation.runUntil(to * SECOND);
  const after = run.simulation.sample();
  return run
    .entities('disk')
    .map((disk) => (fieldOf(after, disk, 'reads') - fieldOf(before, disk, 'reads')) / (to - from));
}

function expectNear(value: number, expected: number, percent: number): void {
  expect(value).toBeGreaterThan(expected * (1 - percent / 100));
  expect(value).toBeLessThan(expected * (1 + percent / 100));
}

const TWO = vm('a', 'esx1', 'prod') + vm('b', 'esx2', 'prod');

describe('the statistics file', () => {
  it('is written once and read once by every host in each period, through the stack', () => {
    const metadata = (sioc: string) => {
      const run = runOf(`  - { name: prod, extents: lun0${sioc} }`, TWO);
      run.simulation.runUntil(21 * SECOND);
      const sample = run.simulation.sample();
      const prod = run.entity('datastore', 'prod');
      return ['metadataReads', 'metadataWrites', 'freeBlocks'].map((field) =>
        fieldOf(sample, prod, field),
      );
    };
    const [plain, controlled] = [metadata(''), metadata(', sioc: true')];
    // Two hosts, ten periods in 21 s, one file of 1 MiB.
    expect(controlled.map((value, index) => value - (plain[index] ?? 0))).toEqual([20, 20, -2048]);
  });

  it('is not there without Storage I/O Control, nor is anything else of it', () => {
    const run = runOf('  - { name: prod, extents: lun0 }', TWO);
    run.simulation.runUntil(SECOND);
    const names = run.sim.layers.map(({ name }) => name);
    expect(names.filter((name) => /statistics|injector|policy/.test(name))).toEqual([]);
    expect(run.entities('sioc')).toEqual([]);
  });
});

describe('the depth of the device queue', () => {
  it('is the window, and DSNRO has no say', () => {
    const run = runOf(
      '  - { name: prod, extents: lun0, sioc: true }',
      TWO + vm('c', 'esx1', 'prod'),
    );
    run.simulation.runUntil(1 * SECOND);
    const [device] = run.entities('device', { host: 'esx1', lun: 'lun0' });
    const depth = () => fieldOf(run.simulation.sample(), device!, 'dqlen');
    // Two worlds compete on esx1; the window still is the whole queue.
    expect(depth()).toBe(64);
    run.simulation.runUntil(60.9 * SECOND);
    const [sioc] = run.entities('sioc', { host: 'esx1' });
    expect(depth()).toBe(Math.round(fieldOf(run.simulation.sample(), sioc!, 'window')));
    expect(depth()).toBeLessThan(64);
  });
});

describe('a load from elsewhere on the same disks', () => {
  it('is noticed, and windows open for a while', () => {
    const datastores =
      '  - { name: prod, extents: lun0, sioc: true }\n  - { name: other, extents: lun1 }';
    const run = runOf(datastores, TWO + vm('foreign', 'esx2', 'other', '', 40));
    run.simulation.runUntil(39 * SECOND);
    expect(run.of('sioc.external')).toEqual([]);
    run.simulation.runUntil(60 * SECOND);
    const [found] = run.of('sioc.external', 'prod');
    expect(found?.at).toBeGreaterThan(40 * SECOND);
    const windows = run
      .entities('sioc')
      .map((sioc) => fieldOf(run.simulation.sample(), sioc, 'window'));
    expect(windows).toEqual([64, 64]);
  });
});

describe('an NFS datastore', () => {
  const filer = `nfsServers:\n  - { name: filer1, threads: 8, disk: { model: constant-rate, iops: 1500, parallel: 8 } }`;
  const thin = (shares: number) => `, written: 100%, qos: { shares: ${shares} }`;

  it('is shared by the law of device queues, from an unlimited depth down', () => {
    const vms =
      vm('a', 'esx1', 'nas', thin(1000)) +
      vm('b', 'esx1', 'nas', thin(2000)) +
      vm('c', 'esx2', 'nas', thin(1000));
    const run = runOf('  - { name: nas, server: filer1, sioc: { threshold: 40ms } }', vms, filer);
    const [a, b, c] = rates(run, 100, 140) as [number, number, number];
    expectNear(a, 1500 / 4, 6);
    expectNear(b, 1500 / 2, 6);
    expectNear(c, 1500 / 4, 6);
    const latencies = run
      .entities('sioc')
      .map((sioc) => fieldOf(run.simulation.sample(), sioc, 'latencyNs') / 1e6);
    for (const latency of latencies) expectNear(latency, 42, 10);
  });

  it('has a scheduler of its own without it: limits hold', () => {
    const limited = vm('a', 'esx1', 'nas', ', written: 100%, qos: { limit: 100 }');
    const run = runOf('  - { name: nas, server: filer1 }', limited + vm('b', 'esx1', 'nas'), filer);
    const [a, b] = rates(run, 3, 8) as [number, number];
    expectNear(a, 100, 3);
    expectNear(b, 1400, 3);
  });
});
