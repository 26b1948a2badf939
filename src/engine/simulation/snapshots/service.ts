import { InputError } from '../../core/errors.js';
import { READ, WRITE } from '../../core/io.js';
import type { Sim } from '../../core/sim.js';
import type { DataMover } from '../../operations/data-mover.js';
import { FileJob, type FilePart } from '../../operations/file-job.js';
import type { MoverStore } from '../../operations/store.js';
import type { Command, SnapshotAction } from '../../plan/commands.js';
import type { VmPlan } from '../../plan/plan.js';
import type { FileHandle } from '../../stack/files.js';
import type { Chain } from '../../stack/vmfiles/chain/chain.js';
import { ChainView } from '../../stack/vmfiles/chain/chain-view.js';
import { type ChainFiles, DiskChain } from '../../stack/vmfiles/chain/disk-chain.js';
import { chainFrom, grainRuns, Link, NO_CID } from '../../stack/vmfiles/chain/link.js';
import type { DiskArea, FrozenChanges } from '../../stack/vmfiles/change-tracker.js';
import type { Home } from '../../stack/vmfiles/home.js';
import type { DiskKind } from '../../stack/vmfiles/virtual-disk.js';
import type { Vm } from '../../stack/vmfiles/vm.js';
import type { HostFileSystems } from '../build-datastores.js';
import type { BuiltDisk } from '../build-vms.js';
import type { HomeText } from '../export/home-text.js';
import type { FileContents } from '../file-contents.js';
import type { ChainLink } from './chain-link.js';
import { type DiskTexts, diskTexts } from './disk-texts.js';
import { BASE_ENDING, MachineTexts } from './machine-texts.js';
import { PlaceTexts } from './place-texts.js';
import type { SnapshotInfo, Witness } from './snapshot.js';
import { Tracking } from './tracking.js';
import { VmSnapshots } from './vm-snapshots.js';

/** Pause between two looks whether a file is at rest (model). */
const LOOK_NS = 1_000_000;

export interface SnapshotServiceOptions {
  readonly plans: readonly VmPlan[];
  readonly disks: ReadonlyMap<number, BuiltDisk>;
  /** Files of each VM, by its name. */
  readonly homes: ReadonlyMap<string, Home>;
  /** What their small files say, by the same name. */
  readonly texts: ReadonlyMap<string, HomeText>;
  readonly fileSystems: ReadonlyMap<string, HostFileSystems>;
  readonly moverOf: (host: string) => DataMover;
  /** Guests of a VM that verify data. */
  readonly witnessOf: (vm: string) => Witness;
  readonly contents: FileContents;
}

/** Snapshots and changed block tracking of virtual machines; machines without any cost nothing. */
export class SnapshotService {
  private readonly machines = new Map<string, VmSnapshots>();
  private readonly chains = new Map<number, DiskChain>();
  private readonly tracking: Tracking;
  private readonly places: PlaceTexts;

  constructor(
    private readonly sim: Sim,
    private readonly options: SnapshotServiceOptions,
  ) {
    this.tracking = new Tracking(sim, options.homes);
    this.places = new PlaceTexts(sim, {
      partsOf: (vm, disk) => this.textsOf(vm).place(disk, this.builtDisk(disk).backing),
      isBusy: (vm) => this.taskOf(vm) !== undefined,
      isChanging: (host, file) => this.isChanging(host, file),
      write: (host, parts, then) => this.move(WRITE, host, parts, then),
    });
    for (const text of options.texts.values()) {
      text.leafOf = ({ index }) => this.leafNameOf(index);
      text.changeIdOf = ({ index }) => this.builtDisk(index).backing.tracker?.changeId;
    }
    for (const [index, { vm, backing }] of options.disks) {
      backing.onChange(() => this.places.placed(vm, index));
    }
  }

  /** @throws InputError when there is no such VM or snapshot, or another operation is under way */
  command(command: Extract<Command, { kind: 'snapshot' | 'track' }>, why: string): void {
    if (command.kind === 'snapshot') this.machine(command.vm).apply(command, why);
    else {
      const built = this.builtDisk(command.disk);
      this.tracking.set(built, command.state === 'on', why);
      this.places.placed(built.vm, command.disk, (refused) => {
        if (refused === undefined) this.tracking.retire(built);
      });
    }
  }

