import { expect, vi } from 'vitest';
import { expand } from '../../../src/engine/core/expand.js';
import type { Sim } from '../../../src/engine/core/sim.js';
import { Media } from '../../../src/engine/devices/media.js';
import { Dictionary } from '../../../src/engine/formats/dictionary/dictionary.js';
import { Descriptor } from '../../../src/engine/formats/vmdk/descriptor.js';
import { openDisk } from '../../../src/engine/formats/vmdk/disk.js';
import type {
  DiskFolder,
  FileMedium,
  ParentPlace,
} from '../../../src/engine/formats/vmdk/medium.js';
import type { BlockMedium } from '../../../src/engine/formats/vmfs/medium.js';
import { Volume } from '../../../src/engine/formats/vmfs/volume.js';
import { readHardware } from '../../../src/engine/formats/vmx/hardware.js';
import { SnapshotList } from '../../../src/engine/formats/vmx/snapshot-list.js';
import { zlibCodec } from '../../../src/input/image/zlib-codec.js';
import type { Work } from '../../operations/work.js';
import { SECOND } from '../support.js';

/** A guest that checks 96 KiB of its disk, and never stops writing. */
export const SMALL_JOB = {
  rw: 'randrw',
  rwmixread: 20,
  bs: '4k:16k',
  iodepth: 3,
  size: '96KiB',
  verify: true,
  thinktime: '3ms',
};

/** Volumes of VMFS by the name of their datastore. */
type Volumes = ReadonlyMap<string, Volume>;

/** A folder of a machine on volumes that a loss of power left behind. */
export class Folder implements DiskFolder {
  constructor(
    private readonly volumes: Volumes,
    private readonly datastore: string,
    private readonly vm: string,
  ) {}

  open(name: string): FileMedium {
    const volume = this.volumes.get(this.datastore) as Volume;
    const path = `/${this.vm}/${name}`;
    const bytes = volume.stat(path).length;
    const refuse = (): never => expect.unreachable();
    return {
      ...{ name: path, bytes, write: refuse, resize: refuse },
      nextData: (at) => at,
      nextHole: () => bytes,
      read: (at, into) => volume.read(path, at, into),
    };
  }

  parent(name: string): ParentPlace {
    return { folder: this, name, identity: name };
  }

  has(name: string): boolean {
    const files = (this.volumes.get(this.datastore) as Volume).list(`/${this.vm}`);
    return files.some((file) => file.name === name);
  }

  text(name: string): Dictionary {
    return Dictionary.read(this.content(name), name);
  }

  descriptor(name: string): Descriptor {
    return Descriptor.parse(Buffer.from(this.content(name)).toString('latin1'), name);
  }

  private content(name: string): Uint8Array {
    const { bytes, read } = this.open(name);
    const content = new Uint8Array(bytes);
    read(0, content);
    return content;
  }

  /** Where a name of the .vmx or .vmsd leads. */
  follow(name: string): [Folder, string] {
    const [, , , datastore, vm, file] = name.split('/');
    if (datastore === undefined) return [this, name];
    return [new Folder(this.volumes, datastore, vm as string), file as string];
  }
}

/** @param images one for each datastore, in their order */
function volumesOf(images: readonly BlockMedium[]): Volumes {
  return new Map(
    images.map((image, at) => [at === 0 ? 'one' : 'two', Volume.open([image], { seconds: 0 })]),
  );
}

/** The virtual disks of a machine as files, and which of them its .vmx names, each in its datastore's folder. */
export function homeOf(images: readonly BlockMedium[]): {
  readonly leaf: string;
  files(): readonly [string, Uint8Array][];
} {
  const volumes = volumesOf(images);
  const home = new Folder(volumes, 'one', 'vm1');
  const { devices } = readHardware(home.text('vm1.vmx'), 'vm1.vmx');
  const files = () =>
    [...volumes].flatMap(([datastore, volume]) => {
      if (volume.list('/').every(({ name }) => name !== 'vm1')) return [];
      const disks = volume.list('/vm1').filter(({ name }) => name.endsWith('.vmdk'));
      return disks.map(({ name, length }): [string, Uint8Array] => {
        const bytes = new Uint8Array(length);
        volume.read(`/vm1/${name}`, 0, bytes);
        return [`${datastore}/${name}`, bytes];
      });
    });
  const { file } = devices[0]!;
  return {
    leaf: file.replace(/^(?:.*volumes\/(.*)\/vm1\/)?/, (_, at) => `${at ?? 'one'}/`),
    files,
  };
}

