import { type Io, NO_IO, READ, WRITE } from '../../../core/io.js';
import { Layer } from '../../../core/layer.js';
import type { Sim } from '../../../core/sim.js';
import type { Disk } from '../../disk.js';
import type { RaidLayout } from './layout.js';
import { Members, WHOLE } from './members.js';
import { StripePlan } from './stripe-plan.js';

/** What a row is here: a command on its way through its stages, or one access to a disk. */
const COMMAND = 0;
const PIECE = 1;

/** Stages of a command on a stripe. */
const READS = 0;
const WRITES = 1;

/** No disk is being rebuilt by this command. */
const NONE = -1;

/**
 * Disks with copies or parity. A command takes its stripes one after the other; the accesses of a
 * stage go side by side, as rows of their own, and one after the other when the table has no more.
 * Left out: two commands on one stripe at the same time wait for each other in real arrays, and what
 * a disk has begun when it fails, it ends.
 */
export class RaidGroup extends Layer {
  readonly members: Members;
  private readonly plan: StripePlan;
  private readonly role: Uint8Array;
  private readonly stage: Uint8Array;
  /** First block of the command, where it is now, where it ends; addresses of the array. */
  private readonly first: Float64Array;
  private readonly at: Float64Array;
  private readonly end: Float64Array;
  /** The next disk of the stage under way. */
  private readonly cursor: Int32Array;
  private readonly code: Uint8Array;
  private readonly rebuilds: Int32Array;

  constructor(
    sim: Sim,
    name: string,
    readonly layout: RaidLayout,
    readonly disks: readonly Disk[],
  ) {
    super(sim, `${name} raid`);
    this.members = new Members(disks.length, layout.rows);
    this.plan = new StripePlan(layout, this.members, disks);
    this.role = sim.requests.column('raid.role', Uint8Array);
    this.stage = sim.requests.column('raid.stage', Uint8Array);
    this.code = sim.requests.column('raid.code', Uint8Array);
    this.first = sim.requests.column('raid.first', Float64Array);
    this.at = sim.requests.column('raid.at', Float64Array);
    this.end = sim.requests.column('raid.end', Float64Array);
    this.cursor = sim.requests.column('raid.cursor', Int32Array);
    this.rebuilds = sim.requests.column('raid.rebuilds', Int32Array);
  }

  /** Takes reads and writes, addressed as the array addresses its blocks. */
  override submit(io: Io): void {
    const { lba, blocks, op } = this.sim.requests;
    this.begin(io, lba[io], lba[io] + blocks[io], op[io], NONE);
  }

  /** Computes a disk's units of some stripes in a row from the others and writes them. */
  rebuild(io: Io, row: number, rows: number, disk: number): void {
    const { rowBlocks } = this.layout;
    this.begin(io, row * rowBlocks, (row + rows) * rowBlocks, WRITE, disk);
  }

  /** Why a disk may not be lost; undefined when its data is there without it. */
  cannotLose(disk: number): string | undefined {
    const { level, copies, parities } = this.layout;
    const { state, impaired } = this.members;
    if (state[disk] !== WHOLE)
      return 'it has failed already, or is being rebuilt: nothing would change';
    if (copies > 1) {
      const first = disk - (disk % copies);
      for (let other = first; other < first + copies; other++) {
        if (other !== disk && state[other] === WHOLE) return undefined;
      }
      return `its copy is missing already: data would be lost (RAID ${level})`;
    }
    if (impaired < parities) return undefined;
    const { length } = this.disks;
    return `${impaired} of ${length} disks missing already: data would be lost (RAID ${level})`;
  }

  /** False when the next disk that fails could take data with it. */
  get mayLoseOne(): boolean {
    const { state } = this.members;
    for (let disk = 0; disk < state.length; disk++) {
      if (state[disk] === WHOLE && this.cannotLose(disk) !== undefined) return false;
    }
    return true;
  }

  override complete(done: Io): void {
    let io = done;
    if (this.role[io] === PIECE) {
      io = this.sim.requests.join(io);
      if (io === NO_IO) return;
    }
    if (!this.goOn(io)) this.finish(io);
  }

  override fire(io: Io): void {
    this.finish(io);
  }

  private begin(io: Io, from: number, to: number, code: number, rebuilds: number): void {
    this.role[io] = COMMAND;
    this.first[io] = from;
    this.at[io] = from;
    this.end[io] = to;
    this.code[io] = code;
    this.rebuilds[io] = rebuilds;
    this.stage[io] = READS;
    this.cursor[io] = 0;
    if (!this.goOn(io)) this.after(0, io);
  }

  /** Starts what comes next; false when the command is done. */
  private goOn(io: Io): boolean {
    const { rowBlocks } = this.layout;
    for (;;) {
      const row = Math.floor(this.at[io] / rowBlocks);
      const start = row * rowBlocks;
      const left = this.end[io] - start;
      const to = this.rebuilds[io] === NONE ? Math.min(rowBlocks, left) : left;
      this.planStage(io, row, this.at[io] - start, to);
      if (this.launch(io, row)) return true;
      this.cursor[io] = 0;
      if (this.stage[io] === READS && this.code[io] === WRITE) {
        this.stage[io] = WRITES;
        continue;
      }
      this.stage[io] = READS;
      this.at[io] = start + to;
      if (this.at[io] >= this.end[io]) return false;
    }
  }

  private planStage(io: Io, row: number, from: number, to: number): void {
    const { plan } = this;
    const disk = this.rebuilds[io];
    const isReads = this.stage[io] === READS;
    if (disk !== NONE) {
      const units = (to / this.layout.rowBlocks) * this.layout.unitBlocks;
      if (isReads) plan.rebuildFrom(row, units, disk);
      else plan.whole(disk, units);
    } else if (this.code[io] === READ) plan.read(row, from, to);
    else if (isReads) plan.before(row, from, to);
    else plan.write(row, from, to);
  }

  /** Sends what is left of a stage to the disks; false when nothing is. */
  private launch(io: Io, row: number): boolean {
    const { requests } = this.sim;
    const { to, count } = this.plan;
    let sent = 0;
    for (let disk = this.cursor[io]; disk < to.length; disk++) {
      if (to[disk] === 0) continue;
      const piece = count === 1 ? NO_IO : requests.split(io);
      if (piece === NO_IO && sent > 0) {
        this.cursor[io] = disk;
        return true;
      }
      sent++;
      if (piece === NO_IO) {
        // A stage of one access is over with it: planned again, a copy's turn might be another disk's.
        this.cursor[io] = count === 1 ? to.length : disk + 1;
        this.access(io, row, disk, this.stage[io]);
        return true;
      }
      this.role[piece] = PIECE;
      this.access(piece, row, disk, this.stage[io]);
    }
    this.cursor[io] = to.length;
    return sent > 0;
  }

  private access(io: Io, row: number, disk: number, stage: number): void {
    const { op, lba, blocks } = this.sim.requests;
    const { from, to } = this.plan;
    op[io] = stage === READS ? READ : WRITE;
    lba[io] = this.layout.lbaOf(row) + from[disk];
    blocks[io] = to[disk] - from[disk];
    this.enter(io);
    this.disks[disk].submit(io);
  }

  private finish(io: Io): void {
    const { op, lba, blocks } = this.sim.requests;
    op[io] = this.code[io];
    lba[io] = this.first[io];
    blocks[io] = this.end[io] - this.first[io];
    this.leave(io).complete(io);
  }
}
