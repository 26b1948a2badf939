import { expand, STAMPED_BYTES } from '../../../src/engine/core/expand.js';
import type { MemoryImage } from '../../../src/engine/devices/memory-image.js';
import { checkVolume } from '../../../src/engine/formats/vmfs/check/check.js';
import { KINDS } from '../../../src/engine/formats/vmfs/check/findings.js';
import type { BlockMedium } from '../../../src/engine/formats/vmfs/medium.js';
import { Volume } from '../../../src/engine/formats/vmfs/volume.js';
import type { Plan } from '../../../src/engine/plan/plan.js';
import type { Simulation } from '../../../src/engine/simulation/simulation.js';
import { parseScenario, planScenario } from '../../../src/scenario/load.js';

export interface Shape {
  readonly vmfs?: 3 | 5 | 6;
  readonly seed?: number;
  readonly hosts?: number;
  /** Sizes of the LUNs, which are extents of one datastore. */
  readonly luns?: readonly string[];
  /** Lines of the scenario's `faults`. */
  readonly faults?: readonly string[];
  /** Added to each job. */
  readonly job?: string;
}

/** Hosts with a VM each, whose guests check what they read on a thin and on a lazy thick disk. */
export function planOf(shape: Shape = {}): Plan {
  const { vmfs = 5, seed = 1, hosts = 1, luns = ['2GiB'], faults = [], job = '' } = shape;
  const names = luns.map((_, index) => `array1/lun${index}`);
  const verifying = (disk: number): string =>
    `{ disk: ${disk}, rw: randrw, rwmixread: 30, bs: 4k/40:64k/40:1M/20, iodepth: 4, ` +
    `thinktime: 10ms, offset: 4MiB, size: 8MiB, verify: true${job} }`;
  const yaml = `
title: bytes
seed: ${seed}
duration: 1s
arrays:
  - name: array1
    luns:
${luns.map((size, index) => `      - { name: lun${index}, size: ${size}, content: memory }`).join('\n')}
hosts:
${Array.from(
  { length: hosts },
  (_, index) =>
    `  - { name: esx${index}, adapters: [{ name: vmhba1, driver: qlnativefc }, { name: vmhba2, driver: qlnativefc }] }`,
).join('\n')}
datastores:
  - { name: ds1, extents: [${names.join(', ')}], version: ${vmfs} }
vms:
${Array.from(
  { length: hosts },
  (_, index) => `  - name: vm${index}
    host: esx${index}
    memory: 16MiB
    disks: [{ size: 300MiB, kind: thin }, { size: 16MiB, kind: lazyThick }]
    workloads:
      - ${verifying(0)}
      - ${verifying(1)}`,
).join('\n')}
${faults.length === 0 ? '' : `faults:\n${faults.map((line) => `  - ${line}`).join('\n')}`}
`;
  const { source, text } = parseScenario(yaml, 'bytes.yaml');
  return planScenario(source, text);
}

/** The media of a run in the order of the LUNs; copies, as a loss of power now leaves them. */
export function imagesOf(simulation: Simulation): MemoryImage[] {
  return [...simulation.images.values()].map((image) => (image as MemoryImage).copy());
}

/** Guests stop, what is on its way arrives, hosts unmount. */
export function endCleanly(simulation: Simulation): void {
  simulation.stopJobs();
  for (let left = 600; simulation.inFlight > 0 && left > 0; left--) {
    simulation.runUntil(simulation.now + 1e9);
  }
  simulation.runUntil(simulation.now + 2e9);
  const left = simulation.unmount();
  if (simulation.inFlight > 0 || left.length > 0) throw new Error(`not at rest: ${left}`);
}

/**
 * Compares a disk as a file with what its guest may read, by the guest's own record.
 * @returns the number of blocks that hold something
 */
export function compareDisk(
  simulation: Simulation,
  guest: number,
  read: (at: number, length: number) => Uint8Array,
): number {
  const verifier = simulation.verifiers[guest];
  const { startBlock, endBlock } = verifier;
  const part = read(startBlock * 512, (endBlock - startBlock) * 512);
  let written = 0;
  for (let lba = startBlock; lba < endBlock; lba += 8) {
    const at = (lba - startBlock) * 512;
    const found = part.subarray(at, at + STAMPED_BYTES);
    const allowed = verifier.stampsAt(lba);
    const matches = allowed.some((stamp) => Buffer.compare(expand(stamp), found) === 0);
    if (!matches) throw new Error(`block at ${lba}: not what any of ${allowed} expands to`);
    if (!allowed.includes(0)) written++;
  }
  return written;
}

/** Name of the file a guest's disk is, in the order of the jobs. */
export function fileOf(guest: number): string {
  const vm = `vm${Math.floor(guest / 2)}`;
  return `/${vm}/${vm}${guest % 2 === 0 ? '' : '_1'}-flat.vmdk`;
}

/** Reads files of a volume with vmtop's own library. */
export function readerOf(images: readonly BlockMedium[]) {
  const volume = Volume.open(images, { seconds: 0 });
  return (path: string) =>
    (at: number, length: number): Uint8Array => {
      const bytes = new Uint8Array(length);
      volume.read(path, at, bytes);
      return bytes;
    };
}

/** What the checker has to say, but for notes of what is in use. */
export function damage(images: readonly MemoryImage[]): string[] {
  return checkVolume(images)
    .findings.list.filter(({ kind }) => KINDS[kind].severity !== 'note')
    .map(({ kind, place, detail }) => `${kind} ${place}: ${detail}`);
}
