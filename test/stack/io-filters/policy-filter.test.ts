import { describe, expect, it } from 'vitest';
import { READ } from '../../../src/engine/core/io.js';
import { Sim } from '../../../src/engine/core/sim.js';
import { HOST_ABORT, hostStatus } from '../../../src/engine/core/status.js';
import { PolicyFilter } from '../../../src/engine/stack/io-filters/policy-filter.js';
import { NOT_HERE, WITHDRAWN } from '../../../src/engine/stack/recall.js';
import { parseScenario, planScenario } from '../../../src/scenario/load.js';
import { fieldOf, Run, SECOND } from '../../simulation/support.js';
import { TestDevice, TestGuest } from '../rig.js';

/** A guest with plenty outstanding over a filter with a limit of units of 32 KB per second. */
function setUp(limit: number) {
  const sim = new Sim(1, 4096);
  const device = new TestDevice(sim);
  const policy = { name: 'p', shares: 1000, reservation: 0, limit };
  const options = { vm: 'vm1', host: 'esx1', disk: 'scsi0:0', datastore: 'prod' };
  const filter = new PolicyFilter(sim, { ...options, policy, unitBytes: 32_768 }, device);
  const guest = new TestGuest(sim, 'guest');
  guest.lower = filter;
  return { sim, device, guest, filter };
}

describe('the filter of a storage policy', () => {
  it.each([
    // Blocks of 512 bytes: 4 KB and 32 KB cost one unit, 64 KB two (stack-lower 9.1).
    [8, 200],
    [64, 200],
    [128, 100],
  ])('lets commands of %i blocks pass at %i per second under a limit of 200', (blocks, rate) => {
    const { sim, device, guest } = setUp(200);
    for (let n = 0; n < 1000; n++) guest.issue(READ, 0, n * blocks, blocks);
    sim.runUntil(SECOND);
    device.drain();
    sim.runUntil(3 * SECOND);
    expect(device.drain()).toHaveLength(2 * rate);
  });

  it('lets a tenth of a second pass at once after a pause, and no more', () => {
    const { sim, device, guest } = setUp(200);
    sim.runUntil(10 * SECOND);
    for (let n = 0; n < 100; n++) guest.issue(READ, 0, n * 8, 8);
    // The twenty of 100 ms, and the one that comes due.
    expect(device.drain()).toHaveLength(21);
    sim.runUntil(10.1 * SECOND);
    expect(device.drain()).toHaveLength(20);
  });

  it('holds nothing back without a limit', () => {
    const { device, guest } = setUp(0);
    for (let n = 0; n < 1000; n++) guest.issue(READ, 0, n * 8, 8);
    expect(device.drain()).toHaveLength(1000);
  });

  it('gives a waiting command back to be aborted, and says that it has not got others', () => {
    const { sim, guest, filter } = setUp(10);
    const ios = [1, 2, 3, 4].map((n) => guest.issue(READ, 0, n * 8, 8));
    expect(ios.map((io) => filter.recall(io))).toEqual([NOT_HERE, NOT_HERE, WITHDRAWN, WITHDRAWN]);
    expect(sim.requests.status[ios[2] as number]).toBe(hostStatus(HOST_ABORT));
    sim.meters.sample();
    const entity = sim.meters.entities.find(({ scope }) => scope === 'filter');
    const field = (name: string) => entity!.values[entity!.slot(name)];
    expect([field('active'), field('queued'), field('failedReads')]).toEqual([2, 0, 2]);
  });
});

describe('storage policies of a scenario', () => {
  const yaml = `
duration: 1h
arrays:
  - { name: array1, pools: [{ disks: 1, disk: { model: constant-rate, iops: 20000, parallel: 8 } }], luns: [{ name: lun0, size: 256GiB }] }
hosts: [{ name: esx1 }]
datastores: [{ name: prod, extents: array1/lun0 }]
policies: [{ name: bronze, shares: low, reservation: 20, limit: 300 }]
vms:
  - { name: vm, memory: 4MiB, workloads: [0, 1, 2, 3], disks: [
      { size: 1GiB, kind: eagerThick, policy: bronze },
      { size: 1GiB, kind: eagerThick, policy: bronze, qos: { limit: 100 } },
      { size: 1GiB, kind: eagerThick, policy: Low, qos: { limit: 5000, shares: 750 } },
      { size: 1GiB, kind: eagerThick }] }
`.replace(
    '[0, 1, 2, 3]',
    `[${[0, 1, 2, 3].map((disk) => `{ name: j${disk}, disk: ${disk}, rw: randread, bs: 4k, iodepth: 16 }`).join(', ')}]`,
  );
  const { source, text } = parseScenario(yaml, 'policies.yaml');
  const plan = planScenario(source, text);
  const disks = plan.vms[0]?.disks ?? [];

  it('give a disk the shares and the reservation it does not name itself', () => {
    expect(disks.map(({ qos }) => qos)).toEqual([
      { shares: 500, reservation: 20, limit: 0 },
      { shares: 500, reservation: 20, limit: 100 },
      { shares: 750, reservation: 10, limit: 5000 },
      { shares: 1000, reservation: 0, limit: 0 },
    ]);
  });

  it('limit above the datastore: of two limits the lower one wins', () => {
    const run = new Run(plan);
    run.simulation.runUntil(2 * SECOND);
    const before = run.simulation.sample();
    run.simulation.runUntil(7 * SECOND);
    const after = run.simulation.sample();
    const rates = run
      .entities('disk')
      .map((disk) => (fieldOf(after, disk, 'reads') - fieldOf(before, disk, 'reads')) / 5);
    const [policy, own, preset, none] = rates as [number, number, number, number];
    expect(Math.abs(policy - 300)).toBeLessThanOrEqual(9);
    expect(Math.abs(own - 100)).toBeLessThanOrEqual(3);
    expect(Math.abs(preset - 1000)).toBeLessThanOrEqual(30);
    expect(none).toBeGreaterThan(5000);
    // Only disks with a policy have a filter at all.
    expect(run.entities('filter').map(({ name }) => name)).toEqual([
      'vm:scsi0:0',
      'vm:scsi0:1',
      'vm:scsi0:2',
    ]);
  });
});
