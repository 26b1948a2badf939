import { InputError } from '../../core/errors.js';
import type { Sim } from '../../core/sim.js';
import { formatDuration, formatSize } from '../../core/units.js';
import type { RestorePoint } from '../../operations/backup/point.js';
import { RestoreJob, type RestoreParts } from '../../operations/backup/restore-job.js';
import type { DataMover } from '../../operations/data-mover.js';
import type { MoverStore } from '../../operations/store.js';
import type { FileHandle } from '../../stack/files.js';
import type { HostFileSystems } from '../build-datastores.js';
import type { BuiltDisk } from '../build-vms.js';
import type { BackupMeter } from './meter.js';

/** A disk that was made to be written to. */
export interface NewDisk {
  readonly store: MoverStore;
  readonly file: FileHandle;
  /** It is whole, or what there is of it goes. */
  readonly done: (problem: string | undefined) => void;
}

export interface RestoreInto {
  readonly point: RestorePoint;
  /** Of the backup. */
  readonly name: string;
  readonly built: BuiltDisk;
  readonly meter: BackupMeter;
  readonly mover: DataMover;
}

/** Writes a backup back. */
export class Restore {
  private job: RestoreJob | undefined;
  /** Who ended it. */
  private cancelledBy: string | undefined;

  constructor(
    private readonly sim: Sim,
    private readonly into: RestoreInto,
    private readonly ended: () => void,
  ) {}

  toNew({ store, file, done }: NewDisk, why: string): void {
    store.mount.open(file);
    const holds = (block: number): boolean => store.datastore.holds(file, block);
    this.write(file, { file, lower: store.mount, holds, touch: () => {} }, why, (problem) => {
      store.mount.close(file);
      done(problem);
    });
  }

  /**
   * Gives it up: nothing is left of a new disk; one that is restored in place holds parts of the backup
   * until it is restored again. @throws InputError when it is being given up already
   */
  cancel(why: string): void {
    const { name, built } = this.into;
    if (this.cancelledBy !== undefined) {
      throw InputError.of(built.vm.name, `the restore of ${name} is being cancelled`);
    }
    this.cancelledBy = why;
    this.into.meter.phase = 'stopping';
    this.job?.stop('it was cancelled');
  }

  /** @param restored told when the disk holds what it held then, or parts of it */
  inPlace(systems: HostFileSystems, why: string, restored: (whole: boolean) => void): void {
    const { backing } = this.into.built;
    const { file, tracker } = backing;
    const { datastore } = systems.stores.get(backing.datastore.name) as MoverStore;
    const parts = {
      file,
      lower: systems.fileSystemSwitch,
      holds: (block: number): boolean => datastore.holds(file, block),
      touch: (lba: number, blocks: number): void => tracker?.touch(lba, blocks),
    };
    systems.setLocked(file, true);
    this.write(file, parts, why, (problem) => {
      systems.setLocked(file, false);
      restored(problem === undefined);
    });
  }

  private write(
    file: FileHandle,
    parts: Omit<RestoreParts, 'point'>,
    why: string,
    done: (problem: string | undefined) => void,
  ): void {
    const { point, mover, meter, name } = this.into;
    const { log } = this.sim;
    const beganAt = this.sim.now;
    log.note('restore.begin', file.path, `from ${name}`, why);
    meter.phase = 'restoring';
    const job = new RestoreJob(this.sim, mover, { ...parts, point }, (problem) => {
      meter.writtenBlocks += job.doneBlocks;
      const by = this.cancelledBy;
      meter.end(problem === undefined ? 'good' : by === undefined ? 'failed' : 'cancelled');
      done(problem);
      const what = `${name}: ${formatSize(job.doneBlocks * 512)} written`;
      const span = `took ${formatDuration(this.sim.now - beganAt)}`;
      if (problem === undefined) log.note('restore.end', file.path, what, span);
      else if (by === undefined) log.note('restore.failed', file.path, what, problem);
      else log.note('restore.cancelled', file.path, what, by);
      this.ended();
    });
    this.job = job;
  }
}
