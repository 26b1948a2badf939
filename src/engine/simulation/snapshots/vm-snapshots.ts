import { InputError } from '../../core/errors.js';
import type { Stream } from '../../core/random.js';
import type { Sim } from '../../core/sim.js';
import { formatDuration, formatSize } from '../../core/units.js';
import type { DataMover } from '../../operations/data-mover.js';
import type { FilePart } from '../../operations/file-job.js';
import type { DeltaFormatName, SnapshotAction } from '../../plan/commands.js';
import type { ChainFiles } from '../../stack/vmfiles/chain/disk-chain.js';
import type { Link } from '../../stack/vmfiles/chain/link.js';
import type { FrozenChanges } from '../../stack/vmfiles/change-tracker.js';
import type { FileRole } from '../../stack/vmfiles/home.js';
import type { Vm } from '../../stack/vmfiles/vm.js';
import { Consolidation } from './consolidation.js';
import { type ChainedDisk, Freezer } from './freezer.js';
import { type MachineTexts, wholeOf } from './machine-texts.js';
import { type MoveFiles, makeLeaves, messageOf, type NewLeaf } from './new-leaves.js';
import { infoOf, type SnapshotInfo, type VmSnapshot, type Witness } from './snapshot.js';

/** Links of a chain at most (vmdk-formats 5), the base and a helper among them. */
const LINKS_MAX = 32;
/** Time to save the state of the devices while the machine is stunned: model. */
const CHECKPOINT_NS = 50e6;
/** State of the machine without its memory: model. */
const STATE_BYTES = 256 * 1024;

/** A disk with what its consolidation has to know. */
export interface SnapshotDisk extends ChainedDisk {
  /** Its base is a thin file on VMFS. */
  readonly givesBack: () => boolean;
}

type SnapshotPart = Pick<VmSnapshot, 'name' | 'uid' | 'quiesced' | 'withMemory' | 'files'>;

export interface VmSnapshotsOptions {
  readonly vm: Vm;
  readonly disks: readonly SnapshotDisk[];
  readonly mover: DataMover;
  readonly read: MoveFiles;
  readonly write: MoveFiles;
  /** Files of the machine's home, whose folder this is: `[datastore] web1/web1`. */
  readonly home: ChainFiles;
  readonly stem: string;
  /** The files that name the disks, and the snapshots. */
  readonly texts: MachineTexts;
  readonly memoryBytes: number;
  readonly random: Stream;
  readonly witness: Witness;
}

/** The snapshots of one virtual machine, and the one operation on them that may be under way. */
export class VmSnapshots {
  readonly snapshots: VmSnapshot[] = [];
  /** The one the running state came from last. */
  current: VmSnapshot | undefined;
  /** The operation under way. */
  task: string | undefined;
  /** Who reads a snapshot: until it is done, only it may do anything to snapshots. */
  holder: string | undefined;
  private readonly freezer: Freezer;
  private uids = 0;
  /** Told of the end of the operation under way. */
  private ended: ((problem?: string) => void) | undefined;

  constructor(
    private readonly sim: Sim,
    private readonly options: VmSnapshotsOptions,
  ) {
    this.freezer = new Freezer(sim, options.vm, options.disks);
  }

  get list(): SnapshotInfo[] {
    return this.snapshots.map(infoOf);
  }

  /**
   * @param ended told when it is over, with a problem if there was one; the machine may still be stunned
   * @throws InputError when it cannot be begun
   */
  apply(action: SnapshotAction, why: string, ended?: (problem?: string) => void): void {
    const { vm, disks } = this.options;
    if (this.holder !== undefined) {
      throw InputError.of(vm.name, `${this.holder} reads its snapshot`, 'wait until it is done');
    }
    if (this.task !== undefined) {
      throw InputError.of(vm.name, `${this.task} is still under way`, 'wait until it is done');
    }
    if (vm.transition !== undefined) {
      throw InputError.of(vm.name, `is being ${vm.transition}`, 'wait until it is done');
    }
    if (disks.some(({ chain }) => chain.backing.isProtected)) {
      throw InputError.of(vm.name, 'a disk of it is being cloned', 'wait until it is done');
    }
    this.ended = ended;
    if (action.action === 'create') this.create(action, why);
    else if (action.action === 'revert') this.revert(this.find(action.snapshot), why);
    else if (action.action === 'delete') this.delete([this.find(action.snapshot)], why);
    else if (action.action === 'deleteAll') this.delete([...this.snapshots], why);
    else this.delete([], why);
  }

