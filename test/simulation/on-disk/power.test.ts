/** Power is lost at some instant: what is on the media then is a volume with all acknowledged data. */
import { describe, expect, it } from 'vitest';
import { liveSlots } from '../../../src/engine/formats/vmfs/session.js';
import { Volume } from '../../../src/engine/formats/vmfs/volume.js';
import { Simulation } from '../../../src/engine/simulation/simulation.js';
import { compareDisk, damage, fileOf, imagesOf, planOf, readerOf, type Shape } from './rig.js';

const HOST = '6553f100-12345678-abcd-005056010203';
const UNMAPPING = ', trim_percentage: 20';
const CASES: readonly (Shape & { every: number })[] = [
  { seed: 1, vmfs: 5, every: 1_397_331, job: UNMAPPING },
  { seed: 2, vmfs: 6, every: 2_100_003 },
  { seed: 3, vmfs: 5, hosts: 2, luns: ['1GiB', '1GiB'], every: 5_900_017, job: UNMAPPING },
];

/** Instants of each run at which power is lost. */
const STEPS = 5;

let committed = 0;

describe('power lost at an arbitrary instant', () => {
  it.each(CASES)('loses nothing acknowledged: seed $seed, VMFS $vmfs', (shape) => {
    const simulation = new Simulation(planOf(shape));
    for (let step = 1; step <= STEPS; step++) {
      simulation.runUntil(step * shape.every);
      const images = imagesOf(simulation);
      expect(damage(images)).toEqual([]);
      committed += liveJournals(images);
      const volume = Volume.open(images, { seconds: 0, host: HOST });
      volume.close();
      expect(damage(images)).toEqual([]);
      const open = readerOf(images);
      for (const guest of simulation.verifiers.keys()) {
        compareDisk(simulation, guest, open(fileOf(guest)));
      }
    }
    expect(simulation.violations).toEqual([]);
  });

  it('met journals whose transactions had not all reached their places', () => {
    expect(committed).toBeGreaterThan(1);
  });
});

/** Journals that hold a transaction which may not have reached its place. */
function liveJournals(images: ReturnType<typeof imagesOf>): number {
  const volume = Volume.open(images, { seconds: 0 });
  return liveSlots(volume.core).filter(({ journal }) => (journal?.load() ?? []).length > 0).length;
}
