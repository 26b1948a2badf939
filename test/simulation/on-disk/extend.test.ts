/** Disks that grow on volumes whose bytes are kept. */
import { describe, expect, it } from 'vitest';
import { Volume } from '../../../src/engine/formats/vmfs/volume.js';
import { Simulation } from '../../../src/engine/simulation/simulation.js';
import { compareDisk, damage, endCleanly, fileOf, imagesOf, planOf, readerOf } from './rig.js';

const MIB = 1024 * 1024;

describe('a disk that is extended', () => {
  it.each([3, 5, 6] as const)('is as long on the volume, with its data: VMFS %i', (vmfs) => {
    const simulation = new Simulation(planOf({ vmfs, seed: 11 }));
    simulation.runUntil(3e7);
    const extend = (disk: number, mib: number): void => {
      const sizeBytes = mib * MIB;
      simulation.command({ kind: 'alterDisk', disk, action: 'extend', sizeBytes });
    };
    // From below 256 blocks, which a descriptor names by itself, to pointer blocks; and among those.
    extend(1, 260);
    extend(0, 700);
    for (let step = 0; step < 4; step++) {
      // As a loss of power would leave it.
      expect(damage(imagesOf(simulation))).toEqual([]);
      simulation.runUntil(simulation.now + 700_001);
    }
    simulation.runUntil(1e8);
    simulation.stopJobs();
    // Blocks that only the new pointer blocks name are written.
    simulation.command({ kind: 'alterDisk', disk: 1, action: 'inflate' });
    simulation.runUntil(5e9);
    const ended = simulation.log.entries.filter(({ kind }) => kind === 'disk.alter.end');
    expect(ended.map(({ what }) => what.split(':')[0])).toEqual(['extend', 'extend', 'inflate']);
    endCleanly(simulation);
    const images = imagesOf(simulation);
    expect(damage(images)).toEqual([]);
    const volume = Volume.open(images, { seconds: 0 });
    const [thin, thick] = [volume.stat(fileOf(0)), volume.stat(fileOf(1))];
    expect([thin.length / MIB, thick.length / MIB]).toEqual([700, 260]);
    const open = readerOf(images);
    expect(compareDisk(simulation, 0, open(fileOf(0)))).toBeGreaterThan(100);
    expect(compareDisk(simulation, 1, open(fileOf(1)))).toBeGreaterThan(100);
    expect(new Set(open(fileOf(1))(259 * MIB, 4096))).toEqual(new Set([0]));
    expect(simulation.violations).toEqual([]);
  });
});
