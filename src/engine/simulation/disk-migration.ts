import type { Sim } from '../core/sim.js';
import { formatDuration, formatSize } from '../core/units.js';
import { CopyJob } from '../operations/copy-job.js';
import { FileSource } from '../operations/copy-source.js';
import type { DataMover } from '../operations/data-mover.js';
import { InflateJob } from '../operations/inflate-job.js';
import type { MoverStore } from '../operations/store.js';
import type { FileHandle } from '../stack/files.js';
import type { FileSystemSwitch } from '../stack/filesystem/file-system-switch.js';
import type { Home } from '../stack/vmfiles/home.js';
import { Mirror } from '../stack/vmfiles/mirror.js';
import type { DiskKind } from '../stack/vmfiles/virtual-disk.js';
import type { BuiltDisk } from './build-vms.js';

/** Pause between two looks whether commands have come back (model). */
const LOOK_NS = 1_000_000;
/** A machine is not held longer for commands that do not come back: model, that of snapshots. */
const SETTLE_NS_MAX = 30e9;
/** Bytes of a descriptor: that of a home's disks. */
const DESCRIPTOR_BYTES = 600;

export interface MigrationWay {
  readonly built: BuiltDisk;
  readonly source: MoverStore;
  readonly target: MoverStore;
  readonly kind: DiskKind;
  readonly lower: FileSystemSwitch;
  readonly home: Home;
  readonly mover: DataMover;
}

/**
 * Moves a virtual disk while its machine runs (Storage vMotion; stack-upper reference, 14.1): one pass
 * of the data mover with the guest's writes mirrored, then a short stun in which the machine closes
 * the old files and opens the new ones. Whatever goes wrong, the machine stays with the old ones.
 */
export class DiskMigration {
  private readonly mirror: Mirror;
  private readonly job: CopyJob;
  private descriptor: FileHandle | undefined;
  private stunnedAt = 0;

  constructor(
    private readonly sim: Sim,
    private readonly way: MigrationWay,
    private readonly ended: (what: string, problem?: string) => void,
  ) {
    const { built, source, target, kind, mover, lower } = way;
    const { backing, vm } = built;
    const name = `${vm.name}:${built.plan.name}`;
    const unmaps = kind === 'thin' && target.vmfs !== undefined;
    this.mirror = new Mirror(sim, { name, source: backing.file, unmaps }, lower);
    const since = sim.now;
    backing.divert(this.mirror);
    const parts = {
      source: new FileSource(source, backing.file),
      target,
      guard: this.mirror,
      byServer: false,
      isSettled: () => !backing.hasWritesOf(since),
      makeTarget: () => this.makeTarget(),
      release: () => undefined,
    };
    this.job = new CopyJob(sim, mover, parts, (problem) => {
      if (problem !== undefined) this.fail(problem);
      else if (kind === 'eagerThick' && target.vmfs !== undefined) this.zero();
      else this.freeze();
    });
    this.mirror.onBroken = (problem) => this.job.stop(problem);
  }

  /** @throws InputError when there is no space for it */
  private makeTarget(): FileHandle {
    const { built, source, target, kind, home } = this.way;
    const { file } = built.backing;
    const { datastore } = target;
    const stem = this.freeName();
    const descriptor = `${stem.slice(stem.lastIndexOf('/') + 1)}.vmdk`;
    this.descriptor = home.addFile(
      'diskDescriptor',
      descriptor,
      DESCRIPTOR_BYTES,
      'small',
      datastore.name,
    );
    const path = `${stem}-flat.vmdk`;
    const made = datastore.createCopy(path, file.sizeBlocks * 512, kind, (block) =>
      source.datastore.holds(file, block),
    );
    datastore.setPolicy(made, kind === 'eagerThick' ? 'lazyThick' : kind);
    home.adopt('diskExtent', made, datastore.name);
    this.mirror.target = made;
    return made;
  }

  /** `[two] web1/web1`, with a number behind it where that is taken. */
  private freeName(): string {
    const { built, target, home } = this.way;
    const old = built.backing.file.path.replace(/-flat\.vmdk$/, '');
    const stem = `[${target.datastore.name}] ${old.slice(old.indexOf('] ') + 2)}`;
    let name = stem;
    for (let number = 1; home.has(`${name}.vmdk`); number++) name = `${stem}_${number}`;
    return name;
  }

  /** What the old disk did not hold; writes the guest mirrors there meanwhile are safe. */
  private zero(): void {
    const { mover, target } = this.way;
    const made = this.job.targetFile as FileHandle;
    new InflateJob(this.sim, mover, target, made, 0, (problem) => {
      if (problem !== undefined) this.fail(problem);
      else this.freeze();
    });
  }

  /** All is copied and mirrored: stops the machine until nothing is on its way to either disk. */
  private freeze(): void {
    const { backing, vm } = this.way.built;
    this.stunnedAt = this.sim.now;
    vm.freeze();
    backing.pause();
    this.look();
  }

  private look(): void {
    const { backing } = this.way.built;
    this.sim.timers.delay(LOOK_NS, () => {
      const isLate = this.sim.now - this.stunnedAt > SETTLE_NS_MAX;
      const { mover } = this.way;
      if (mover.isDead) this.fail(`${mover.host} is dead`);
      else if (this.mirror.problem !== undefined) this.fail(this.mirror.problem);
      else if (backing.isSettled) this.switchOver();
      else if (isLate) this.fail('commands of the disk do not come back');
      else this.look();
    });
  }

  private switchOver(): void {
    const { built, source, target, kind, home, lower } = this.way;
    const { backing, vm } = built;
    const old = backing.file;
    const made = this.job.targetFile as FileHandle;
    source.mount.countTo(backing.entity.values);
    target.mount.countFrom(backing.entity.values);
    backing.divert(lower);
    target.datastore.setPolicy(made, kind);
    backing.moveTo(made, target.datastore, kind);
    this.thaw();
    const stun = formatDuration(this.sim.now - this.stunnedAt);
    const by = `${size(this.job.offloadedBlocks)} by the array, ${size(this.job.copiedBlocks)} by the host`;
    const stem = old.path.replace(/-flat\.vmdk$/, '');
    const descriptor = home.files.find(({ handle }) => handle.path === `${stem}.vmdk`);
    if (descriptor !== undefined) home.removeFile(descriptor.handle);
    this.removeAtRest(source, old);
    this.ended(`${made.path}, ${by}, ${vm.name} stunned ${stun}`);
  }

  private fail(problem: string): void {
    const { built, home, target, lower } = this.way;
    this.mirror.breakUp(problem);
    built.backing.divert(lower);
    this.thaw();
    if (this.descriptor !== undefined) home.removeFile(this.descriptor);
    if (this.job.targetFile !== undefined) this.removeAtRest(target, this.job.targetFile);
    this.ended('the disk stays where it was', problem);
  }

  private thaw(): void {
    const { backing, vm } = this.way.built;
    if (this.stunnedAt === 0) return;
    vm.thaw();
    backing.unpause();
  }

  /** Deletes a file once no write is on its way to it. */
  private removeAtRest({ datastore }: MoverStore, file: FileHandle): void {
    if (!this.mirror.isTargetIdle || datastore.isChanging(file)) {
      this.sim.timers.delay(LOOK_NS, () => this.removeAtRest({ datastore } as MoverStore, file));
      return;
    }
    this.way.home.removeFile(file);
  }
}

function size(blocks: number): string {
  return formatSize(blocks * 512);
}
