/** Volumes with files of every form, and operations that take them from one form to another. */
import {
  type Generation,
  VMFS3,
  VMFS5,
  VMFS6,
} from '../../../../src/engine/formats/vmfs/generation.js';
import type { Volume } from '../../../../src/engine/formats/vmfs/volume.js';
import type { MemoryImage } from '../../../../src/input/image/memory-image.js';
import { formatted, MIB, openToWrite, pattern } from '../model.js';

/** Who does operations: the methods of `Volume` they take. */
export interface Actor
  extends Pick<Volume, 'create' | 'makeDirectory' | 'write' | 'resize' | 'rename' | 'remove'> {
  stat(path: string): { readonly length: number };
}

export interface Operation {
  readonly name: string;
  readonly run: (volume: Actor) => void;
  /** Made of several transactions: a loss of power may find it half way. */
  readonly steps?: true;
}

/** A volume and what is done to it. */
export interface Part {
  readonly name: string;
  readonly base: () => MemoryImage;
  readonly operations: readonly Operation[];
  /** Do files begin inside their descriptors? */
  readonly resident: boolean;
  /** True where one of several hosts does it. */
  readonly asHost: boolean;
}

/** Names in /full after which one more takes another sub-block, on VMFS 6 another block of records. */
const NAMES_IN_FULL = { 3: 466, 5: 56, 6: 14 } as const;
const GIB = 1024 * MIB;

/**
 * On it: /d with r (500 bytes), f (5,000 bytes), g (two blocks), p (through pointer blocks, at both ends
 * and with a hole), z (three blocks to be zeroed); /full, a directory with just so many names; /e, empty.
 */
function prepared(generation: Generation): MemoryImage {
  // VMFS 3 has 480 descriptors on less than that, and a sub-block holds 468 names.
  const size = generation.product === 3 ? 600 : 300;
  const [image] = formatted({ generation, sizes: [size * MIB] });
  const volume = openToWrite([image], residents(generation));
  volume.makeDirectory('/d');
  volume.makeDirectory('/e');
  volume.makeDirectory('/full');
  const names = NAMES_IN_FULL[generation.product];
  for (let index = 0; index < names; index++) volume.create(`/full/name${index}`);
  const file = (path: string, offset: number, bytes: number, seed: number): void => {
    volume.create(path);
    volume.write(path, offset, pattern(seed, bytes));
  };
  file('/d/r', 0, 500, 1);
  file('/d/f', 0, 5000, 2);
  file('/d/g', 0, MIB + 5000, 3);
  file('/d/p', 0, 3000, 4);
  volume.write('/d/p', pointerBlocksFrom(generation) + 2 * MIB, pattern(5, 3000));
  volume.create('/d/z', { length: 3 * MIB, provisioning: 'zeroedthick' });
  volume.close();
  return image;
}

/** Do files of this generation begin inside their descriptors? */
function residents(generation: Generation): boolean {
  return generation.residentBytes > 0;
}

/** Length from which a file has pointer blocks. */
function pointerBlocksFrom({ pointers }: Generation): number {
  return pointers * MIB;
}

/** Where a file ends: what is written over content may be found half written, as on a disk. */
function append(volume: Actor, path: string, bytes: Uint8Array): void {
  volume.write(path, volume.stat(path).length, bytes);
}

