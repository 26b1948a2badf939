/** What guests write through the whole stack lies on the media as VMFS volumes anybody can read. */
import { describe, expect, it } from 'vitest';
import { Simulation } from '../../../src/engine/simulation/simulation.js';
import { compareDisk, damage, endCleanly, fileOf, imagesOf, planOf, readerOf } from './rig.js';

const CASES = [
  { what: 'VMFS 5', shape: { vmfs: 5 } },
  { what: 'VMFS 6', shape: { vmfs: 6 } },
] as const;

describe('a run on media that keep bytes', () => {
  it.each(CASES)('leaves a whole volume with what the guests wrote: $what', ({ shape }) => {
    const simulation = new Simulation(planOf(shape));
    simulation.runUntil(1e9);
    endCleanly(simulation);
    expect(simulation.violations).toEqual([]);
    const images = imagesOf(simulation);
    expect(damage(images)).toEqual([]);
    const open = readerOf(images);
    for (const guest of simulation.verifiers.keys()) {
      expect(compareDisk(simulation, guest, open(fileOf(guest)))).toBeGreaterThan(500);
    }
  });
});