  /** @throws InputError when there is none of this name */
  find(name: string): VmSnapshot {
    const found = this.snapshots.find((snapshot) => snapshot.name === name);
    if (found !== undefined) return found;
    const known = this.snapshots.map((snapshot) => snapshot.name).join(', ') || 'none';
    const { vm } = this.options;
    throw InputError.of(vm.name, `there is no snapshot ${name}`, `known: ${known}`);
  }

  private create(action: Extract<SnapshotAction, { action: 'create' }>, why: string): void {
    const { vm, disks, memoryBytes } = this.options;
    const { snapshot: name, memory = false, quiesce = false, format } = action;
    if (this.snapshots.some((other) => other.name === name)) {
      throw InputError.of(vm.name, `there is a snapshot ${name} already`, 'choose another name');
    }
    const deepest = Math.max(...disks.map(({ chain }) => chain.guest.links.length));
    if (deepest + 2 > LINKS_MAX) {
      throw InputError.of(vm.name, `a chain has at most ${LINKS_MAX} links`, 'delete snapshots');
    }
    const how = [memory ? 'with memory' : 'without memory', ...(quiesce ? ['quiesced'] : [])];
    this.begin(`creating snapshot ${name}`, how.join(', '), why);
    const uid = ++this.uids;
    const files: FilePart[] = [];
    const fail = (problem: string): void => {
      for (const { handle } of files) this.options.home.remove(handle);
      this.fail(name, problem);
    };
    try {
      // Room for the list is found before anything is stunned.
      this.options.texts.requireRoom(this.snapshots, name, uid);
      files.push(this.homeFile(`Snapshot${uid}.vmsn`, STATE_BYTES, 'snapshotState'));
      if (memory) files.push(this.homeFile(`Snapshot${uid}.vmem`, memoryBytes, 'snapshotMemory'));
    } catch (error) {
      fail(messageOf(error));
      return;
    }
    // The memory is written while the machine runs; what it changes meanwhile is not modelled.
    this.options.write(files, (problem) => {
      if (problem !== undefined) {
        fail(problem);
        return;
      }
      this.freezer.freeze(quiesce && vm.state === 'on', (unsettled) => {
        if (unsettled !== undefined) fail(unsettled);
        else {
          const handles = files.map(({ handle }) => handle);
          const part = { name, uid, quiesced: quiesce, withMemory: memory, files: handles };
          this.freezeDisks(part, format, fail);
        }
      });
    });
  }

  /** The machine is stunned and its disks are at rest: each gets a new leaf. */
  private freezeDisks(
    part: SnapshotPart,
    format: DeltaFormatName | undefined,
    fail: (problem: string) => void,
  ): void {
    makeLeaves(
      this.sim,
      this.leaves(({ chain }) => chain.leaf, CHECKPOINT_NS, format),
      (made) => this.enlist(part, made),
      (problem) => {
        this.freezer.thaw();
        fail(problem);
      },
    );
  }

