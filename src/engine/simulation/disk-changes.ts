import { InputError } from '../core/errors.js';
import type { Sim } from '../core/sim.js';
import { formatDuration, formatSize } from '../core/units.js';
import { InflateJob } from '../operations/inflate-job.js';
import { PunchJob } from '../operations/punch-job.js';
import type { MoverStore } from '../operations/store.js';
import type { Command, DiskAction } from '../plan/commands.js';
import { FILE_BLOCK } from '../stack/filesystem/file.js';
import type { VmfsFile } from '../stack/filesystem/vmfs/file.js';
import type { DiskChain } from '../stack/vmfiles/chain/disk-chain.js';
import type { Home } from '../stack/vmfiles/home.js';
import type { HostFileSystems } from './build-datastores.js';
import type { BuiltDisk } from './build-vms.js';
import { DiskMigration } from './disk-migration.js';
import type { DiskOperations } from './disk-operations.js';
import type { DiskQos } from './disk-qos.js';
import { DiskRename } from './disk-rename.js';
import { stemOf } from './moved-files.js';
import type { SnapshotService } from './snapshots/service.js';

/** The largest virtual disk there is (stack-upper reference, 22). */
const DISK_BYTES_MAX = 62 * 1024 * 1024 * 1024 * 1024;

export interface DiskChangeParts {
  readonly disks: ReadonlyMap<number, BuiltDisk>;
  readonly fileSystems: ReadonlyMap<string, HostFileSystems>;
  /** Files of each machine. */
  readonly homes: ReadonlyMap<string, Home>;
  readonly operations: DiskOperations;
  readonly snapshots: SnapshotService;
  readonly qos: DiskQos;
}

/** What may come behind a name that is taken. */
const NUMBERED = '_000';

/** Tells how a change has ended. */
export type Ending = (what: string, problem?: string) => void;

type ActionOf<A extends DiskAction['action']> = Extract<DiskAction, { action: A }>;

/** Inflates, punches, extends, renames and migrates virtual disks: what `vmkfstools` and vCenter do. */
export class DiskChanges {
  /** Under way, by the number of the disk. */
  private readonly migrations = new Map<number, DiskMigration>();

  constructor(
    private readonly sim: Sim,
    private readonly parts: DiskChangeParts,
  ) {}

  /** Gives up the migration of a disk; false when there is none under way. */
  cancel(disk: number, why: string): boolean {
    const migration = this.migrations.get(disk);
    migration?.stop(why);
    return migration !== undefined;
  }

  /** @throws InputError when there is no such disk, or it is not possible now */
  apply(command: Extract<Command, { kind: 'alterDisk' }>, why: string): void {
    const built = this.diskOf(command);
    if (command.action === 'inflate') this.inflate(built, why);
    else if (command.action === 'punchZero') this.punchZero(built, why);
    else if (command.action === 'extend') this.extend(built, command, why);
    else if (command.action === 'rename') this.rename(built, command, why);
    else this.migrate(built, command, why);
  }

  private inflate(built: BuiltDisk, why: string): void {
    const { backing } = built;
    const { file, kind } = backing;
    const store = this.vmfsOf(built);
    if (kind === 'eagerThick') throw this.refusal(built, 'is eager-zeroed already');
    const missing = file.sizeBlocks - file.allocatedBlocks;
    const free = store.datastore.free * FILE_BLOCK;
    if (missing > free) {
      const hint = `free space on ${store.datastore.name}`;
      throw this.refusal(built, `needs ${mb(missing)}, there are ${mb(free)} free`, hint);
    }
    const done = this.begin(built, 'inflate', `to ${mb(file.sizeBlocks)}`, why);
    // The guest gives no blocks back from now on; what it has on the way still does.
    backing.changed('eagerThick');
    this.makeReady(built, store, 0, (blocks, problem) => {
      if (problem === undefined) store.datastore.setPolicy(file, 'eagerThick');
      backing.changed(problem === undefined ? 'eagerThick' : kind);
      done(`${mb(blocks)} zeroed`, problem);
    });
  }

  /** Again, until the guest has left no hole behind the data mover. */
  private makeReady(
    built: BuiltDisk,
    store: MoverStore,
    first: number,
    then: (blocks: number, problem?: string) => void,
    before = 0,
  ): void {
    const { file } = built.backing;
    const mover = this.parts.operations.moverOf(built.vm.host);
    const job = new InflateJob(this.sim, mover, store, file, first, (problem) => {
      const blocks = before + job.readyBlocks;
      const { map } = file as VmfsFile;
      const isLeft = map.some((entry, index) => index >= first && entry < 0);
      if (problem === undefined && isLeft) this.makeReady(built, store, first, then, blocks);
      else then(blocks, problem);
    });
  }

