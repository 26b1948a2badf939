import { InputError } from '../../core/errors.js';
import type { Sim } from '../../core/sim.js';
import type { DataMover } from '../../operations/data-mover.js';
import type { MoverStore } from '../../operations/store.js';
import { type FilePart, WriteJob } from '../../operations/write-job.js';
import type { Command, SnapshotAction } from '../../plan/commands.js';
import type { VmPlan } from '../../plan/plan.js';
import type { FileHandle } from '../../stack/files.js';
import { type ChainFiles, DiskChain } from '../../stack/vmfiles/chain/disk-chain.js';
import { chainFrom, type GrainRun, grainRuns, type Link } from '../../stack/vmfiles/chain/link.js';
import { ChangeTracker, type DiskArea } from '../../stack/vmfiles/change-tracker.js';
import type { Home } from '../../stack/vmfiles/home.js';
import type { Vm } from '../../stack/vmfiles/vm.js';
import type { HostFileSystems } from '../build-datastores.js';
import type { BuiltDisk } from '../build-vms.js';
import type { HomeText } from '../export/home-text.js';
import type { FileContents } from '../file-contents.js';
import { BASE_ENDING, MachineTexts } from './machine-texts.js';
import type { SnapshotInfo } from './snapshot.js';
import { VmSnapshots, type Witness } from './vm-snapshots.js';

/** Pause between two looks whether a file is at rest (model). */
const LOOK_NS = 1_000_000;