const expanded = new Map<number, Uint8Array>();

function bytesOf(stamp: number): Uint8Array {
  const bytes = expanded.get(stamp) ?? expand(stamp);
  expanded.set(stamp, bytes);
  return bytes;
}

/** What is wrong with a disk by the guest's record of the running state, or of a snapshot. */
export function wrongIn(
  { simulation }: Work,
  bytes: Uint8Array,
  snapshot?: string,
): string | undefined {
  const { startBlock, endBlock } = simulation.verifiers[0]!;
  for (let lba = startBlock; lba < endBlock; lba += 8) {
    const at = (lba - startBlock) * 512;
    const found = bytes.subarray(at, at + 4096);
    const allowed = simulation.verifiers[0]!.stampsAt(lba, snapshot);
    if (allowed.some((stamp) => Buffer.compare(bytesOf(stamp), found) === 0)) continue;
    return `block at ${lba} is not what any of ${allowed} stands for`;
  }
  return undefined;
}

/**
 * What is wrong when the machine is started again from what its LUNs hold at this instant: the volumes
 * are opened as after a crash, and the machine's own files say what its disks are.
 * @param images one for each datastore, in their order
 * @param revertedTo the guest is not told yet that it was set back to this
 */
export function problemOf(
  work: Work,
  images: readonly BlockMedium[],
  revertedTo?: string,
): string | undefined {
  const { simulation } = work;
  const volumes = volumesOf(images);
  const home = new Folder(volumes, 'one', 'vm1');
  const known = simulation.snapshots.list('vm1').map(({ name }) => name);
  const { startBlock, endBlock } = simulation.verifiers[0]!;
  const bytes = new Uint8Array((endBlock - startBlock) * 512);
  let name = home.has('vm1.vmx') ? 'vm1.vmx' : 'vm1.vmtx';
  try {
    const { devices } = readHardware(home.text(name), name);
    const ways = revertedTo === undefined ? [undefined] : [undefined, revertedTo];
    const states: [string, (string | undefined)[]][] = [[devices[0]!.file, ways]];
    for (const { displayName, disks } of new SnapshotList(home.text('vm1.vmsd'), '').all()) {
      // A snapshot the list has and the guest not yet is of the guest as it is, stunned.
      states.push([disks[0]!.file, [known.includes(displayName) ? displayName : undefined]]);
    }
    for (const [path, ways] of states) {
      name = path;
      const [folder, file] = home.follow(path);
      const disk = openDisk(folder, file, zlibCodec);
      const map = folder.descriptor(file).get('changeTrackPath');
      if (map !== undefined && !folder.has(map)) return `${name}: there is no ${map}`;
      const last = new Uint8Array(512);
      disk.read(disk.sectors - 1, 1, last, 0);
      disk.read(startBlock, endBlock - startBlock, bytes, 0);
      const wrong = ways.map((snapshot) => wrongIn(work, bytes, snapshot));
      if (!wrong.includes(undefined)) return `${name}: ${wrong.join(' and ')}`;
    }
  } catch (error) {
    return `${name}: ${(error as Error).message}`;
  }
  return undefined;
}

export interface Interrupted {
  problem?: string;
  looks: number;
}

/**
 * Runs until `isOver`, and looks for the first problem after every `every`th command of a device.
 * @param counts which commands do, by their blocks
 */
export function interrupted(
  work: Work,
  every: number,
  look: () => string | undefined,
  isOver: () => boolean,
  counts: (blocks: number) => boolean = () => true,
): Interrupted {
  const outcome: Interrupted = { looks: 0 };
  const again = (): void => {
    outcome.looks++;
    const problem = outcome.problem ?? look();
    if (problem !== undefined) outcome.problem = problem;
  };
  const execute = Media.prototype.execute;
  const { requests } = (work.simulation as unknown as { sim: Sim }).sim;
  let commands = 0;
  const spy = vi.spyOn(Media.prototype, 'execute').mockImplementation(function (
    this: Media,
    io,
    lba,
  ) {
    execute.call(this, io, lba);
    if (counts(requests.blocks[io] as number) && commands++ % every === 0) again();
  });
  for (let left = 500; !isOver(); left--) {
    expect(left).toBeGreaterThan(0);
    work.run(work.simulation.now + 0.01 * SECOND);
  }
  again();
  spy.mockRestore();
  work.run(work.simulation.now + 0.05 * SECOND);
  return outcome;
}