  private punchZero(built: BuiltDisk, why: string): void {
    const { backing, vm } = built;
    const { file } = backing;
    const store = this.vmfsOf(built);
    const before = file.allocatedBlocks;
    const done = this.begin(built, 'punchZero', `of ${mb(before)}`, why);
    store.datastore.setPolicy(file, 'thin');
    backing.changed('thin');
    const parts = { store, file, guard: backing.protect() };
    const mover = this.parts.operations.moverOf(vm.host);
    const job = new PunchJob(this.sim, mover, parts, (problem) => {
      backing.unprotect();
      backing.changed();
      done(`${mb(job.readBlocks)} read, ${mb(job.punchedBlocks)} given back`, problem);
    });
  }

  private extend(built: BuiltDisk, { sizeBytes }: ActionOf<'extend'>, why: string): void {
    const { backing, vm, plan } = built;
    const { file } = backing;
    const before = file.sizeBlocks;
    if (sizeBytes % 512 !== 0 || sizeBytes <= before * 512 || sizeBytes > DISK_BYTES_MAX) {
      const hint = `give more than ${formatSize(before * 512)}, at most 62 TiB, whole sectors`;
      throw this.refusal(built, `cannot become ${formatSize(sizeBytes)}`, hint);
    }
    const store = this.parts.operations.storeOf(vm.host, backing.datastore.name);
    const texts = this.parts.snapshots.textsFor(plan.index);
    let done: Ending | undefined;
    const finish = (zeroed: number, problem?: string): void => {
      backing.changed();
      const what = `${formatSize(sizeBytes)}, ${mb(zeroed)} zeroed`;
      texts.restate((refused) => done?.(what, problem ?? refused));
    };
    // The descriptor must not name the size before the file has it.
    store.datastore.lengthen(file, sizeBytes, () => {
      if (backing.kind !== 'eagerThick' || store.vmfs === undefined) finish(0);
      else this.makeReady(built, store, Math.floor(before / FILE_BLOCK), finish);
    });
    store.mount.lengthened();
    this.parts.snapshots.resized(plan.index);
    done = this.begin(built, 'extend', `to ${formatSize(sizeBytes)}`, why);
  }

  /** Only of a machine that is off: a running one has the files open under their names. */
  private rename(built: BuiltDisk, { name }: ActionOf<'rename'>, why: string): void {
    const { backing, vm, plan } = built;
    const { snapshots } = this.parts;
    const { datastore, file } = backing;
    if (vm.state !== 'off') {
      throw this.refusal(
        built,
        `${vm.name} is not powered off`,
        'power it off, or migrate the disk',
      );
    }
    if (!/^[\w.-]{1,100}$/.test(name)) throw this.refusal(built, `${name} is no name of a file`);
    const home = this.parts.homes.get(vm.name) as Home;
    const from = stemOf(file);
    const to = `${from.slice(0, from.lastIndexOf('/'))}/${name}`;
    if (home.has(`${to}.vmdk`)) throw this.refusal(built, `${to}.vmdk is there already`);
    const store = this.parts.operations.storeOf(vm.host, datastore.name);
    const chainNow = (): DiskChain | undefined => snapshots.linkedFilesOf(plan.index);
    const texts = snapshots.textsFor(plan.index);
    texts.requireRoom((link) => `${to}${link.name.slice(from.length)}`);
    backing.operation = 'rename';
    try {
      new DiskRename(
        { sim: this.sim, built, chainNow, home, store, texts, from, to },
        (problem) => {
          backing.operation = undefined;
          const { log } = this.sim;
          if (problem === undefined) {
            log.note('disk.renamed', nameOf(built), `${from} is ${to} now`, why);
          } else log.note('disk.alter.failed', nameOf(built), `rename to ${to}`, problem);
        },
      );
    } catch (error) {
      backing.operation = undefined;
      throw error;
    }
  }