  /** Snapshots of a VM, oldest first. @throws InputError when there is no such VM */
  list(vm: string): readonly SnapshotInfo[] {
    this.planOf(vm);
    return this.machines.get(vm)?.list ?? [];
  }

  /** The operation under way on a VM's snapshots. */
  taskOf(vm: string): string | undefined {
    return this.machines.get(vm)?.task;
  }

  /**
   * What `command` does, for whoever goes on when it is over.
   * @throws InputError when it cannot be begun
   */
  apply(vm: string, action: SnapshotAction, why: string, ended: (problem?: string) => void): void {
    this.machine(vm).apply(action, why, ended);
  }

  /** Who reads a snapshot of a VM. */
  holderOf(vm: string): string | undefined {
    return this.machines.get(vm)?.holder;
  }

  /** Keeps a VM's snapshots as they are while somebody reads one; undefined lets go. */
  hold(vm: string, holder: string | undefined): void {
    this.machine(vm).holder = holder;
  }

  /** The files a snapshot of a disk keeps, leaf first. @throws InputError when there is none */
  linksOf(disk: number, snapshot: string): readonly Link[] {
    const { vm } = this.builtDisk(disk);
    return chainFrom(this.machine(vm.name).find(snapshot).disks.get(disk) as Link);
  }

  /** True while an operation on any VM's snapshots is under way. */
  get isBusy(): boolean {
    return [...this.machines.values()].some(({ task }) => task !== undefined);
  }

  /**
   * A disk as its files hold it, now or at a snapshot. It is good as long as these files stay as they
   * are; the links of the current state are those of now.
   * @throws InputError when there is no such disk or snapshot
   */
  viewOf(disk: number, snapshot?: string): ChainView {
    const { vm, backing } = this.builtDisk(disk);
    const { datastore } = this.storeOf(vm.host, backing.datastore.name);
    const links =
      snapshot === undefined ? chainFrom(this.leafOf(disk)) : this.linksOf(disk, snapshot);
    return new ChainView(links, (file, block) => datastore.holds(file, block));
  }

  /** A disk that never had a snapshot is its one file. */
  private leafOf(disk: number): Link {
    const { file } = this.builtDisk(disk).backing;
    const alone = { cid: NO_CID, parent: undefined, createdAt: 0 };
    return this.chains.get(disk)?.leaf ?? new Link(file.path, file, undefined, alone);
  }

  /** Reads a disk by way of a view of it; a disk has one reader. */
  readerOf(disk: number, { links }: ChainView): Chain {
    const { reader } = this.chainFor(disk);
    reader.links = links;
    return reader;
  }

  /** True when the disk is, or is about to be, more than its base: its file alone is not all of it. */
  hasDeltas(disk: number): boolean {
    const isChanging = this.taskOf(this.builtDisk(disk).vm.name) !== undefined;
    return isChanging || (this.chains.get(disk)?.links.length ?? 1) > 1;
  }

  /**
   * The files of a disk from leaf to base, as they are now or as a snapshot keeps them.
   * @throws InputError when there is no such disk or snapshot
   */
  chainOf(disk: number, snapshot?: string): ChainLink[] {
    const { vm, backing } = this.builtDisk(disk);
    const chain = this.chains.get(disk) ?? this.chainFor(disk);
    const store = this.storeOf(vm.host, backing.datastore.name);
    return this.viewOf(disk, snapshot).links.map((link) => ({
      descriptor: link.name,
      extent: link.file.path,
      format: link.delta?.format.name ?? 'flat',
      cid: link.cid,
      parentCid: link.parentCid,
      fileNumber: link.file.index,
      fileBytes: link.fileBytes,
      capacityBlocks: chain.capacityBlocks,
      runs: () => grainRuns(link, chain.capacityBlocks),
      holds: (fileBlock) => store.datastore.holds(link.file, fileBlock),
      read: (block, into) => this.options.contents.read(store, link.file, block, into),
    }));
  }

