import { InputError } from '../../../core/errors.js';
import { type Io, XCOPY } from '../../../core/io.js';
import { Lun } from '../lun.js';
import { type SnapshotSource, Snapshots } from './snapshots.js';

/** A LUN of an array, whose past can be kept. */
export class SnapshotLun extends Lun {
  /** Another LUN may present its snapshots, with the bytes they hold. */
  isCopied = false;
  private snapshots: Snapshots | undefined;
  private readonly lostListeners: ((name: string) => void)[] = [];

  /** @param space where copies go: a range of the array's addresses as large as the LUN, made once */
  createSnapshot(name: string, space: () => number, why: string): void {
    this.snapshots ??= this.makeSnapshots(space());
    this.snapshots.create(name, why);
  }

  /** @throws InputError when there is none of that name */
  deleteSnapshot(name: string, why: string): void {
    this.known().delete(name, why);
  }

  /** @throws InputError when there is none of that name */
  requireSnapshot(name: string): void {
    this.known().require(name);
  }

  /** Calls `listener` with the name of a snapshot that is lost. */
  onSnapshotLost(listener: (name: string) => void): void {
    this.lostListeners.push(listener);
  }

  get snapshotCount(): number {
    return this.snapshots?.count ?? 0;
  }

  get snapshotBlocks(): number {
    return this.snapshots?.blocks ?? 0;
  }

  /** The stamp a snapshot has for the 4 KiB at an address. @throws InputError when there is none of that name */
  snapshotStampAt(name: string, lba: number): number {
    return this.known().stampAt(name, lba);
  }

  /** The bytes a snapshot has of a part of one grain; of a LUN that keeps bytes and is copied. */
  readSnapshot(name: string, lba: number, blocks: number, into: Uint8Array): void {
    this.known().read(name, lba, blocks, into);
  }

  override submit(io: Io): void {
    if (this.sim.requests.op[io] === XCOPY ? this.targetHolds(io) : this.snapshots?.holds(io)) {
      this.takenAt[io] = this.sim.now;
      return;
    }
    super.submit(io);
  }

  /** EXTENDED COPY changes the LUN it copies to, which need not be the one it is sent to. */
  private targetHolds(io: Io): boolean {
    const target = this.offload.targetOf(io);
    return target instanceof SnapshotLun && target.snapshots?.holds(io) === true;
  }

  /** The time a command waited for copies counts as the LUN's. */
  private resume(io: Io): void {
    const takenAt = this.takenAt[io];
    super.submit(io);
    this.takenAt[io] = takenAt;
  }

  private known(): Snapshots {
    if (this.snapshots !== undefined) return this.snapshots;
    throw InputError.of(`LUN ${this.name}`, 'has no snapshots');
  }

  private makeSnapshots(space: number): Snapshots {
    const { name, pool, cache, place, media, pages } = this;
    const source: SnapshotSource = {
      name,
      pool,
      cache,
      place,
      media,
      image: this.isCopied ? media?.image : undefined,
      hasPage: (page) => pages?.has(page) ?? true,
      resume: (io) => (this.sim.layers[this.sim.requests.lun[io]] as SnapshotLun).resume(io),
    };
    const snapshots = new Snapshots(this.sim, source, space);
    snapshots.onLost = (name) => {
      for (const listener of this.lostListeners) listener(name);
    };
    return snapshots;
  }
}