  /**
   * The configuration names the new leaves. Only then are the old ones listed as frozen: were the list
   * written first, a loss of power in between would have the machine write into a snapshot.
   */
  private enlist(part: SnapshotPart, made: readonly NewLeaf<SnapshotDisk>[]): void {
    const frozen = new Map<number, Link>();
    const changes = new Map<number, FrozenChanges>();
    const { texts, write } = this.options;
    for (const { disk, leaf } of made) {
      const { chain, index } = disk;
      frozen.set(index, chain.leaf);
      const { tracker } = chain.backing;
      if (tracker !== undefined) changes.set(index, tracker.freeze());
      this.open(disk, leaf);
    }
    const createdAt = this.sim.now;
    const { current: parent } = this;
    const snapshot = { ...part, parent, createdAt, disks: frozen, changes };
    const list = texts.list([...this.snapshots, snapshot], snapshot);
    const maps = [...changes].flatMap(([disk, frozen]) => texts.changes(disk, frozen));
    write([list, ...maps], (problem) => {
      if (problem !== undefined) {
        this.freezer.thaw();
        for (const handle of part.files) this.options.home.remove(handle);
        this.fail(part.name, problem);
        for (const { disk } of made) disk.chain.needsConsolidation = true;
        this.needConsolidation('the snapshot is not in the list');
        return;
      }
      this.snapshots.push(snapshot);
      this.current = snapshot;
      this.options.witness.saved(part.name);
      const stun = formatDuration(this.freezer.stunNs);
      this.freezer.thaw();
      const why = `the machine was stunned for ${stun}`;
      this.sim.log.note('vm.snapshot.created', this.options.vm.name, part.name, why);
      this.finish();
    });
  }

  private revert(snapshot: VmSnapshot, why: string): void {
    const { name } = snapshot;
    this.begin(`reverting to snapshot ${name}`, 'what was written since is lost', why);
    const stay = (problem: string): void => {
      this.freezer.thaw();
      this.fail(name, problem);
    };
    this.freezer.freeze(false, (unsettled) => {
      if (unsettled !== undefined) {
        this.fail(name, unsettled);
        return;
      }
      this.load(snapshot, (problem) => {
        const ofSnapshot = ({ index }: SnapshotDisk): Link => snapshot.disks.get(index) as Link;
        const besides = () => this.listFrom(snapshot);
        const leaves = { ...this.leaves(ofSnapshot, 0), besides };
        if (problem !== undefined) stay(problem);
        else makeLeaves(this.sim, leaves, (made) => this.goBack(snapshot, made), stay);
      });
    });
  }

  /** A machine that runs gets the memory it had then: all of it is read before it goes on (model). */
  private load({ withMemory, files }: VmSnapshot, then: (problem?: string) => void): void {
    const { vm, read } = this.options;
    if (!withMemory || vm.state === 'off') then();
    else read(files.map(wholeOf), then);
  }

  /** The configuration names new leaves over what the snapshot froze. */
  private goBack(snapshot: VmSnapshot, made: readonly NewLeaf<SnapshotDisk>[]): void {
    const { name } = snapshot;
    for (const { disk, leaf } of made) {
      this.open(disk, leaf);
      disk.chain.backing.tracker?.reset();
    }
    this.current = snapshot;
    this.options.witness.restored(name);
    const stun = formatDuration(this.freezer.stunNs);
    this.freezer.thaw();
    // The leaf that was given up is nobody's now.
    this.consolidate(0, (wrong) => {
      const ended = `the machine was stunned for ${stun}`;
      this.sim.log.note('vm.snapshot.reverted', this.options.vm.name, name, ended);
      if (wrong !== undefined) this.needConsolidation(wrong);
      this.finish(wrong);
    });
  }

  private leaves(
    parentOf: (disk: SnapshotDisk) => Link,
    checkpointNs: number,
    format?: DeltaFormatName,
  ) {
    const { disks, texts } = this.options;
    return { disks, parentOf, format, checkpointNs, write: this.options.write, texts };
  }

  /** The list says what the running state comes from; nobody needs it where no bytes are kept. */
  private listFrom(current: VmSnapshot): FilePart[] {
    const part = this.options.texts.list(this.snapshots, current);
    return part.content === undefined ? [] : [part];
  }

  /** Deletes these snapshots, and merges every delta that none needs then. */
  private delete(gone: readonly VmSnapshot[], why: string): void {
    const names = gone.map(({ name }) => name).join(', ');
    this.begin(gone.length === 0 ? 'consolidating' : `deleting ${names}`, this.sizes(), why);
    if (gone.length === 0) {
      this.unlist(gone, names, why);
      return;
    }
    const list = this.options.texts.listWithout(gone, this.snapshots, this.current);
    this.options.write([list], (problem) => {
      if (problem === undefined) this.unlist(gone, names, why);
      else this.fail(names, problem);
    });
  }