  /** Where a disk lies now, and how it gets its space. @throws InputError when there is no such disk */
  placeOf(disk: number): { readonly datastore: string; readonly kind: DiskKind } {
    const { datastore, kind } = this.builtDisk(disk).backing;
    return { datastore: datastore.name, kind };
  }

  /** Whether what disks hold is known: the run verifies data, or its LUNs keep bytes. */
  get keepsData(): boolean {
    return this.options.contents.isKept;
  }

  /** Snapshot the running state of a VM is a child of; undefined for none. */
  currentOf(vm: string): string | undefined {
    return this.machines.get(vm)?.current?.name;
  }

  /** True when deltas remain on a disk that no snapshot needs, and could not be merged. */
  needsConsolidation(disk: number): boolean {
    return this.chains.get(disk)?.needsConsolidation ?? false;
  }

  /** True when a VM has snapshots, or an operation on them is under way. */
  hasAny(vm: string): boolean {
    return this.list(vm).length > 0 || this.taskOf(vm) !== undefined;
  }

  /** The files of a disk that has, or had, snapshots. */
  linkedFilesOf(disk: number): DiskChain | undefined {
    return this.chains.get(disk);
  }

  /** A disk has another size: nothing is known any more of what changed before (vmdk-formats 12). */
  resized(disk: number): void {
    this.tracking.resized(this.builtDisk(disk));
  }

  /** What the files of a disk that goes elsewhere say, and those that name them. */
  textsFor(disk: number): DiskTexts {
    const { vm, backing } = this.builtDisk(disk);
    return diskTexts(this.places, this.textsOf(vm.name), { vm, disk, backing });
  }

  /** Reads or writes files from end to end; where bytes are kept not before they are on the volume. */
  private move(
    op: typeof READ | typeof WRITE,
    host: string,
    parts: readonly FilePart[],
    then: (problem?: string) => void,
  ): void {
    const { fileSystemSwitch } = this.options.fileSystems.get(host) as HostFileSystems;
    const isComing = ({ handle, content }: FilePart): boolean =>
      content !== undefined && this.isChanging(host, handle);
    if (parts.some(isComing)) {
      this.sim.timers.delay(LOOK_NS, () => this.move(op, host, parts, then));
      return;
    }
    new FileJob(this.sim, this.options.moverOf(host), fileSystemSwitch, op, parts, then);
  }

  private isChanging(host: string, file: FileHandle): boolean {
    const datastore = file.path.slice(1, file.path.indexOf(']'));
    return this.storeOf(host, datastore).datastore.isChanging(file);
  }

  /** What a backup remembers to ask by. @throws InputError when changes are not tracked */
  changeIdOf(disk: number, snapshot?: string): string {
    return this.tracking.changeIdOf(this.builtDisk(disk), this.changesAt(disk, snapshot));
  }

  /**
   * Areas of a disk that were written since a change id was given out, or `*` for all that hold
   * something (QueryChangedDiskAreas).
   * @param snapshot as of this snapshot; as of now when left out
   * @throws InputError when changes are not tracked, or the id is of before a reset
   */
  changedAreas(disk: number, changeId: string, snapshot?: string): readonly DiskArea[] {
    const built = this.builtDisk(disk);
    if (changeId === '*') return this.tracking.heldAreas(built, this.viewOf(disk, snapshot));
    return this.tracking.changedAreas(built, changeId, this.changesAt(disk, snapshot));
  }

  private changesAt(disk: number, snapshot: string | undefined): FrozenChanges | undefined {
    if (snapshot === undefined) return undefined;
    const { vm } = this.builtDisk(disk);
    const changes = this.machine(vm.name).find(snapshot).changes.get(disk);
    if (changes !== undefined) return changes;
    const hint = 'track changes before the snapshot is made';
    throw InputError.of(`snapshot ${snapshot}`, 'changes were not tracked then', hint);
  }