/** One file of a disk's chain, with where its data lies. */
export interface ChainLink {
  /** `[datastore] web1/web1-000001.vmdk`. */
  readonly descriptor: string;
  /** The extent: `[datastore] web1/web1-000001-sesparse.vmdk`, or the flat base. */
  readonly extent: string;
  readonly format: 'flat' | 'vmfsSparse' | 'seSparse';
  readonly cid: number;
  readonly parentCid: number;
  readonly fileNumber: number;
  readonly fileBytes: number;
  readonly capacityBlocks: number;
  /** Grains the file holds, in order of their address in the disk; none for a flat base. */
  runs(): Generator<GrainRun>;
  /** Whether something was ever written to a file block, 1 MiB, of the extent. */
  holds(fileBlock: number): boolean;
  /** Fills `into`, whole blocks, with what lies in the extent from a block on. */
  read(block: number, into: Uint8Array): void;
}

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

  constructor(
    private readonly sim: Sim,
    private readonly options: SnapshotServiceOptions,
  ) {
    for (const text of options.texts.values()) {
      text.leafOf = ({ index }) => this.leafOf(index);
      text.changeIdOf = ({ index }) => this.builtDisk(index).backing.tracker?.changeId;
    }
  }

  /** @throws InputError when there is no such VM or snapshot, or another operation is under way */
  command(command: Extract<Command, { kind: 'snapshot' | 'track' }>, why: string): void {
    if (command.kind === 'snapshot') this.machine(command.vm).apply(command, why);
    else this.track(command.disk, command.state === 'on', why);
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

  /** True when the disk is, or is about to be, more than its base: its file alone is not all of it. */
  hasDeltas(disk: number): boolean {
    const { vm } = this.builtDisk(disk);
    const isChanging = this.machines.get(vm.name)?.task !== undefined;
    return isChanging || (this.chains.get(disk)?.links.length ?? 1) > 1;
  }

  /**
   * The files of a disk from leaf to base, as they are now or as a snapshot keeps them.
   * @throws InputError when there is no such disk or snapshot
   */
  chainOf(disk: number, snapshot?: string): ChainLink[] {
    const { vm, plan } = this.builtDisk(disk);
    if (snapshot !== undefined) this.machine(vm.name).find(snapshot);
    const chain = this.chains.get(disk) ?? this.chainFor(disk);
    const store = this.storeOf(vm.host, plan.datastore);
    const leaf =
      snapshot === undefined ? chain.leaf : this.machine(vm.name).find(snapshot).disks.get(disk)!;
    return chainFrom(leaf).map((link) => ({
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

  /** The base of a disk of a VM without snapshots is another file now, or has another name. */
  forget(disk: number): void {
    this.machines.delete(this.builtDisk(disk).vm.name);
    this.chains.delete(disk);
    this.placed(disk);
  }

  /** The files of a disk have other names, or lie elsewhere: where bytes are kept, texts say so. */
  private placed(disk: number): void {
    const { vm, backing } = this.builtDisk(disk);
    const parts = this.textsOf(vm.name).place(disk, backing);
    // What a device refuses stays as it was, until an operation on snapshots writes it again.
    if (parts.length > 0) this.write(vm.host, parts, () => undefined);
  }

  /** Writes files from end to end; where bytes are kept not before they are on the volume. */
  private write(host: string, parts: readonly FilePart[], then: (problem?: string) => void): void {
    const { fileSystemSwitch } = this.options.fileSystems.get(host) as HostFileSystems;
    const isComing = ({ handle, content }: FilePart): boolean =>
      content !== undefined && this.isChanging(host, handle);
    if (parts.some(isComing)) {
      this.sim.timers.delay(LOOK_NS, () => this.write(host, parts, then));
      return;
    }
    new WriteJob(this.sim, this.options.moverOf(host), fileSystemSwitch, parts, then);
  }

  private isChanging(host: string, file: FileHandle): boolean {
    const datastore = file.path.slice(1, file.path.indexOf(']'));
    return this.storeOf(host, datastore).datastore.isChanging(file);
  }

  private track(disk: number, on: boolean, why: string): void {
    const { backing, vm, plan } = this.builtDisk(disk);
    const name = `${vm.name}:${plan.name}`;
    if (on === (backing.tracker !== undefined)) return;
    const stream = this.sim.random.stream(`${name}.ctk ${this.sim.now}`);
    const uuid = (): string => Array.from({ length: 4 }, () => hex(stream.next())).join('');
    backing.tracker = on ? new ChangeTracker(backing.file.sizeBlocks, uuid) : undefined;
    const { files } = this.filesOf(vm, backing.datastore.name);
    const path = backing.file.path.replace(/-flat\.vmdk$/, '-ctk.vmdk');
    const kept = this.homeOf(vm.name).ofRole('changeTracking');
    const old = kept.find((file) => file.path === path);
    if (old !== undefined) files.remove(old);
    if (backing.tracker !== undefined) {
      files.create(path, backing.tracker.fileBytes, 'small', 'changeTracking');
    }
    this.placed(disk);
    const what = on ? `changes are tracked, ${backing.tracker?.changeId}` : 'not tracked any more';
    this.sim.log.note('disk.tracking', name, what, why);
  }

  /** What a backup remembers to ask by. @throws InputError when changes are not tracked */
  changeIdOf(disk: number, snapshot?: string): string {
    const { vm } = this.builtDisk(disk);
    const tracker = this.trackerOf(disk);
    if (snapshot === undefined) return tracker.changeId;
    return this.changesAt(vm.name, disk, snapshot).changeId;
  }

  /**
   * Areas of a disk that were written since a change id was given out, or `*` for all that hold
   * something (QueryChangedDiskAreas).
   * @param snapshot as of this snapshot; as of now when left out
   * @throws InputError when changes are not tracked, or the id is of before a reset
   */
  changedAreas(disk: number, changeId: string, snapshot?: string): readonly DiskArea[] {
    const { vm, plan } = this.builtDisk(disk);
    const tracker = this.trackerOf(disk);
    if (changeId === '*') return this.heldAreas(disk, tracker, snapshot);
    const at = snapshot === undefined ? undefined : this.changesAt(vm.name, disk, snapshot);
    const areas = tracker.changedSince(changeId, at);
    if (areas !== undefined) return areas;
    const place = `${vm.name}:${plan.name}`;
    throw InputError.of(place, `change id ${changeId} is not known`, 'read all of the disk: "*"');
  }

  private heldAreas(disk: number, tracker: ChangeTracker, snapshot?: string): DiskArea[] {
    const { vm, backing } = this.builtDisk(disk);
    const { datastore } = this.storeOf(vm.host, backing.datastore.name);
    const held = new Set<number>();
    const note = (lba: number, blocks: number): void => {
      const first = Math.floor(lba / tracker.granuleBlocks);
      const end = Math.ceil((lba + blocks) / tracker.granuleBlocks);
      for (let granule = first; granule < end; granule++) held.add(granule);
    };
    for (let block = 0; block * 2048 < backing.file.sizeBlocks; block++) {
      if (datastore.holds(backing.file, block)) note(block * 2048, 2048);
    }
    for (const link of this.chainOf(disk, snapshot)) {
      for (const { lba, blocks } of link.runs()) note(lba, blocks);
    }
    return tracker.areasWhere((granule) => held.has(granule));
  }

  private changesAt(vm: string, disk: number, snapshot: string) {
    const changes = this.machine(vm).find(snapshot).changes.get(disk);
    if (changes !== undefined) return changes;
    const hint = 'track changes before the snapshot is made';
    throw InputError.of(`snapshot ${snapshot}`, 'changes were not tracked then', hint);
  }

  private trackerOf(disk: number): ChangeTracker {
    const { backing, vm, plan } = this.builtDisk(disk);
    if (backing.tracker !== undefined) return backing.tracker;
    throw InputError.of(`${vm.name}:${plan.name}`, 'its changes are not tracked', 'track them');
  }

  private machine(name: string): VmSnapshots {
    const made = this.machines.get(name);
    if (made !== undefined) return made;
    const plan = this.planOf(name);
    const built = plan.disks.map(({ index }) => this.builtDisk(index));
    const [first] = built;
    const { files } = this.filesOf(first.vm, plan.home);
    const machine = new VmSnapshots(this.sim, {
      vm: first.vm,
      disks: built.map(({ plan: disk, backing }) => ({
        index: disk.index,
        chain: this.chainFor(disk.index),
        givesBack:
          backing.kind === 'thin' &&
          this.storeOf(plan.host, backing.datastore.name).vmfs !== undefined,
      })),
      mover: this.options.moverOf(plan.host),
      write: (parts, then) => this.write(plan.host, parts, then),
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
    const { lower, files, store } = this.filesOf(vm, backing.datastore.name);
    const stream = this.sim.random.stream(`${vm.name}:${plan.name}.cid`);
    const chain = new DiskChain(this.sim, {
      vm: vm.name,
      host: vm.host,
      disk: plan.name,
      backing,
      lower,
      files,
      newCid: () => stream.next(),
    });
    for (const traffic of chain.traffics) store.mount.count(traffic);
    this.chains.set(disk, chain);
    return chain;
  }

  /** Files that come and go in a VM's folder of a datastore. */
  private filesOf({ name, host }: Vm, datastore: string) {
    const systems = this.options.fileSystems.get(host) as HostFileSystems;
    const store = this.storeOf(host, datastore);
    const home = this.homeOf(name);
    const files: ChainFiles = {
      datastore: store.datastore,
      create: (path, bytes, policy, role) =>
        home.addFile(role, path.slice(path.lastIndexOf('/') + 1), bytes, policy, datastore),
      remove: (file) => {
        // Space may still be found for a write that has been given up.
        if (store.datastore.isChanging(file)) {
          this.sim.timers.delay(LOOK_NS, () => files.remove(file));
          return;
        }
        home.removeFile(file);
      },
      isChanging: (file) => store.datastore.isChanging(file),
    };
    return { lower: systems.fileSystemSwitch, files, store };
  }

  /** Descriptor a disk is named by now. */
  private leafOf(disk: number): string {
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

function hex(word: number): string {
  return word.toString(16).padStart(8, '0');
}
