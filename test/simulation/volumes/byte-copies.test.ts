/** Snapshots that an array presents of LUNs that keep bytes: what is on them is read by anybody. */
import { afterAll, describe, expect, it } from 'vitest';
import { expand, STAMPED_BYTES } from '../../../src/engine/core/expand.js';
import { MemoryImage } from '../../../src/engine/devices/memory-image.js';
import { isZero } from '../../../src/engine/formats/vmfs/bytes.js';
import { checkVolume } from '../../../src/engine/formats/vmfs/check/check.js';
import { KINDS } from '../../../src/engine/formats/vmfs/check/findings.js';
import type { BlockMedium } from '../../../src/engine/formats/vmfs/medium.js';
import { Volume } from '../../../src/engine/formats/vmfs/volume.js';
import type { Command } from '../../../src/engine/plan/commands.js';
import type { Simulation } from '../../../src/engine/simulation/simulation.js';
import { hasTool, Images, run as runTool } from '../../formats/vmfs/tools.js';
import { compareDisk, endCleanly, readerOf } from '../on-disk/rig.js';
import { fieldOf, Run } from '../support.js';
import { planOf } from './rig.js';

const files = new Images();
afterAll(() => files.remove());

const MIB = 2 ** 20;
const lun = 'array1/copyA';
const disk = (vm: number): string => `/vm${vm}/vm${vm}-flat.vmdk`;

function runOf(vmfs: 5 | 6, extents = ['a']): Run {
  const luns = [
    `{ name: a, size: ${vmfs === 5 ? '1500MiB' : '2GiB'}, thin: true, content: memory }`,
    '{ name: b, size: 1GiB, content: memory }',
    '{ name: copyA, copyOf: a }',
    '{ name: copyB, copyOf: b }',
  ];
  return new Run(planOf({ hosts: 2, luns, extents, vmfs }));
}

function snapshot(run: Run, names: readonly string[]): void {
  for (const name of names) {
    const about = { action: 'create', snapshot: 'before' } as const;
    run.simulation.command({ kind: 'lun-snapshot', lun: `array1/${name}`, ...about });
  }
}

function present(run: Run, names: readonly string[]): void {
  for (const name of names) {
    const to = `array1/copy${name.toUpperCase()}`;
    const about = { lun: `array1/${name}`, snapshot: 'before', to };
    run.simulation.command({ kind: 'presentSnapshot', ...about });
  }
  run.simulation.command({ kind: 'rescan', host: 'esx0' });
}

/** What the LUNs from the `first` on hold: two of the volume, two of the copy. */
function imagesOf(simulation: Simulation, first: number, count: number): BlockMedium[] {
  return [...simulation.images.values()].slice(first, first + count);
}

/** For the tools, which read files. */
function copied(image: BlockMedium): MemoryImage {
  const copy = new MemoryImage(image.name, image.blocks);
  const bytes = new Uint8Array(MIB);
  const words = new Uint32Array(bytes.buffer);
  for (let lba = 0; lba < image.blocks; lba += 2048) {
    const count = Math.min(2048, image.blocks - lba);
    image.read(lba, count, bytes);
    if (!isZero(words.subarray(0, count * 128))) copy.write(lba, count, bytes);
  }
  return copy;
}

function damage(images: readonly BlockMedium[]): string[] {
  return checkVolume(images)
    .findings.list.filter(({ kind }) => KINDS[kind].severity !== 'note')
    .map(({ kind, place, detail }) => `${kind} ${place}: ${detail}`);
}

/** What guests may read just now, for each 4 KiB of their parts. */
function allowedNow({ verifiers }: Simulation): (readonly number[])[][] {
  return verifiers.map((verifier) => {
    const stamps: (readonly number[])[] = [];
    for (let at = verifier.startBlock; at < verifier.endBlock; at += 8) {
      stamps.push([...verifier.stampsAt(at)]);
    }
    return stamps;
  });
}