  private machine(name: string): VmSnapshots {
    const made = this.machines.get(name);
    if (made !== undefined) return made;
    const plan = this.planOf(name);
    const built = plan.disks.map(({ index }) => this.builtDisk(index));
    const [first] = built;
    const { files } = this.filesOf(first.vm, () => plan.home);
    const machine = new VmSnapshots(this.sim, {
      vm: first.vm,
      disks: built.map(({ plan: disk, backing }) => ({
        index: disk.index,
        chain: this.chainFor(disk.index),
        givesBack: () =>
          backing.kind === 'thin' &&
          this.storeOf(plan.host, backing.datastore.name).vmfs !== undefined,
      })),
      mover: this.options.moverOf(plan.host),
      read: (parts, then) => this.move(READ, plan.host, parts, then),
      write: (parts, then) => this.places.writeLast(first.vm, parts, then),
      home: files,
      texts: this.textsOf(name),
      stem: `[${plan.home}] ${name}/${name}`,
      memoryBytes: plan.memoryBytes,
      random: this.sim.random.stream(`${name}.cid`),
      witness: this.options.witnessOf(name),
    });
    this.machines.set(name, machine);
    return machine;
  }

  private chainFor(disk: number): DiskChain {
    const made = this.chains.get(disk);
    if (made !== undefined) return made;
    const { vm, plan, backing } = this.builtDisk(disk);
    const { lower, files } = this.filesOf(vm, () => backing.datastore.name);
    const { mount } = this.storeOf(vm.host, backing.datastore.name);
    const stream = this.sim.random.stream(`${vm.name}:${plan.name}.cid`);
    const chain = new DiskChain(this.sim, {
      vm: vm.name,
      host: vm.host,
      disk: plan.name,
      backing,
      lower,
      files,
      newCid: () => stream.next(),
      holdsGuests: this.options.moverOf(vm.host).holdsGuests,
    });
    for (const traffic of chain.traffics) mount.count(traffic);
    this.chains.set(disk, chain);
    return chain;
  }

  /** Files that come and go in a VM's folder of a datastore; which one that is may change. */
  private filesOf({ name, host }: Vm, where: () => string) {
    const systems = this.options.fileSystems.get(host) as HostFileSystems;
    const home = this.homeOf(name);
    const files: ChainFiles = {
      datastoreOf: () => this.storeOf(host, where()).datastore,
      create: (path, bytes, policy, role) =>
        home.addFile(role, path.slice(path.lastIndexOf('/') + 1), bytes, policy, where()),
      remove: (file) => {
        // Space may still be found for a write that has been given up.
        if (files.isChanging(file)) {
          this.sim.timers.delay(LOOK_NS, () => files.remove(file));
          return;
        }
        home.removeFile(file);
      },
      isChanging: (file) => this.storeOf(host, where()).datastore.isChanging(file),
    };
    return { lower: systems.fileSystemSwitch, files };
  }

  /** Descriptor a disk is named by now. */
  private leafNameOf(disk: number): string {
    const { backing } = this.builtDisk(disk);
    return this.chains.get(disk)?.leaf.name ?? backing.file.path.replace(BASE_ENDING, '.vmdk');
  }

  private textsOf(name: string): MachineTexts {
    const plan = this.planOf(name);
    return new MachineTexts({
      plan,
      home: this.homeOf(name),
      text: this.options.texts.get(name) as HomeText,
      chainOf: (disk) => this.chainFor(disk),
      knownChain: (disk) => this.chains.get(disk),
      needsConsolidation: () => plan.disks.some(({ index }) => this.needsConsolidation(index)),
      listed: () => this.machines.get(name) ?? { snapshots: [], current: undefined },
    });
  }

  private homeOf(vm: string): Home {
    return this.options.homes.get(vm) as Home;
  }

  private storeOf(host: string, datastore: string): MoverStore {
    return this.options.fileSystems.get(host)?.stores.get(datastore) as MoverStore;
  }

  private planOf(vm: string): VmPlan {
    const { plans } = this.options;
    const plan = plans.find(({ name }) => name === vm);
    if (plan !== undefined) return plan;
    const known = plans.slice(0, 12).map(({ name }) => name);
    throw InputError.of('VM', `there is no VM ${vm}`, `known: ${known.join(', ') || 'none'}`);
  }

  private builtDisk(disk: number): BuiltDisk {
    const built = this.options.disks.get(disk);
    if (built !== undefined) return built;
    throw InputError.of('disk', `there is no disk ${disk}`);
  }
}
