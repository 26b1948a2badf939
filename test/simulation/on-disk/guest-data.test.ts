/** What guests write through the whole stack lies on the media as VMFS volumes anybody can read. */
import { afterAll, describe, expect, it } from 'vitest';
import { Volume } from '../../../src/engine/formats/vmfs/volume.js';
import { Simulation } from '../../../src/engine/simulation/simulation.js';
import { hasTool, Images, run } from '../../formats/vmfs/tools.js';
import {
  compareDisk,
  damage,
  endCleanly,
  fileOf,
  imagesOf,
  planOf,
  readerOf,
  type Shape,
} from './rig.js';

const hasFive = hasTool('fsck.vmfs') && hasTool('debugvmfs');
const hasSix = hasTool('debugvmfs6');
const files = new Images();
afterAll(() => files.remove());

/** A link lost for a while, one path that swallows commands, all paths silent for a moment. */
const FAULTS = [
  '{ at: 30ms, until: 90ms, fault: link-down, target: esx0/vmhba1 }',
  "{ at: 40ms, until: 200ms, fault: path-lossy, target: 'esx0/vmhba2:C0:T0:L0', params: { rate: 0.2 } }",
  '{ at: 110ms, until: 140ms, fault: apd, target: esx0/lun0 }',
];
const CASES: readonly { what: string; shape: Shape }[] = [
  { what: 'VMFS 3', shape: { vmfs: 3, hosts: 2 } },
  { what: 'VMFS 5', shape: { vmfs: 5 } },
  { what: 'VMFS 6, guests that unmap', shape: { vmfs: 6, job: ', trim_percentage: 30' } },
  { what: 'VMFS 6, path faults', shape: { vmfs: 6, faults: FAULTS } },
  {
    what: 'VMFS 5, two hosts, two extents, path faults',
    shape: { vmfs: 5, hosts: 2, luns: ['1GiB', '1GiB'], faults: FAULTS },
  },
];

describe('a run on media that keep bytes', () => {
  it.each(CASES)('leaves a whole volume with what the guests wrote: $what', ({ what, shape }) => {
    const simulation = new Simulation(planOf(shape));
    simulation.runUntil(2e8);
    endCleanly(simulation);
    expect(simulation.violations).toEqual([]);
    const images = imagesOf(simulation);
    expect(damage(images)).toEqual([]);
    const open = readerOf(images);
    for (const guest of simulation.verifiers.keys()) {
      const written = compareDisk(simulation, guest, open(fileOf(guest)));
      if (!what.includes('unmap')) expect(written).toBeGreaterThan(100);
    }
    judge(simulation, images, shape.vmfs ?? 5);
  });
});

/** Takes the disks out with programs nobody here wrote, and has the volume checked where they can. */
function judge(simulation: Simulation, images: ReturnType<typeof imagesOf>, vmfs: 3 | 5 | 6): void {
  if (!(vmfs === 6 ? hasSix : hasFive)) return;
  const paths = files.store(images);
  const program = vmfs === 6 ? 'debugvmfs6' : 'debugvmfs';
  const banner = vmfs === 6 ? 'VMFS version: 6\n'.length * paths.length : 0;
  for (const guest of simulation.verifiers.keys()) {
    const bytes = run(program, ...paths, 'cat', fileOf(guest)).subarray(banner);
    compareDisk(simulation, guest, (at, length) => bytes.subarray(at, at + length));
  }
  if (vmfs === 6) return;
  const found = run('fsck.vmfs', ...paths).toString();
  // It takes each block still to be zeroed for lost (VMFS on-disk reference, section 16).
  expect(found).toMatch(new RegExp(`^Lost blocks *: ${toBeZeroed(images)}$`, 'm'));
  for (const none of [
    'Unallocated blocks',
    'Undefined inodes',
    'Orphaned inodes',
    'Directory errors',
  ])
    expect(found).toMatch(new RegExp(`^${none} *: 0$`, 'm'));
}

function toBeZeroed(images: ReturnType<typeof imagesOf>): number {
  const volume = Volume.open(images, { seconds: 0 });
  const folders = volume.list('/').filter(({ name }) => name.startsWith('vm'));
  return folders
    .flatMap(({ name }) => volume.list(`/${name}`))
    .reduce((sum, file) => sum + file.toBeZeroed, 0);
}
