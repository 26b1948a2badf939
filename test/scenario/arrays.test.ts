import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/engine/core/errors.js';
import type { Plan } from '../../src/engine/plan/plan.js';
import { Simulation } from '../../src/engine/simulation/simulation.js';
import { parseScenario, planScenario } from '../../src/scenario/load.js';

function planOf(array: string, more = ''): Plan {
  const yaml = `
arrays: [{ name: array1, luns: [{ name: lun0, size: 8GiB }], ${array} }]
hosts: [{ name: esx1 }]
datastores: [{ name: prod, extents: array1/lun0 }]
vms: [{ name: web, memory: 64MiB, disks: [{ size: 1GiB, kind: eagerThick }], workloads: { rw: randwrite } }]
${more}`;
  const { source, text } = parseScenario(yaml, 'test.yaml');
  return planScenario(source, text);
}

describe('RAID in a scenario', () => {
  it('is none by default, and the pool is as it was', () => {
    expect(planOf('pools: [{}]').arrays[0]!.pools[0]).not.toHaveProperty('raid');
  });

  it('takes level, stripe, spares and rate', () => {
    const pools = 'pools: [{ disks: 6, raid: 6, stripe: 128KiB, spares: 2, rebuildRate: 50MB/s }]';
    const [pool] = planOf(pools).arrays[0]!.pools;
    expect(pool!.raid).toEqual({ level: 6, spares: 2, rebuildBytesPerSecond: 50 * 1024 * 1024 });
    expect(pool!.stripeBytes).toBe(128 * 1024);
  });

  it.each([
    ['pools: [{ disks: 2, raid: 5 }]', /at least 3 disks/],
    ['pools: [{ disks: 3, raid: 6 }]', /at least 4 disks/],
    ['pools: [{ disks: 5, raid: 10 }]', /even number/],
    ['pools: [{ disks: 5, raid: 7 }]', /one of 0, 1, 5, 6, 10/],
    ['pools: [{ disks: 5, stripe: 100KiB }]', /multiple of 64KiB/],
    ['kind: scale-out, pools: [{ disks: 5, raid: 5 }]', /no RAID/],
    ['cache: 0B, mirror: true', /no two caches/],
    ['controllers: 1, mirror: true', /no two caches/],
  ])('%s is refused', (array, message) => {
    expect(() => planOf(array)).toThrow(message);
  });

  it('mirror: true is a link of a switch between controllers', () => {
    expect(planOf('mirror: true').arrays[0]!.mirror).toEqual({
      latencyNs: 20e3,
      bytesPerSecond: 4 * 1024 ** 3,
    });
    expect(planOf('mirror: false').arrays[0]).not.toHaveProperty('mirror');
  });
});

describe('LUNs in files', () => {
  const contentsOf = (luns: string): unknown[] => {
    const { source, text } = parseScenario(
      `
arrays: [{ name: array1, luns: [${luns}] }]
hosts: [{ name: esx1 }]
datastores: [{ name: prod, extents: array1/a0 }]
vms: [{ name: web }]`,
      'test.yaml',
    );
    return planScenario(source, text).arrays[0]!.luns.map(({ content }) => content);
  };

  it('each get a file of their own by their name', () => {
    expect(contentsOf('{ name: a, count: 2, content: file }')).toEqual([
      { file: 'array1-a0.img', ifExists: 'fail' },
      { file: 'array1-a1.img', ifExists: 'fail' },
    ]);
  });

  it.each([
    '{ name: a, count: 2, content: { file: x.img } }',
    '{ name: a0, content: { file: x.img } }, { name: b, content: { file: ./x.img } }',
    '{ name: a0, content: { file: array1-b.img } }, { name: b, content: file }',
  ])('do not share one: %s', (luns) => {
    expect(() => contentsOf(luns)).toThrow(/is the file of array1\/a0 already/);
  });
});

describe('faults of disks', () => {
  it('are refused where data would be lost, with the reason', () => {
    const simulation = new Simulation(planOf('pools: [{ disks: 4 }]'));
    const target = 'array1:pool1:d0';
    const inject = (): void =>
      simulation.command({ kind: 'inject', fault: 'disk-failure', target, params: {} });
    expect(inject).toThrow(InputError);
    expect(inject).toThrow(/no copies and no parity/);
    expect(simulation.activeFaults).toEqual([]);
  });
});

describe('snapshots in a scenario', () => {
  const changes = `
changes:
  - { at: 1s, lun: array1/lun0, createSnapshot: monday }
  - { at: 3s, lun: array1/lun0, deleteSnapshot: monday }
`;

  it('are made and deleted, and take room while writes go on', () => {
    const simulation = new Simulation(planOf('pools: [{ capacity: 16GiB }]', changes));
    const used = (): number => {
      const sample = simulation.sample();
      const pool = simulation.entities.find(({ scope }) => scope === 'pool')!;
      return sample.values[pool.base + 1]!;
    };
    const before = used();
    simulation.runUntil(2.9e9);
    expect(used()).toBeGreaterThan(before);
    simulation.runUntil(3.1e9);
    expect(used()).toBe(before);
    const kinds = simulation.log.entries.map(({ kind }) => kind);
    expect(kinds).toEqual(expect.arrayContaining(['snapshot.created', 'snapshot.deleted']));
  });

  it.each([
    ['{ at: 1s, lun: array1/lun0 }', /nothing of it changes/],
    ['{ at: 1s, createSnapshot: monday }', /not of which LUN/],
    ['{ at: 1s, lun: array1/lun7, createSnapshot: monday }', /no LUN "array1\/lun7"/],
  ])('%s is refused', (change, message) => {
    expect(() => planOf('', `changes: [${change}]`)).toThrow(message);
  });
});