describe.each([
  { vmfs: 5, extents: ['a'] },
  { vmfs: 6, extents: ['a', 'b'] },
] as const)('VMFS $vmfs', ({ vmfs, extents }) => {
  it('is a volume of its own with what was written when the snapshot was made', () => {
    const run = runOf(vmfs, [...extents]);
    const { simulation } = run;
    simulation.runUntil(4e8);
    snapshot(run, extents);
    const allowed = allowedNow(simulation);
    simulation.runUntil(8e8);
    present(run, extents);
    simulation.runUntil(1e9);
    expect(run.of('vmfs.unresolved').length).toBeGreaterThan(0);
    simulation.command({ kind: 'resignature', host: 'esx0', lun });
    simulation.runUntil(1.2e9);
    const [, copy] = run.entities('datastore').map(({ name }) => name) as [string, string];
    expect(copy).toMatch(/^snap-[0-9a-f]{8}-ds1$/);
    const images = imagesOf(simulation, 2, extents.length);
    expect(Volume.open(images, { seconds: 0 }).core.superblock.label).toBe(copy);
    expect(damage(images)).toEqual([]);
    const read = readerOf(images);
    let written = 0;
    for (const [guest, stamps] of allowed.entries()) {
      const { startBlock } = simulation.verifiers[guest];
      const found = read(disk(guest))(startBlock * 512, stamps.length * STAMPED_BYTES);
      for (const [index, known] of stamps.entries()) {
        const part = found.subarray(index * STAMPED_BYTES, (index + 1) * STAMPED_BYTES);
        if (!known.some((stamp) => Buffer.compare(expand(stamp), part) === 0)) {
          expect([guest, index]).toEqual(['one of', known]);
        }
        if (!known.includes(0)) written++;
      }
    }
    expect(written).toBeGreaterThan(30);
    // A second host mounts it, and both use it.
    simulation.command({ kind: 'rescan', host: 'esx1' });
    simulation.runUntil(1.4e9);
    expect(run.entities('mount', { datastore: copy })).toHaveLength(2);
    const made = { datastore: copy, name: 'made', sizeBytes: 32 * MIB };
    simulation.command({ kind: 'createDisk', ...made, diskKind: 'eagerThick' });
    simulation.runUntil(2e9);
    expect(run.of('disk.zeroed')).toHaveLength(1);
    endCleanly(simulation);
    const after = imagesOf(simulation, 2, extents.length);
    expect(damage(after)).toEqual([]);
    const volume = Volume.open(after, { seconds: 0 });
    expect(volume.stat('/made/made-flat.vmdk')).toMatchObject({ toBeZeroed: 0, blocks: 32 });
    if (vmfs === 5 && hasTool('fsck.vmfs')) {
      const found = runTool('fsck.vmfs', ...files.store(after.map(copied))).toString();
      for (const none of ['Unallocated blocks', 'Orphaned inodes', 'Directory errors']) {
        expect(found).toMatch(new RegExp(`^${none} *: 0$`, 'm'));
      }
    }
    // The original has gone on, undisturbed.
    const original = imagesOf(simulation, 0, extents.length);
    expect(damage(original)).toEqual([]);
    for (const guest of [0, 1]) {
      compareDisk(simulation, guest, readerOf(original)(disk(guest)));
    }
    expect(simulation.violations).toEqual([]);
    expect(simulation.totals().errors).toBe(0);
  });
});

it('may be mounted as it is first, and gets its own signature later', () => {
  const run = runOf(5);
  const { simulation } = run;
  simulation.runUntil(5e8);
  simulation.command({ kind: 'power', vm: 'vm0', state: 'off' });
  simulation.runUntil(4e9);
  snapshot(run, ['a']);
  present(run, ['a']);
  simulation.runUntil(5e9);
  const mount = (datastore: string, state: 'on' | 'off'): Command => ({
    kind: 'mount',
    host: 'esx0',
    datastore,
    state,
  });
  simulation.command(mount('ds1', 'off'));
  simulation.command({ kind: 'mountCopy', host: 'esx0', lun });
  simulation.runUntil(6e9);
  const used = (name: string): number => {
    const sample = simulation.sample(false);
    const entity = run.entity('datastore', name);
    return fieldOf(sample, entity, 'capacityBlocks') - fieldOf(sample, entity, 'freeBlocks');
  };
  // Of the original's two journals the one that was in use by the host with open files is free again.
  expect(Math.abs(used('ds1 (1)') - used('ds1')) / 2048).toBeLessThanOrEqual(2);
  expect(() => simulation.command(mount('ds1', 'on'))).toThrow('same signature');
  simulation.command(mount('ds1 (1)', 'off'));
  simulation.command({ kind: 'resignature', host: 'esx0', lun });
  simulation.runUntil(7e9);
  expect(run.of('vmfs.resignatured')).toHaveLength(1);
  expect(() => simulation.command(mount('ds1 (1)', 'on'))).toThrow('a signature of its own');
  simulation.command(mount('ds1', 'on'));
  simulation.runUntil(8e9);
  endCleanly(simulation);
  expect(damage(imagesOf(simulation, 2, 1))).toEqual([]);
});
