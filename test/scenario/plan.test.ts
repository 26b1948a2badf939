import { describe, expect, it } from 'vitest';
import { loadScenario } from '../../src/scenario/load.js';
import { naaOf } from '../../src/scenario/plan/naa.js';
import { LEAST, planOf } from './helpers.js';

const FABRIC = `
arrays:
  - name: array1
    controllers: 2
    ports: 2
    luns: [{ name: lun, count: 3, size: 200GiB }]
  - name: array2
    transport: iscsi
    controllers: 1
    ports: 1
    luns: [{ name: big, size: 1TiB }]
hosts:
  - name: esx
    count: 2
    adapters:
      - { driver: qlnativefc, count: 2, targets: ['array1:A', 'array1:B1'] }
      - { driver: iscsi_vmk }
    localDisks: [{ name: boot, count: 2, size: 100GiB }]
datastores:
  - { name: prod, extents: [array1/lun0, lun1] }
  - { name: far, extents: array2/big }
  - { name: local, extents: esx1-local/boot0 }
vms:
  - name: web
    count: 3
    host: [esx1, esx2]
    datastore: prod
    memory: 1GiB
    disks:
      - { size: 10GiB, written: 50%, qos: { shares: high, limit: 500 } }
      - { size: 1GiB, count: 8, datastore: far, kind: eagerThick }
    workloads:
      - oltp
      - { profile: oltp, iodepth: 32, disk: 'scsi0:1', offset: 25%, size: 256MiB }
`;

