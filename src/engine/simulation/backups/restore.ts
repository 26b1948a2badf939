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

  /** @param restored told when the disk holds what it held then */
  inPlace(systems: HostFileSystems, why: string, restored: () => void): void {
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
      if (problem === undefined) restored();
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
      meter.end(problem === undefined ? 'good' : 'failed');
      done(problem);
      const what = `${name}: ${formatSize(job.doneBlocks * 512)} written`;
      if (problem !== undefined) log.note('restore.failed', file.path, name, problem);
      else
        log.note('restore.end', file.path, what, `took ${formatDuration(this.sim.now - beganAt)}`);
      this.ended();
    });
  }
}
