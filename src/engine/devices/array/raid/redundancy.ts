import { assert } from '../../../core/assert.js';
import { InputError } from '../../../core/errors.js';
import { BLOCK_BYTES, type Io, NO_IO, WRITE } from '../../../core/io.js';
import { Layer } from '../../../core/layer.js';
import type { Sim } from '../../../core/sim.js';
import { formatDuration, formatSize } from '../../../core/units.js';
import type { RaidPlan } from '../../../plan/plan.js';
import { ABSENT, REBUILDING, WHOLE } from './members.js';
import type { RaidGroup } from './raid-group.js';

/** A rebuild reads and writes up to so much of a disk at once: 1 MiB (model). */
const STEP_BLOCKS = 2048;
/** Time until the next try when the request table is full (model). */
const RETRY_NS = 1e6;

/**
 * Keeps a group's redundancy: a spare takes over for a failed disk and is filled stripe by stripe, at
 * most at the rate given; a disk that comes back gets what it has missed. One step at a time, with
 * rows of its own (world 0), so that hosts feel it in the disks' queues.
 */
export class Redundancy extends Layer {
  private spares: number;
  /** Disk being rebuilt, or -1; others wait for their turn. */
  private disk = -1;
  private place = 0;
  /** Stripes of the step under way, and units rebuilt so far. */
  private rows = 0;
  private units = 0;
  private startedAt = 0;
  private wakesAt = 0;
  /** A row is at the disks. */
  private working = false;

  constructor(
    sim: Sim,
    private readonly group: RaidGroup,
    private readonly raid: RaidPlan,
  ) {
    super(sim, `${group.name} rebuild`);
    this.spares = raid.spares;
  }

  /** Why a disk may not be lost now; undefined when it may. */
  cannotLose(disk: number): string | undefined {
    return this.group.cannotLose(disk);
  }

  /**
   * The disk is gone; after a while a spare takes over, if there is one.
   * @returns brings the disk back: as it was, or as a new spare when another has taken its place
   * @throws InputError when data would be lost
   */
  fail(disk: number, spareAfterNs: number, why: string): (why: string) => void {
    const { members, disks } = this.group;
    const reason = this.group.cannotLose(disk);
    if (reason !== undefined) throw InputError.of(disks[disk].name, `cannot fail: ${reason}`);
    members.lose(disk);
    disks[disk].showState(ABSENT);
    const { name } = disks[disk];
    this.sim.log.note('disk.failed', name, 'failed; its data comes from the other disks', why);
    let isReplaced = false;
    const cancel = this.sim.timers.delay(spareAfterNs, () => {
      if (this.spares === 0) return;
      this.spares--;
      isReplaced = true;
      this.regain(disk, true, 'a spare takes over');
    });
    return (healed) => {
      if (isReplaced) {
        this.spares++;
        this.sim.log.note('disk.returned', name, 'a new disk is there, as a spare', healed);
        return;
      }
      cancel();
      this.sim.log.note('disk.returned', name, 'back; it gets what it has missed', healed);
      this.regain(disk, false, 'the disk is back');
    };
  }

  override submit(): void {
    assert(false, 'a rebuild makes its own rows');
  }

  override complete(io: Io): void {
    this.sim.requests.give(io);
    this.working = false;
    for (let row = 0; row < this.rows; row++) {
      this.group.members.filled(this.disk, this.place + row);
    }
    this.units += this.rows;
    const unitBytes = this.group.layout.unitBlocks * BLOCK_BYTES;
    const spanNs = Math.round((this.units * unitBytes * 1e9) / this.raid.rebuildBytesPerSecond);
    const at = Math.max(this.sim.now, this.startedAt + spanNs);
    if (at > this.sim.now) this.wakeAt(at);
    else this.step();
  }

  override fire(): void {
    if (this.sim.now >= this.wakesAt && !this.working) this.step();
  }

  private regain(disk: number, empty: boolean, why: string): void {
    this.group.members.regain(disk, empty);
    this.group.disks[disk].showState(REBUILDING);
    if (this.disk < 0) this.start(disk, why);
  }

  private start(disk: number, why: string): void {
    this.disk = disk;
    this.place = 0;
    this.units = 0;
    this.startedAt = this.sim.now;
    this.sim.log.note('raid.rebuild', this.group.disks[disk].name, 'rebuild begins', why);
    this.wakeAt(this.sim.now);
  }

  /** The next units, or the end. */
  private step(): void {
    const { members } = this.group;
    if (this.disk < 0) return;
    // What was missed behind the rebuild's back is found by a second look from the start.
    let place = members.nextStale(this.disk, this.place);
    if (place < 0) place = members.nextStale(this.disk, 0);
    if (place < 0) {
      this.finish();
      return;
    }
    const { requests } = this.sim;
    const io = requests.takeOwn(WRITE, 0, 0, this.sim.now);
    if (io === NO_IO) {
      this.wakeAt(this.sim.now + RETRY_NS);
      return;
    }
    this.place = place;
    this.rows = members.staleRun(
      this.disk,
      place,
      Math.floor(STEP_BLOCKS / this.group.layout.unitBlocks),
    );
    this.working = true;
    this.enter(io);
    this.group.rebuild(io, place, this.rows, this.disk);
  }

  private finish(): void {
    const { members, disks, layout } = this.group;
    const bytes = formatSize(this.units * layout.unitBlocks * BLOCK_BYTES);
    const took = formatDuration(this.sim.now - this.startedAt);
    const { name } = disks[this.disk];
    members.complete(this.disk);
    disks[this.disk].showState(WHOLE);
    this.sim.log.note('raid.rebuilt', name, `whole again: ${bytes} in ${took}`, 'rebuild ends');
    this.disk = -1;
    const next = members.state.indexOf(REBUILDING);
    if (next >= 0) this.start(next, 'its turn has come');
  }

  private wakeAt(at: number): void {
    this.wakesAt = at;
    this.after(at - this.sim.now, NO_IO);
  }
}