describe('planning', () => {
  it('fills in everything for the least scenario', () => {
    const plan = planOf(LEAST);
    expect(plan.name).toBe('test');
    expect(plan.durationNs).toBe(60e9);
    // Two FC adapters, two controllers of two ports, one LUN.
    expect(plan.hosts[0]!.adapters.map(({ name, driver }) => `${name} ${driver}`)).toEqual([
      'vmhba1 qlnativefc',
      'vmhba2 qlnativefc',
    ]);
    expect(plan.hosts[0]!.paths).toHaveLength(8);
    expect(plan.vms[0]).toMatchObject({ host: 'esx1', world: 1, home: 'prod', adapter: 'pvscsi' });
    expect(plan.vms[0]!.disks).toHaveLength(1);
    expect(plan.rows).toBe(4096);
  });

  it('is plain data that survives JSON', () => {
    const plan = planOf(FABRIC);
    expect(JSON.parse(JSON.stringify(plan))).toEqual(
      JSON.parse(JSON.stringify(structuredClone(plan))),
    );
  });

  it('names paths by adapter, target and LUN, for the ports an adapter may see', () => {
    const [esx1] = planOf(FABRIC).hosts;
    const own = esx1!.paths.filter(({ adapter }) => adapter === 'vmhba1');
    expect(own.map(({ name, controller, port }) => `${name} ${controller}${port}`)).toEqual([
      'vmhba1:C0:T0:L0 00',
      'vmhba1:C0:T0:L1 00',
      'vmhba1:C0:T0:L2 00',
      'vmhba1:C0:T1:L0 01',
      'vmhba1:C0:T1:L1 01',
      'vmhba1:C0:T1:L2 01',
      'vmhba1:C0:T2:L0 11',
      'vmhba1:C0:T2:L1 11',
      'vmhba1:C0:T2:L2 11',
    ]);
    expect(esx1!.adapters.map(({ name }) => name)).toEqual([
      'vmhba1',
      'vmhba2',
      'vmhba64',
      'vmhba0',
    ]);
    expect(new Set(esx1!.paths.map(({ name }) => name)).size).toBe(esx1!.paths.length);
  });

  it("shows a host's own disks to that host alone", () => {
    const plan = planOf(FABRIC);
    for (const host of plan.hosts) {
      const local = host.paths.filter(({ adapter }) => adapter === 'vmhba0');
      expect(local.map(({ array }) => array)).toEqual([`${host.name}-local`, `${host.name}-local`]);
    }
    expect(plan.datastores.find(({ name }) => name === 'local')!.hosts).toEqual(['esx1']);
    expect(plan.datastores.find(({ name }) => name === 'prod')!.hosts).toEqual(['esx1', 'esx2']);
  });

  it('gives LUNs unique, stable NAA names and turns of ownership', () => {
    const plan = planOf(FABRIC);
    const luns = plan.arrays.flatMap((array) => array.luns);
    for (const { uid } of luns) expect(uid).toMatch(/^naa\.6[0-9a-f]{31}$/);
    expect(new Set(luns.map(({ uid }) => uid)).size).toBe(luns.length);
    expect(plan.arrays[0]!.luns[1]!.uid).toBe(naaOf('array1/lun1'));
    expect(plan.arrays[0]!.luns.map(({ owner }) => owner)).toEqual([0, 1, 0]);
  });

  it('makes copies of VMs and deals them onto hosts', () => {
    const { vms } = planOf(FABRIC);
    expect(vms.map(({ name, host, world }) => `${name} ${host} ${world}`)).toEqual([
      'web1 esx1 1',
      'web2 esx2 2',
      'web3 esx1 3',
    ]);
    // Target 7 is the virtual adapter's own (stack-upper reference, section 19).
    expect(vms[0]!.disks.map(({ name }) => name)).toEqual(
      [0, 1, 2, 3, 4, 5, 6, 8, 9].map((target) => `scsi0:${target}`),
    );
    expect(vms.flatMap(({ disks }) => disks.map(({ index }) => index))).toEqual(
      Array.from({ length: 27 }, (_, index) => index),
    );
    expect(vms[0]!.disks[0]).toMatchObject({
      writtenBytes: 5 * 2 ** 30,
      qos: { shares: 2000, reservation: 0, limit: 500 },
    });
  });

  it('lets a job override its profile', () => {
    const { jobs } = planOf(FABRIC);
    expect(jobs.map(({ name }) => name).slice(0, 2)).toEqual(['web1/oltp', 'web1/oltp2']);
    expect(jobs[1]).toMatchObject({
      disk: 1,
      iodepth: 32,
      rwmixread: 70,
      distribution: 'zipf',
      offsetBytes: 256 * 2 ** 20,
      sizeBytes: 256 * 2 ** 20,
    });
  });

  it('makes a larger request table for more I/O in flight, within limits', () => {
    const withDepth = (text: string) =>
      planOf(LEAST.replace('name: vm1', `name: vm1, workloads: [${text}]`)).rows;
    expect(withDepth('{ iodepth: 4096 }')).toBe(16384);
    expect(withDepth('{ rate_iops: 5000000 }')).toBe(1 << 17);
  });

  it('selects VMs by name, entry and pattern', () => {
    const { expectations, changes } = planOf(
      `${FABRIC}
expect:
  - { metric: errors, vms: web }
  - { metric: iops, vms: ['*1', web3], min: 5 }
changes: [{ at: 5s, vm: web, disk: 1, limit: 100 }]
`,
    );
    const vms = expectations.map(({ measure }) => (measure.kind === 'metric' ? measure.vms : []));
    expect(vms).toEqual([
      ['web1', 'web2', 'web3'],
      ['web1', 'web3'],
    ]);
    expect(expectations[0]).toMatchObject({ min: 0, max: 0 });
    expect(changes.map(({ command }) => command)).toEqual(
      [1, 10, 19].map((disk) => ({ kind: 'qos', disk, qos: { limit: 100 } })),
    );
  });
});

describe('loadScenario', () => {
  it.each([
    [{ seed: -1 }, /^seed: expected a whole number from 0 to 4294967295, found -1/],
    [{ seed: 2 ** 32 }, /^seed/],
    [{ durationNs: 0 }, /^durationNs: expected whole nanoseconds above 0, found 0/],
    [{ durationNs: Number.NaN }, /^durationNs/],
  ])('refuses %j', (options, message) => {
    expect(() => loadScenario('default', options)).toThrow(message);
  });
});
