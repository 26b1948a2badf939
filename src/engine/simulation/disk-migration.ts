import type { Sim } from '../core/sim.js';
import { formatDuration, formatSize } from '../core/units.js';
import { CopyJob } from '../operations/copy-job.js';
import { FileSource } from '../operations/copy-source.js';
import type { DataMover } from '../operations/data-mover.js';
import { InflateJob } from '../operations/inflate-job.js';
import type { MoverStore } from '../operations/store.js';
import type { FileHandle } from '../stack/files.js';
import type { FileSystemSwitch } from '../stack/filesystem/file-system-switch.js';
import type { DiskChain } from '../stack/vmfiles/chain/disk-chain.js';
import { type CopyGuard, STILL } from '../stack/vmfiles/copy-guard.js';
import type { Home } from '../stack/vmfiles/home.js';
import { Mirror } from '../stack/vmfiles/mirror.js';
import type { DiskKind } from '../stack/vmfiles/virtual-disk.js';
import type { BuiltDisk } from './build-vms.js';
import { type MovedFile, MovedFiles } from './moved-files.js';
import type { DiskTexts } from './snapshots/disk-texts.js';
import type { NewPlace } from './snapshots/machine-texts.js';

/** Pause between two looks whether commands have come back (model). */
const LOOK_NS = 1_000_000;
/** The disk is not held longer for commands that do not come back: model, that of snapshots. */
const SETTLE_NS_MAX = 30e9;

export interface MigrationWay {
  readonly built: BuiltDisk;
  /** Undefined for a disk that never had a snapshot; the chain of one alone may be made meanwhile. */
  readonly chainNow: () => DiskChain | undefined;
  readonly source: MoverStore;
  readonly target: MoverStore;
  /** Of the base. */
  readonly kind: DiskKind;
  readonly lower: FileSystemSwitch;
  readonly home: Home;
  readonly mover: DataMover;
  readonly texts: DiskTexts;
}

/**
 * Moves a virtual disk while its machine runs (Storage vMotion; stack-upper reference, 14.1): what
 * snapshots keep is copied file by file; then what the guest writes to, one pass of the data mover with
 * the guest's writes mirrored; then a short stun in which the .vmx is written and the machine closes the
 * old files and opens the new ones. Whatever goes wrong, the machine stays with the old ones, which go
 * once nothing names them any more. Change tracking goes on.
 */
export class DiskMigration {
  private readonly files: MovedFiles;
  private mirror: Mirror | undefined;
  private job: CopyJob | undefined;
  private offloadedBlocks = 0;
  private copiedBlocks = 0;
  /** Since when the guest's commands wait; undefined while they do not. */
  private heldAt: number | undefined;
  private isStunned = false;
  /** Why it is given up. */
  private stopped: string | undefined;

  constructor(
    private readonly sim: Sim,
    private readonly way: MigrationWay,
    private readonly ended: (what: string, problem?: string) => void,
  ) {
    const { built, home, source, target } = way;
    const chain = way.chainNow();
    this.files = new MovedFiles(sim, { backing: built.backing, chain, home, source, target });
    this.next(0);
  }

  /** Gives up; what is under way comes to its end. */
  stop(problem: string): void {
    this.stopped ??= problem;
    this.mirror?.breakUp(problem);
    this.job?.stop(problem);
  }

  private next(position: number): void {
    const { files } = this.files;
    const file = files[position];
    if (this.stopped !== undefined) {
      this.fail(this.stopped);
      return;
    }
    if (position < files.length - 1) {
      this.copy(file, STILL, () => this.next(position + 1));
      return;
    }
    this.hold(() => {
      const mirror = this.mirrorOf(file);
      this.mirror = mirror;
      this.divert(mirror);
      this.goOn();
      this.copy(file, mirror, () => this.zero());
      mirror.onBroken = (problem) => this.job?.stop(problem);
    });
  }

  private mirrorOf({ from }: MovedFile): Mirror {
    const { built, target, kind, lower } = this.way;
    const name = `${built.vm.name}:${built.plan.name}`;
    const unmaps = kind === 'thin' && target.vmfs !== undefined;
    return new Mirror(this.sim, { name, source: from, unmaps }, lower);
  }

  private copy(file: MovedFile, guard: CopyGuard, then: () => void): void {
    const { source, target, kind, mover } = this.way;
    const parts = {
      source: new FileSource(source, file.from),
      target,
      guard,
      byServer: false,
      makeTarget: () => {
        const made = this.files.make(file, kind);
        if (this.mirror !== undefined) this.mirror.target = made;
        return made;
      },
      release: () => undefined,
    };
    const job = new CopyJob(this.sim, mover, parts, (problem) => {
      this.offloadedBlocks += job.offloadedBlocks;
      this.copiedBlocks += job.copiedBlocks;
      if (problem === undefined) then();
      else this.fail(problem);
    });
    this.job = job;
  }

