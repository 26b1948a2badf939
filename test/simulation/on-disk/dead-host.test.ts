/** A host dies in the middle of its work on a volume of several: what it leaves, and who clears it up. */
import { afterAll, describe, expect, it } from 'vitest';
import { decodeLock } from '../../../src/engine/formats/vmfs/lock.js';
import { liveSlots } from '../../../src/engine/formats/vmfs/session.js';
import { Volume } from '../../../src/engine/formats/vmfs/volume.js';
import { Simulation } from '../../../src/engine/simulation/simulation.js';
import { hasTool, Images, run } from '../../formats/vmfs/tools.js';
import { compareDisk, damage, endCleanly, fileOf, imagesOf, planOf, readerOf } from './rig.js';

const files = new Images();
afterAll(() => files.remove());

function opened(simulation: Simulation): Volume {
  return Volume.open(imagesOf(simulation), { seconds: 0 });
}

function owners(simulation: Simulation): string[] {
  return liveSlots(opened(simulation).core).map(({ heartbeat }) => heartbeat.owner);
}

/** Journals that hold a transaction which may not have reached its place. */
function transactions(simulation: Simulation): number {
  const live = liveSlots(opened(simulation).core);
  return live.filter(({ journal }) => (journal?.load() ?? []).length > 0).length;
}

function expectGuestsData(simulation: Simulation): void {
  const images = imagesOf(simulation);
  expect(damage(images)).toEqual([]);
  const open = readerOf(images);
  for (const guest of simulation.verifiers.keys()) {
    compareDisk(simulation, guest, open(fileOf(guest)));
  }
}

/** Everything but the blocks that `fsck.vmfs` takes for lost because they are still to be zeroed. */
function expectSilent(simulation: Simulation): void {
  if (!hasTool('fsck.vmfs')) return;
  const found = run('fsck.vmfs', ...files.store(imagesOf(simulation))).toString();
  const volume = opened(simulation);
  const toBeZeroed = volume
    .list('/')
    .filter(({ name }) => !name.endsWith('.sf'))
    .flatMap(({ name }) => volume.list(`/${name}`))
    .reduce((sum, file) => sum + file.toBeZeroed, 0);
  expect(found).toMatch(new RegExp(`^Lost blocks *: ${toBeZeroed}$`, 'm'));
  expect(found.match(/^(Unall|Undef|Orph|Direc).*: 0$/gm)).toHaveLength(4);
}

/** Two hosts whose paths fail for a while. */
function planWith(faults: readonly string[], seed: number, vmfs: 3 | 5 | 6): Simulation {
  const failing = [
    '{ at: 5ms, until: 40ms, fault: link-down, target: esx1/vmhba1 }',
    "{ at: 2ms, until: 9ms, fault: path-lossy, target: 'esx0/vmhba2:C0:T0:L0', params: { rate: 0.2 } }",
  ];
  return new Simulation(planOf({ hosts: 2, seed, faults: [...failing, ...faults], vmfs }));
}

/** The first host dies at `at`, ns; what was on its way to the array then has arrived. */
function crashed(at: number, seed: number, vmfs: 3 | 5 | 6 = 5, until = ''): Simulation {
  const simulation = planWith(
    [`{ at: ${at}ns, ${until}fault: host-crash, target: esx0 }`],
    seed,
    vmfs,
  );
  simulation.runUntil(at + 50e6);
  simulation.stopJobs();
  return simulation;
}

/** Instants (ns) at which the first host's journal holds a transaction, or none. */
function instants(seed: number, wanted: boolean, isMeant = (_: Simulation) => true): number[] {
  const simulation = planWith([], seed, 5);
  const found: number[] = [];
  for (let at = 5e5; at < 12e6; at += 100_003) {
    simulation.runUntil(at);
    const [first] = liveSlots(opened(simulation).core);
    const holds = (first.journal?.load() ?? []).length > 0;
    if (holds === wanted && isMeant(simulation)) found.push(at);
  }
  return found;
}

/** Clusters of file blocks whose locks are taken on the medium. */
function lockedClusters(simulation: Simulation): number[] {
  const { core } = opened(simulation);
  const blocks = core.require(core.resources.blocks);
  return Array.from({ length: blocks.clusters }, (_, cluster) => cluster).filter(
    (cluster) => decodeLock(blocks.readCluster(cluster).bytes).mode !== 0,
  );
}

