/** What hosts have on the volumes they use: heartbeats, locks, and what is left when one is cut off. */
import { describe, expect, it } from 'vitest';
import { decodeLock } from '../../../src/engine/formats/vmfs/lock.js';
import { liveSlots } from '../../../src/engine/formats/vmfs/session.js';
import { Volume } from '../../../src/engine/formats/vmfs/volume.js';
import { Simulation } from '../../../src/engine/simulation/simulation.js';
import { EPOCH_SECONDS } from '../../../src/engine/stack/filesystem/vmfs/on-disk/volume-bytes.js';
import { fieldOf } from '../support.js';
import { compareDisk, damage, endCleanly, fileOf, imagesOf, planOf, readerOf } from './rig.js';

function opened(simulation: Simulation): Volume {
  return Volume.open(imagesOf(simulation), { seconds: 0 });
}

describe.each([3, 5, 6] as const)('hosts on a volume of VMFS %i', (vmfs) => {
  it('have a heartbeat each, renewed every 3 s, and the locks of their files', () => {
    const simulation = new Simulation(planOf({ vmfs, hosts: 2, seed: 7 }));
    simulation.stopJobs();
    simulation.runUntil(7e9);
    const { core, tree } = opened(simulation);
    const live = liveSlots(core);
    expect(live.map(({ slot }) => slot)).toEqual([0, 1]);
    // Stack-upper reference, 6.1: the last of the renewals every 3 s was at 6 s.
    for (const { heartbeat } of live) {
      expect(heartbeat.stamp - EPOCH_SECONDS * 1e6).toBe(6e6);
    }
    for (const [host, { heartbeat }] of live.entries()) {
      const lock = decodeLock(tree.file(fileOf(2 * host)).bytes);
      expect(lock).toMatchObject({
        mode: 1,
        owner: heartbeat.owner,
        heartbeatAddress: heartbeat.address,
        heartbeatGeneration: heartbeat.generation,
      });
    }
    endCleanly(simulation);
    const after = opened(simulation);
    expect(liveSlots(after.core)).toEqual([]);
    expect(decodeLock(after.tree.file(fileOf(0)).bytes).mode).toBe(0);
  });
});

describe('a host that is cut off', () => {
  it('does not hold up others that need nothing it has locked', () => {
    const faults = ['vmhba1', 'vmhba2'].map(
      (adapter) => `{ at: 5ms, fault: link-down, target: esx0/${adapter} }`,
    );
    const simulation = new Simulation(planOf({ hosts: 2, seed: 8, faults }));
    simulation.runUntil(2e8);
    const { blocksWritten } = simulation.verifiers[2];
    simulation.runUntil(6e8);
    expect(simulation.verifiers[2].blocksWritten).toBeGreaterThan(blocksWritten + 500);
    const images = imagesOf(simulation);
    expect(damage(images)).toEqual([]);
    const open = readerOf(images);
    for (const guest of simulation.verifiers.keys()) {
      compareDisk(simulation, guest, open(fileOf(guest)));
    }
  });
});

describe('hosts that want blocks of the same clusters', () => {
  it('take turns: the lock of one is a difference to the COMPARE AND WRITE of the other', () => {
    const simulation = new Simulation(planOf({ hosts: 2, seed: 3 }));
    simulation.runUntil(4e6);
    const blocks = opened(simulation)
      .space()
      .resources.find(({ name }) => name === '.fbb.sf');
    const sizeBytes = ((blocks?.free ?? 0) - 30) * 2 ** 20;
    const made = { datastore: 'ds1', name: 'all', sizeBytes };
    simulation.command({ kind: 'createDisk', ...made, diskKind: 'lazyThick' });
    simulation.runUntil(1e8);
    const [datastore] = simulation.entities.filter(({ scope }) => scope === 'datastore');
    expect(fieldOf(simulation.sample(), datastore, 'atsMiss')).toBeGreaterThan(0);
    endCleanly(simulation);
    expect(opened(simulation).stat('/all/all-flat.vmdk').length).toBe(sizeBytes);
    expect(damage(imagesOf(simulation))).toEqual([]);
  });
});

describe('a file that a host opens as soon as it is made', () => {
  it.each(['seSparse', 'vmfsSparse'] as const)(
    'does not hold up its own making after one that was never opened: %s',
    (format) => {
      const simulation = new Simulation(planOf({ hosts: 2, seed: 4 }));
      simulation.stopJobs();
      simulation.runUntil(1e8);
      const snapshot = (vm: string, action: 'create' | 'delete', name: string): void => {
        simulation.command({ kind: 'snapshot', vm, action, snapshot: name, format });
        simulation.runUntil(simulation.now + 2e9);
      };
      // Nobody opens a .vmsn: the lock block of its descriptor reads as that of a new file.
      for (const name of ['a', 'b', 'c']) snapshot('vm0', 'create', name);
      for (const name of ['a', 'b', 'c']) snapshot('vm0', 'delete', name);
      for (const name of ['a', 'b', 'c']) snapshot('vm1', 'create', name);
      expect(simulation.snapshots.taskOf('vm1')).toBeUndefined();
      endCleanly(simulation);
      expect(damage(imagesOf(simulation))).toEqual([]);
    },
  );
});
