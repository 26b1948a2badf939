import { InputError } from '../core/errors.js';
import type { Sim } from '../core/sim.js';
import { formatDuration, formatSize } from '../core/units.js';
import { CopyJob } from '../operations/copy-job.js';
import { ChainSource, type CopySource, FileSource } from '../operations/copy-source.js';
import type { Command } from '../plan/commands.js';
import type { FileHandle } from '../stack/files.js';
import { type CopyGuard, STILL } from '../stack/vmfiles/copy-guard.js';
import type { BuiltDisk } from './build-vms.js';
import type { CloneAudit } from './clone-audit.js';
import type { DiskOperations } from './disk-operations.js';
import type { SnapshotService } from './snapshots/service.js';

type CloneCommand = Extract<Command, { kind: 'clone' }>;

export interface DiskCloneParts {
  readonly disks: ReadonlyMap<number, BuiltDisk>;
  readonly operations: DiskOperations;
  readonly snapshots: SnapshotService;
  readonly audit: CloneAudit;
}

/**
 * Full clones of virtual disks: as they are now, while their guests write on, or as a snapshot keeps
 * them. What lies in deltas is read by way of their tables; the copy is one flat file.
 */
export class DiskClones {
  /** Under way, by the number of the disk. */
  private readonly jobs = new Map<number, CopyJob>();

  constructor(
    private readonly sim: Sim,
    private readonly parts: DiskCloneParts,
  ) {}

  /** Gives up the clone of a disk; false when there is none under way. */
  cancel(disk: number, why: string): boolean {
    const job = this.jobs.get(disk);
    job?.stop(why);
    return job !== undefined;
  }

  /** @throws InputError when the VM's host does not mount the datastore, or the name is taken */
  clone(command: CloneCommand, why: string): void {
    const { operations, snapshots, audit } = this.parts;
    const built = this.sourceOf(command);
    const { vm, plan, backing } = built;
    const { datastore, name, snapshot } = command;
    const from = operations.storeOf(vm.host, backing.datastore.name);
    const target = operations.storeOf(vm.host, datastore);
    const path = operations.loose.newPath(datastore, name);
    const view = snapshots.viewOf(plan.index, snapshot);
    const [leaf] = view.links;
    const source: CopySource =
      leaf.delta === undefined
        ? new FileSource(from, leaf.file)
        : new ChainSource(from, view, snapshots.readerOf(plan.index, view));
    const kind = command.diskKind ?? backing.kind;
    const { log } = this.sim;
    const beganAt = this.sim.now;
    const as = snapshot === undefined ? '' : `, as snapshot ${snapshot} keeps it,`;
    log.note('clone.begin', path, `from ${leaf.file.path}${as} by ${vm.host}`, why);
    let before: Float64Array | undefined;
    const makeTarget = (): FileHandle => {
      before = audit.contentOf(from, view);
      const sizeBytes = view.sizeBlocks * 512;
      const held = (block: number): boolean => view.holds(block);
      const file = target.datastore.createCopy(path, sizeBytes, kind, held);
      operations.loose.add(path, target, file, kind);
      target.mount.open(file);
      return file;
    };
    const copy = {
      source,
      target,
      guard: this.guardOf(built, snapshot),
      byServer: true,
      makeTarget,
      release: (file: FileHandle) => target.mount.close(file),
    };
    const mover = operations.moverOf(vm.host);
    const job = new CopyJob(this.sim, mover, copy, (problem) => {
      this.jobs.delete(plan.index);
      backing.unprotect();
      backing.operation = undefined;
      if (problem !== undefined) {
        operations.loose.fail(path, problem);
        return;
      }
      const made = job.targetFile as FileHandle;
      if (before !== undefined) audit.compare(before, target, made);
      const by = `${mb(job.offloadedBlocks)} by the array, ${mb(job.copiedBlocks)} by the host`;
      const saved = `${mb(2 * job.offloadedBlocks)} of fabric saved`;
      const span = formatDuration(this.sim.now - beganAt);
      log.note('clone.end', path, `${by}, ${saved}`, `took ${span}`);
      if (kind === 'eagerThick') operations.zero(path, mover);
      else operations.loose.settle(path);
    });
    this.jobs.set(plan.index, job);
  }

  /** Guests write on while the current state is copied; what a snapshot keeps nobody writes to. */
  private guardOf({ backing }: BuiltDisk, snapshot: string | undefined): CopyGuard {
    if (snapshot === undefined) return backing.protect();
    backing.operation = `a clone of snapshot ${snapshot}`;
    return STILL;
  }

  private sourceOf({ disk }: CloneCommand): BuiltDisk {
    const { disks, snapshots } = this.parts;
    const built = disks.get(disk);
    if (built === undefined) {
      const known = [...disks.keys()].slice(0, 12).join(', ') || 'none';
      throw InputError.of('disk', `there is no disk ${disk}`, `known: ${known}`);
    }
    const { vm, plan, backing } = built;
    const place = `${vm.name}:${plan.name}`;
    if (plan.rawDevice !== undefined) {
      throw InputError.of(place, 'is a raw device: its array can copy the LUN');
    }
    const task = snapshots.taskOf(vm.name);
    if (backing.isProtected) {
      const what = `is busy: ${backing.operation ?? 'being cloned'}`;
      throw InputError.of(place, what, 'wait until it is done');
    }
    if (task === undefined) return built;
    throw InputError.of(place, `${task} is still under way`, 'wait until it is done');
  }
}

function mb(blocks: number): string {
  return formatSize(blocks * 512);
}