  /** The list does not name them any more. */
  private unlist(gone: readonly VmSnapshot[], names: string, why: string): void {
    const { witness, home } = this.options;
    for (const snapshot of gone) {
      this.snapshots.splice(this.snapshots.indexOf(snapshot), 1);
      for (const other of this.snapshots) {
        if (other.parent === snapshot) other.parent = snapshot.parent;
      }
      if (this.current === snapshot) this.current = snapshot.parent;
      for (const file of snapshot.files) home.remove(file);
      witness.forgotten(snapshot.name);
      this.sim.log.note('vm.snapshot.removed', this.options.vm.name, snapshot.name, why);
    }
    this.consolidate(0, (problem) => {
      const { vm } = this.options;
      const { log } = this.sim;
      if (problem !== undefined) this.needConsolidation(problem);
      else if (gone.length > 0) log.note('vm.snapshot.deleted', vm.name, names, this.sizes());
      else log.note('vm.snapshot.consolidated', vm.name, 'nothing is left to merge', this.sizes());
      this.finish(problem);
    });
  }

  /** One disk after the other. */
  private consolidate(position: number, then: (problem?: string) => void): void {
    const { disks, mover, vm } = this.options;
    const disk = disks[position];
    if (disk === undefined) {
      then();
      return;
    }
    const consolidation = new Consolidation(
      this.sim,
      {
        disk,
        mover,
        freezer: this.freezer,
        isOff: () => vm.state === 'off',
        givesBack: disk.givesBack(),
        isNeeded: (link) => this.snapshots.some(({ disks: own }) => own.get(disk.index) === link),
        moved: (from, to) => {
          for (const { disks: own } of this.snapshots) {
            if (own.get(disk.index) === from) own.set(disk.index, to);
          }
        },
        newCid: () => this.options.random.next(),
        write: this.options.write,
        texts: this.options.texts,
        listMoved: (from, to) =>
          this.options.texts.list(this.snapshots, this.current, (link) =>
            link === from ? to : link,
          ),
        stunned: (stunNs) => {
          const what = `the last delta of ${disk.chain.entity.name} was merged`;
          const stun = `the machine was stunned for ${formatDuration(stunNs)}`;
          this.sim.log.note('vm.snapshot.stun', vm.name, what, stun);
        },
      },
      (problem) => {
        disk.chain.needsConsolidation = problem !== undefined;
        if (problem === undefined) this.consolidate(position + 1, then);
        else then(problem);
      },
    );
    consolidation.next();
  }

  private open({ chain }: SnapshotDisk, leaf: Link): void {
    const problem = chain.open(leaf);
    if (problem !== undefined) throw new Error(problem);
  }

  private homeFile(name: string, bytes: number, role: FileRole) {
    const { home, stem } = this.options;
    const handle = home.create(`${stem}-${name}`, bytes, 'thin', role);
    return { handle, blocks: Math.ceil(bytes / 512) };
  }

  private begin(task: string, what: string, why: string): void {
    this.task = task;
    this.sim.log.note('vm.snapshot.begin', this.options.vm.name, `${task}: ${what}`, why);
  }

  private fail(name: string, problem: string): void {
    this.sim.log.note('vm.snapshot.failed', this.options.vm.name, name, problem);
    this.finish(problem);
  }

  private finish(problem?: string): void {
    const { ended } = this;
    this.task = undefined;
    this.ended = undefined;
    ended?.(problem);
  }

  private needConsolidation(problem: string): void {
    const what = 'virtual machine disks consolidation is needed';
    this.sim.log.note('vm.snapshot.consolidationNeeded', this.options.vm.name, what, problem);
  }

  private sizes(): string {
    const links = this.options.disks.flatMap(({ chain }) => chain.links);
    const deltas = links.filter(({ delta }) => delta !== undefined);
    const bytes = deltas.reduce((sum, { fileBytes }) => sum + fileBytes, 0);
    return `${deltas.length} deltas, ${formatSize(bytes)}`;
  }
}