  /** What an eager-zeroed base did not hold; writes the guest mirrors there meanwhile are safe. */
  private zero(): void {
    const { mover, target, kind } = this.way;
    if (kind !== 'eagerThick' || target.vmfs === undefined) {
      this.describe();
      return;
    }
    const made = this.files.files[0].made as FileHandle;
    new InflateJob(this.sim, mover, target, made, 0, (problem) => {
      if (problem !== undefined) this.fail(problem);
      else this.describe();
    });
  }

  /** Nobody names the new files yet. */
  private describe(): void {
    this.way.texts.describe(this.place, (problem) => {
      if (problem !== undefined) this.fail(problem);
      else this.freeze();
    });
  }

  private get place(): NewPlace {
    const { chainNow, kind } = this.way;
    return this.files.placeOf(chainNow(), kind);
  }

  /** All is copied and mirrored: stops the machine until nothing is on its way to either disk. */
  private freeze(): void {
    this.isStunned = true;
    this.way.built.vm.freeze();
    // Both disks are equal while the machine stands still: it may be started from either.
    this.hold(() => {
      this.way.texts.name(this.place, this.files.made, (problem) => {
        if (problem !== undefined) this.fail(problem, true);
        else this.switchOver();
      });
    });
  }

  /** The guest's commands wait until none is below the disk. */
  private hold(then: () => void): void {
    this.heldAt = this.sim.now;
    this.way.built.backing.pause();
    this.look(then);
  }

  private look(then: () => void): void {
    const { built, chainNow, mover } = this.way;
    this.sim.timers.delay(LOOK_NS, () => {
      const isLate = this.sim.now - (this.heldAt as number) > SETTLE_NS_MAX;
      const isSettled = built.backing.isSettled && chainNow()?.guest.isIdle !== false;
      if (mover.isDead) this.fail(`${mover.host} is dead`);
      else if (this.mirror?.problem !== undefined) this.fail(this.mirror.problem);
      else if (this.stopped !== undefined) this.fail(this.stopped);
      else if (isSettled) then();
      else if (isLate) this.fail('commands of the disk do not come back');
      else this.look(then);
    });
  }

  private goOn(): void {
    const { backing, vm } = this.way.built;
    if (this.isStunned) vm.thaw();
    this.isStunned = false;
    if (this.heldAt !== undefined) backing.unpause();
    this.heldAt = undefined;
  }

  /** What the guest writes to is below its chain, or below the disk itself. */
  private divert(lower: FileSystemSwitch | Mirror): void {
    const { built, chainNow } = this.way;
    const chain = chainNow();
    if (chain !== undefined && chain.leaf !== chain.base) chain.detour.divert(lower);
    else built.backing.divert(lower);
  }

  private switchOver(): void {
    const { built, chainNow, source, target, kind, lower } = this.way;
    const chain = chainNow();
    const { backing, vm } = built;
    const base = this.files.files[0].made as FileHandle;
    for (const traffic of [backing.entity.values, ...(chain?.traffics ?? [])]) {
      source.mount.countTo(traffic);
      target.mount.countFrom(traffic);
    }
    const retire = this.files.retirer();
    this.divert(lower);
    target.datastore.setPolicy(base, kind);
    chain?.moved(this.files.linksOf(chain), target.datastore);
    // Whoever is told of it finds all links in their places.
    backing.moveTo(base, target.datastore, kind, this.files.files.at(-1)?.made);
    const stun = formatDuration(this.sim.now - (this.heldAt as number));
    this.goOn();
    const by = `${size(this.offloadedBlocks)} by the array, ${size(this.copiedBlocks)} by the host`;
    this.way.texts.restate((refused) => {
      // What the snapshot list may still name stays where it is.
      if (refused === undefined) retire();
      const left = refused === undefined ? '' : `, the old files are left: ${refused}`;
      this.ended(`${base.path}, ${by}, ${vm.name} stunned ${stun}${left}`);
    });
  }

  /** @param isNamed the .vmx may name the new files */
  private fail(problem: string, isNamed = false): void {
    const { mirror } = this;
    if (mirror !== undefined) {
      mirror.breakUp(problem);
      this.divert(this.way.lower);
    }
    this.goOn();
    const discard = (): void => this.files.discard(() => mirror?.isTargetIdle !== false);
    if (!isNamed) {
      discard();
      this.ended('the disk stays where it was', problem);
      return;
    }
    this.way.texts.restate((refused) => {
      if (refused === undefined) discard();
      const left = refused === undefined ? '' : ', the new files are left';
      this.ended(`the disk stays where it was${left}`, problem);
    });
  }
}

function size(blocks: number): string {
  return formatSize(blocks * 512);
}
