/**
 * Power lost while snapshots come, go and are merged on LUNs that keep bytes: nothing but the images is
 * looked at. The volume is opened as after a crash, and the machine's own files say what its disks are.
 */
import { describe, expect, it, vi } from 'vitest';
import { expand } from '../../../src/engine/core/expand.js';
import { Media } from '../../../src/engine/devices/media.js';
import { Dictionary } from '../../../src/engine/formats/dictionary/dictionary.js';
import { openDisk } from '../../../src/engine/formats/vmdk/disk.js';
import type { DiskFolder, FileMedium } from '../../../src/engine/formats/vmdk/medium.js';
import { Volume } from '../../../src/engine/formats/vmfs/volume.js';
import { readHardware } from '../../../src/engine/formats/vmx/hardware.js';
import { SnapshotList } from '../../../src/engine/formats/vmx/snapshot-list.js';
import type { SnapshotAction } from '../../../src/engine/plan/commands.js';
import { DeltaImage } from '../../../src/engine/stack/vmfiles/chain/delta-image.js';
import { zlibCodec } from '../../../src/input/image/zlib-codec.js';
import { planOf, Work } from '../../operations/work.js';
import { SECOND } from '../support.js';

/** A guest that checks 96 KiB of a thin disk, and never stops writing. */
function small(version: 3 | 5 | 6, trim: number): Work {
  return new Work(
    planOf({
      array: { luns: [{ name: 'lun', count: 1, size: '2GiB', thin: true, content: 'memory' }] },
      datastores: [{ name: 'one', extents: 'array1/lun0', version }],
      job: {
        rw: 'randrw',
        rwmixread: 20,
        bs: '4k:16k',
        iodepth: 3,
        size: '96KiB',
        verify: true,
        thinktime: '3ms',
        trim_percentage: trim,
      },
    }),
  );
}

/** A machine's home on a volume that a loss of power left behind. */
class Home implements DiskFolder {
  private readonly volume: Volume;

  constructor({ simulation }: Work) {
    this.volume = Volume.open([...simulation.images.values()], { seconds: 0 });
  }

  open(name: string): FileMedium {
    const { volume } = this;
    const path = `/vm1/${name}`;
    const bytes = volume.stat(path).length;
    const refuse = (): never => expect.unreachable();
    return {
      ...{ name, bytes, write: refuse, resize: refuse },
      nextData: (at) => at,
      nextHole: () => bytes,
      read: (at, into) => volume.read(path, at, into),
    };
  }

  parent(name: string) {
    return { folder: this, name, identity: name };
  }

  text(name: string): Dictionary {
    const { bytes, read } = this.open(name);
    const content = new Uint8Array(bytes);
    read(0, content);
    return Dictionary.read(content, name);
  }
}

const expanded = new Map<number, Uint8Array>();

function bytesOf(stamp: number): Uint8Array {
  const bytes = expanded.get(stamp) ?? expand(stamp);
  expanded.set(stamp, bytes);
  return bytes;
}

/** What is wrong with a disk by the guest's record of the running state, or of a snapshot. */
function wrongIn({ simulation }: Work, bytes: Uint8Array, snapshot?: string): string | undefined {
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

/** What is wrong when the machine is started again from what the LUN holds at this instant. */
function problemOf(work: Work, action: SnapshotAction): string | undefined {
  const { simulation } = work;
  const home = new Home(work);
  const known = simulation.snapshots.list('vm1').map(({ name }) => name);
  const { devices } = readHardware(home.text('vm1.vmx'), 'vm1.vmx');
  // Where the .vmx names new leaves already, the guest is not told yet that it was set back.
  const back = action.action === 'revert' ? [undefined, action.snapshot] : [undefined];
  const states: [string, (string | undefined)[]][] = [[devices[0]!.file, back]];
  for (const { displayName, disks } of new SnapshotList(home.text('vm1.vmsd'), '').all()) {
    // A snapshot the list has and the guest not yet is of the guest as it is, stunned.
    states.push([disks[0]!.file, [known.includes(displayName) ? displayName : undefined]]);
  }
  const { startBlock, endBlock } = simulation.verifiers[0]!;
  const bytes = new Uint8Array((endBlock - startBlock) * 512);
  for (const [name, ways] of states) {
    try {
      openDisk(home, name, zlibCodec).read(startBlock, endBlock - startBlock, bytes, 0);
    } catch (error) {
      return `${name}: ${(error as Error).message}`;
    }
    const wrong = ways.map((snapshot) => wrongIn(work, bytes, snapshot));
    if (!wrong.includes(undefined)) return `${name}: ${wrong.join(' and ')}`;
  }
  return undefined;
}

/** Does an operation; the first problem after every `every`th command of the device, and how many. */
function interrupted(work: Work, action: SnapshotAction, every: number) {
  const outcome: { problem?: string; looks: number } = { looks: 0 };
  const look = (): void => {
    outcome.looks++;
    const problem = outcome.problem ?? problemOf(work, action);
    if (problem !== undefined) outcome.problem = problem;
  };
  const execute = Media.prototype.execute;
  let commands = 0;
  const spy = vi.spyOn(Media.prototype, 'execute').mockImplementation(function (
    this: Media,
    ...command
  ) {
    execute.apply(this, command);
    if (commands++ % every === 0) look();
  });
  work.simulation.command({ kind: 'snapshot', vm: 'vm1', ...action });
  for (let left = 500; work.simulation.snapshots.taskOf('vm1') !== undefined; left--) {
    expect(left).toBeGreaterThan(0);
    work.run(work.simulation.now + 0.01 * SECOND);
  }
  look();
  spy.mockRestore();
  work.run(work.simulation.now + 0.05 * SECOND);
  return outcome;
}

describe('power lost while a machine has snapshots', () => {
  it.each([
    ['seSparse', 6, 10],
    ['vmfsSparse', 5, 0],
  ] as const)('leaves chains that open, and what was acknowledged: %s, VMFS %i', (...shape) => {
    const [format, version, trim] = shape;
    const work = small(version, trim);
    work.run(0.1 * SECOND);
    const actions: SnapshotAction[] = [
      { action: 'create', snapshot: 'one', format },
      { action: 'create', snapshot: 'two', format },
      { action: 'create', snapshot: 'three', format },
      { action: 'delete', snapshot: 'two' },
      { action: 'revert', snapshot: 'one' },
      { action: 'delete', snapshot: 'one' },
      { action: 'deleteAll' },
    ];
    let looks = 0;
    for (const action of actions) {
      const outcome = interrupted(work, action, 8);
      expect({ action, problem: outcome.problem }).toEqual({ action, problem: undefined });
      looks += outcome.looks;
    }
    expect(looks).toBeGreaterThan(60);
    expect(work.simulation.violations).toEqual([]);
  });

  it('is seen where tables do not name what was written', () => {
    const work = small(5, 0);
    work.run(0.1 * SECOND);
    const spy = vi.spyOn(DeltaImage.prototype, 'say').mockReturnValue(false);
    const action = { action: 'create', snapshot: 'one' } as const;
    const { problem } = interrupted(work, action, 3);
    expect(problem ?? problemOf(work, action)).toMatch(/is not what any of/);
    spy.mockRestore();
  });
});
