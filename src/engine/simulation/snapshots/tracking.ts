import { InputError } from '../../core/errors.js';
import type { Sim } from '../../core/sim.js';
import type { ChainView } from '../../stack/vmfiles/chain/chain-view.js';
import {
  ChangeTracker,
  type DiskArea,
  type FrozenChanges,
} from '../../stack/vmfiles/change-tracker.js';
import type { Home } from '../../stack/vmfiles/home.js';
import type { BuiltDisk } from '../build-vms.js';
import { BASE_ENDING } from './machine-texts.js';

/** Changed block tracking of disks: what was written since when, and the files that say so. */
export class Tracking {
  /** @param homes files of each VM, by its name */
  constructor(
    private readonly sim: Sim,
    private readonly homes: ReadonlyMap<string, Home>,
  ) {}

  /** Begins to track a disk, or no longer does. @throws InputError while its files are being changed */
  set(built: BuiltDisk, on: boolean, why: string): void {
    const { backing, plan } = built;
    const name = nameOf(built);
    // vmdk-formats reference, 12.
    if (plan.rawDevice?.physical) throw InputError.of(name, 'is a physical raw device');
    if (on === (backing.tracker !== undefined)) return;
    if (backing.operation !== undefined) {
      throw InputError.of(name, `is busy: ${backing.operation}`, 'wait until it is done');
    }
    const stream = this.sim.random.stream(`${name}.ctk ${this.sim.now}`);
    const uuid = (): string => Array.from({ length: 4 }, () => hex(stream.next())).join('');
    backing.tracker = on ? new ChangeTracker(backing.file.sizeBlocks, uuid) : undefined;
    if (on) this.makeMap(built);
    const what = on ? `changes are tracked, ${backing.tracker?.changeId}` : 'not tracked any more';
    this.sim.log.note('disk.tracking', name, what, why);
  }

  /** Nothing names the file of the changes of a disk any more: it goes, where they are not tracked. */
  retire(built: BuiltDisk): void {
    if (built.backing.tracker === undefined) this.removeMap(built);
  }

  /** A disk has another size: its change id is another from now on. */
  resized(built: BuiltDisk): void {
    const { tracker, file } = built.backing;
    if (tracker === undefined) return;
    tracker.resize(file.sizeBlocks);
    this.makeMap(built);
  }

  /** @param at the changes a snapshot kept @throws InputError when changes are not tracked */
  changeIdOf(built: BuiltDisk, at: FrozenChanges | undefined): string {
    const tracker = this.trackerOf(built);
    return at?.changeId ?? tracker.changeId;
  }

  /** @throws InputError when changes are not tracked, or the id is of before a reset */
  changedAreas(
    built: BuiltDisk,
    changeId: string,
    at: FrozenChanges | undefined,
  ): readonly DiskArea[] {
    const areas = this.trackerOf(built).changedSince(changeId, at);
    if (areas !== undefined) return areas;
    const what = `change id ${changeId} is not known`;
    throw InputError.of(nameOf(built), what, 'read all of the disk: "*"');
  }

  /** Areas in which a view of a tracked disk has anything but zeros. */
  heldAreas(built: BuiltDisk, view: ChainView): DiskArea[] {
    const tracker = this.trackerOf(built);
    const held = new Set<number>();
    for (const { lba, blocks } of view.runs()) {
      const end = Math.ceil((lba + blocks) / tracker.granuleBlocks);
      for (let at = Math.floor(lba / tracker.granuleBlocks); at < end; at++) held.add(at);
    }
    return tracker.areasWhere((granule) => held.has(granule));
  }

  /** The file of the changes, with the size it has to have. */
  private makeMap(built: BuiltDisk): void {
    const { backing, vm } = built;
    this.removeMap(built);
    const { fileBytes } = backing.tracker as ChangeTracker;
    const path = mapOf(built);
    const name = path.slice(path.lastIndexOf('/') + 1);
    const home = this.homes.get(vm.name) as Home;
    home.addFile('changeTracking', name, fileBytes, 'small', backing.datastore.name);
  }

  private removeMap(built: BuiltDisk): void {
    const home = this.homes.get(built.vm.name) as Home;
    const path = mapOf(built);
    const old = home.ofRole('changeTracking').find((file) => file.path === path);
    if (old !== undefined) home.removeFile(old);
  }

  private trackerOf(built: BuiltDisk): ChangeTracker {
    const { tracker } = built.backing;
    if (tracker !== undefined) return tracker;
    throw InputError.of(nameOf(built), 'its changes are not tracked', 'track them');
  }
}

function mapOf({ backing }: BuiltDisk): string {
  return backing.file.path.replace(BASE_ENDING, '-ctk.vmdk');
}

function nameOf({ vm, plan }: BuiltDisk): string {
  return `${vm.name}:${plan.name}`;
}

function hex(word: number): string {
  return word.toString(16).padStart(8, '0');
}
