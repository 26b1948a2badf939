import { InputError } from '../../../core/errors.js';
import type { Io } from '../../../core/io.js';
import { Lun } from '../lun.js';
import { type SnapshotSource, Snapshots } from './snapshots.js';

/** A LUN of an array, whose past can be kept. */
export class SnapshotLun extends Lun {
  private snapshots: Snapshots | undefined;

  /** @param space where copies go: a range of the array's addresses as large as the LUN, made once */
  createSnapshot(name: string, space: () => number, why: string): void {
    this.snapshots ??= this.makeSnapshots(space());
    this.snapshots.create(name, why);
  }

  /** @throws InputError when there is none of that name */
  deleteSnapshot(name: string, why: string): void {
    if (this.snapshots === undefined) throw InputError.of(`LUN ${this.name}`, 'has no snapshots');
    this.snapshots.delete(name, why);
  }

  get snapshotCount(): number {
    return this.snapshots?.count ?? 0;
  }

  get snapshotBlocks(): number {
    return this.snapshots?.blocks ?? 0;
  }

  override submit(io: Io): void {
    if (this.snapshots?.holds(io)) {
      this.takenAt[io] = this.sim.now;
      return;
    }
    super.submit(io);
  }

  /** The time a command waited for copies counts as the LUN's. */
  private resume(io: Io): void {
    const takenAt = this.takenAt[io];
    super.submit(io);
    this.takenAt[io] = takenAt;
  }

  private makeSnapshots(space: number): Snapshots {
    const { name, pool, cache, start, sizeBlocks, pages } = this;
    const source: SnapshotSource = {
      name,
      pool,
      cache,
      start,
      sizeBlocks,
      hasPage: (page) => pages?.has(page) ?? true,
      resume: (io) => this.resume(io),
    };
    return new Snapshots(this.sim, source, space);
  }
}