function operationsOf(generation: Generation): readonly Operation[] {
  const all: Operation[] = [
    { name: 'create', run: (volume) => volume.create('/d/new') },
    { name: 'mkdir', run: (volume) => volume.makeDirectory('/d/dir') },
    { name: 'rmdir', run: (volume) => volume.remove('/e') },
    { name: 'create-full', run: (volume) => volume.create('/full/one-more') },
    { name: 'remove-full', run: (volume) => volume.remove('/full/name3') },
    { name: 'remove-small', run: (volume) => volume.remove('/d/f') },
    { name: 'remove-blocks', run: (volume) => volume.remove('/d/g') },
    { name: 'remove-pointers', steps: true, run: (volume) => volume.remove('/d/p') },
    { name: 'rename', run: (volume) => volume.rename('/d/r', '/d/renamed') },
    { name: 'move', run: (volume) => volume.rename('/d/f', '/e/f') },
    { name: 'replace', run: (volume) => volume.rename('/d/f', '/d/g', true) },
    { name: 'move-directory', run: (volume) => volume.rename('/d', '/e/d') },
    { name: 'append', run: (volume) => append(volume, '/d/f', pattern(11, 3000)) },
    { name: 'overwrite', run: (volume) => volume.write('/d/g', 8192, pattern(12, 512)) },
    { name: 'leave-descriptor', run: (volume) => append(volume, '/d/r', pattern(13, 4000)) },
    { name: 'leave-sub-block', run: (volume) => append(volume, '/d/f', pattern(14, 70_000)) },
    {
      name: 'leave-direct',
      run: (volume) => volume.write('/d/g', pointerBlocksFrom(generation) + MIB, pattern(15, 9)),
    },
    { name: 'fill-hole', run: (volume) => volume.write('/d/p', 5 * MIB, pattern(16, 700)) },
    { name: 'zero-block', run: (volume) => volume.write('/d/z', MIB + 99, pattern(17, 700)) },
    { name: 'thin', run: (volume) => volume.resize('/d/f', 3 * MIB) },
    { name: 'thick', run: (volume) => volume.resize('/d/f', 3 * MIB, 'thick') },
    { name: 'lazy', run: (volume) => volume.resize('/d/g', 4 * MIB, 'zeroedthick') },
    { name: 'eager', run: (volume) => volume.resize('/d/g', 4 * MIB, 'eagerzeroedthick') },
    { name: 'cut', run: (volume) => volume.resize('/d/g', 100) },
    { name: 'cut-pointers', run: (volume) => volume.resize('/d/p', 100 * MIB) },
    { name: 'cut-zeroed', run: (volume) => volume.resize('/d/z', 0) },
  ];
  // 256 or 320 pointer blocks in a descriptor, of 1,024 or 8,192 blocks of 1 MiB each.
  const reach = generation === VMFS5 ? 256 * GIB : generation === VMFS6 ? 2560 * GIB : 0;
  if (reach === 0) return all;
  const write = (volume: Actor): void => volume.write('/d/p', reach + MIB, pattern(18, 9));
  return [...all, { name: 'leave-pointers', run: write }];
}

/** A volume of VMFS 6 with /large, which has a large block, and /small, which has one cut up. */
function preparedLarge(): MemoryImage {
  const [image] = formatted({ generation: VMFS6, sizes: [2200 * MIB] });
  const volume = openToWrite([image]);
  volume.create('/large', { length: 513 * MIB, provisioning: 'zeroedthick' });
  volume.create('/small', { length: 470 * MIB, provisioning: 'zeroedthick' });
  volume.close();
  return image;
}

const LARGE_OPERATIONS: readonly Operation[] = [
  {
    name: 'make-large',
    steps: true,
    run: (volume) => volume.create('/new', { length: 514 * MIB, provisioning: 'zeroedthick' }),
  },
  {
    name: 'grow-large',
    steps: true,
    run: (volume) => volume.resize('/small', 1100 * MIB, 'zeroedthick'),
  },
  { name: 'remove-large', steps: true, run: (volume) => volume.remove('/large') },
  { name: 'remove-cut-up', steps: true, run: (volume) => volume.remove('/small') },
  { name: 'cut-large', run: (volume) => volume.resize('/large', 300 * MIB) },
  { name: 'write-large', run: (volume) => volume.write('/large', 99, pattern(19, 700)) },
];

const KINDS: readonly Omit<Part, 'asHost'>[] = [
  ...[VMFS5, VMFS6, VMFS3].map((generation) => ({
    name: generation.name,
    base: () => prepared(generation),
    operations: operationsOf(generation),
    resident: residents(generation),
  })),
  { name: 'VMFS-6-large', base: preparedLarge, operations: LARGE_OPERATIONS, resident: true },
];

export const PARTS: readonly Part[] = [false, true].flatMap((asHost) =>
  KINDS.map((kind) => ({ ...kind, asHost, name: asHost ? `${kind.name}-host` : kind.name })),
);