  private migrate(built: BuiltDisk, action: ActionOf<'migrate'>, why: string): void {
    const { backing, vm, plan } = built;
    const { datastore, diskKind = backing.kind } = action;
    if (datastore === backing.datastore.name && diskKind === backing.kind) {
      throw this.refusal(built, `is a ${diskKind} disk on ${datastore} already`);
    }
    const { operations, snapshots } = this.parts;
    if (diskKind !== backing.kind && snapshots.hasDeltas(plan.index)) {
      const what = 'its deltas are over a disk of this kind';
      throw this.refusal(built, what, 'delete its snapshots first, or leave its kind');
    }
    const source = operations.storeOf(vm.host, backing.datastore.name);
    const target = operations.storeOf(vm.host, datastore);
    const keeps = (store: MoverStore): boolean => store.datastore.keepsBytes;
    if (!keeps(source) && keeps(target) && snapshots.hasDeltas(plan.index)) {
      const what = `has deltas without bytes, and ${datastore} keeps bytes`;
      throw this.refusal(built, what, 'delete its snapshots first');
    }
    const texts = snapshots.textsFor(plan.index);
    texts.requireRoom(({ name }) => `[${datastore}${name.slice(name.indexOf(']'))}${NUMBERED}`);
    const done = this.begin(built, 'migrate', `to ${diskKind} on ${datastore}`, why);
    this.parts.qos.reach(plan.index, datastore);
    const systems = this.parts.fileSystems.get(vm.host) as HostFileSystems;
    const home = this.parts.homes.get(vm.name) as Home;
    const mover = operations.moverOf(vm.host);
    const lower = systems.fileSystemSwitch;
    const chainNow = (): DiskChain | undefined => snapshots.linkedFilesOf(plan.index);
    const way = { built, chainNow, source, target, kind: diskKind, lower, home, mover, texts };
    const migration = new DiskMigration(this.sim, way, (what, problem) => {
      this.migrations.delete(plan.index);
      done(what, problem);
    });
    this.migrations.set(plan.index, migration);
  }

  /** @throws InputError when there is no such disk, or its files may not be changed now */
  private diskOf({ disk, action }: Extract<Command, { kind: 'alterDisk' }>): BuiltDisk {
    const { snapshots } = this.parts;
    const built = this.parts.disks.get(disk);
    if (built === undefined) throw InputError.of('disk', `there is no disk ${disk}`);
    const { backing, plan, vm } = built;
    if (plan.rawDevice !== undefined)
      throw this.refusal(built, 'is a raw device: its array has it');
    if (backing.isProtected) {
      const what = `is busy: ${backing.operation ?? 'being cloned'}`;
      throw this.refusal(built, what, 'wait until it is done');
    }
    const taken = this.parts.homes.get(vm.name)?.lockedElsewhere;
    if (taken !== undefined) {
      const what = `another host has the lock of ${taken.path}`;
      throw this.refusal(built, what, 'let that host die or restart, which gives it up');
    }
    const task = snapshots.taskOf(vm.name) ?? snapshots.holderOf(vm.name);
    if (task !== undefined)
      throw this.refusal(built, `${task} is under way`, 'wait until it is done');
    // These move or rename files as they are; the others would change what deltas lie over.
    if (action === 'migrate' || action === 'rename' || !snapshots.hasDeltas(disk)) return built;
    throw this.refusal(
      built,
      'has snapshots, whose deltas fit the disk as it is',
      'delete them first',
    );
  }

  private vmfsOf(built: BuiltDisk): MoverStore {
    const { backing, vm } = built;
    const store = this.parts.operations.storeOf(vm.host, backing.datastore.name);
    if (store.vmfs !== undefined) return store;
    throw this.refusal(built, 'lies on NFS, whose server gives and takes space by itself');
  }

  private begin(built: BuiltDisk, action: string, what: string, why: string): Ending {
    const { backing } = built;
    const beganAt = this.sim.now;
    const { log } = this.sim;
    backing.operation = action;
    log.note('disk.alter.begin', nameOf(built), `${action} ${what}`, why);
    return (result, problem) => {
      backing.operation = undefined;
      const span = `took ${formatDuration(this.sim.now - beganAt)}`;
      const told = `${action}: ${result}`;
      if (problem === undefined) log.note('disk.alter.end', nameOf(built), told, span);
      else log.note('disk.alter.failed', nameOf(built), told, problem);
    };
  }

  private refusal(built: BuiltDisk, what: string, hint?: string): InputError {
    return InputError.of(nameOf(built), what, hint);
  }
}

function nameOf({ vm, plan }: BuiltDisk): string {
  return `${vm.name}:${plan.name}`;
}

function mb(blocks: number): string {
  return formatSize(blocks * 512);
}