describe('a host that dies', () => {
  it.each([3, 5, 6] as const)('is recovered by who takes its machine over: VMFS %i', (vmfs) => {
    const simulation = crashed(12_345_678, 11, vmfs);
    const [dead, alive] = owners(simulation);
    const made = { datastore: 'ds1', sizeBytes: 20 << 20, diskKind: 'lazyThick' as const };
    simulation.command({ kind: 'createDisk', ...made, name: 'made' });
    simulation.command({ kind: 'createDisk', ...made, name: 'gone' });
    simulation.command({ kind: 'takeOver', vm: 'vm0', host: 'esx1' });
    simulation.runUntil(15e9);
    // Stack-upper reference, 6.1: no lock is broken before 16 s without a heartbeat.
    expect(owners(simulation)).toEqual([dead, alive]);
    expect(decodeLock(opened(simulation).tree.file(fileOf(0)).bytes).owner).toBe(dead);
    expectGuestsData(simulation);
    simulation.command({ kind: 'deleteDisk', datastore: 'ds1', name: 'gone' });
    simulation.runUntil(40e9);
    expect(owners(simulation)).toEqual([alive]);
    expect(decodeLock(opened(simulation).tree.file(fileOf(0)).bytes)).toMatchObject({
      owner: alive,
      mode: 1,
    });
    endCleanly(simulation);
    expect(owners(simulation)).toEqual([]);
    expect(simulation.violations).toEqual([]);
    expectGuestsData(simulation);
    if (vmfs === 5) expectSilent(simulation);
  });

  it('leaves a journal that is replayed, or a change that never was', () => {
    const during = instants(20, true).slice(0, 5);
    expect(during).toHaveLength(5);
    for (const at of [...during, ...instants(20, false).slice(0, 2)]) {
      const simulation = crashed(at, 20);
      simulation.command({ kind: 'takeOver', vm: 'vm0', host: 'esx1' });
      simulation.runUntil(15e9);
      if (during.includes(at)) expect(transactions(simulation)).toBe(1);
      simulation.runUntil(40e9);
      expect(transactions(simulation)).toBe(0);
      endCleanly(simulation);
      expect(owners(simulation)).toEqual([]);
      expectGuestsData(simulation);
    }
  });

  it('keeps its locks from those who need them until its lease is over', () => {
    const [at] = instants(31, true, (running) => lockedClusters(running).length > 0);
    const simulation = crashed(at, 31);
    const [dead] = owners(simulation);
    expect(lockedClusters(simulation)).toHaveLength(1);
    // Nearly all that is left of the volume: also where the dead host was taking blocks.
    const blocks = opened(simulation)
      .space()
      .resources.find(({ name }) => name === '.fbb.sf');
    const sizeBytes = ((blocks?.free ?? 0) - 20) * 2 ** 20;
    const made = { datastore: 'ds1', name: 'all', sizeBytes };
    simulation.command({ kind: 'createDisk', ...made, diskKind: 'lazyThick' });
    const there = (): boolean =>
      opened(simulation)
        .list('/')
        .some(({ name }) => name === 'all');
    simulation.runUntil(15e9);
    expect([there(), owners(simulation)[0]]).toEqual([false, dead]);
    simulation.runUntil(30e9);
    expect([there(), owners(simulation).includes(dead)]).toEqual([true, false]);
    endCleanly(simulation);
    expectGuestsData(simulation);
    expectSilent(simulation);
  });

  it('replays its own journal when it is back, and takes a new one', () => {
    const [at] = instants(41, true);
    const simulation = crashed(at, 41, 5, 'until: 2s, ');
    const [{ heartbeat: before }] = liveSlots(opened(simulation).core);
    expect(transactions(simulation)).toBe(1);
    simulation.runUntil(4e9);
    const live = liveSlots(opened(simulation).core);
    const again = live.find(({ heartbeat }) => heartbeat.owner === before.owner);
    expect(live).toHaveLength(2);
    // It grows when a slot is cleared and when it is taken (VMFS on-disk reference, section 7).
    expect(again?.heartbeat.generation).toBe(before.generation + 2);
    expect(transactions(simulation)).toBe(0);
    endCleanly(simulation);
    expect(owners(simulation)).toEqual([]);
    expectGuestsData(simulation);
    expectSilent(simulation);
  });

  it('or was only taken for dead, takes another slot when it has access again', () => {
    const cut = ['vmhba1', 'vmhba2'].map(
      (adapter) => `{ at: 5ms, until: 25s, fault: link-down, target: esx0/${adapter} }`,
    );
    const simulation = new Simulation(planOf({ hosts: 2, seed: 9, faults: cut }));
    simulation.runUntil(1e8);
    simulation.stopJobs();
    const [cutOff, other] = owners(simulation);
    simulation.command({ kind: 'takeOver', vm: 'vm0', host: 'esx1' });
    simulation.runUntil(15e9);
    expect(owners(simulation)).toEqual([cutOff, other]);
    simulation.runUntil(24e9);
    expect(owners(simulation)).toEqual([other]);
    simulation.runUntil(40e9);
    expect(owners(simulation)).toEqual([cutOff, other]);
    endCleanly(simulation);
    expectGuestsData(simulation);
    expectSilent(simulation);
  });
});
