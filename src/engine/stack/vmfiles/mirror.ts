import { type Io, UNMAP, WRITE } from '../../core/io.js';
import { Layer } from '../../core/layer.js';
import type { Sim } from '../../core/sim.js';
import { CHECK, formatStatus, SENSE_INVALID_OPCODE } from '../../core/status.js';
import type { FileHandle } from '../files.js';
import { type Recall, type Recaller, recallFrom, WITHDRAWN } from '../recall.js';
import type { CopyGuard } from './copy-guard.js';

/** File block of 1 MiB, in 512-byte blocks: the unit in which the copy goes on. */
const FILE_BLOCK = 2048;

/** Writes to the file block wait: the copy has it in hand, or has not begun. */
const HELD = 0;
/** Not copied yet. */
const SOURCE = 1;
/** Copied: the two are equal and stay so. */
const BOTH = 2;

interface Claim {
  readonly first: number;
  readonly end: number;
  readonly ready: () => void;
}

export interface MirrorOptions {
  readonly name: string;
  readonly source: FileHandle;
  /** The new disk gives blocks back as the old one does. */
  readonly unmaps: boolean;
}

/**
 * The mirror driver of a storage migration (stack-upper reference, 14.1): a write to a part that has
 * been copied goes to both disks and ends when both have it, one to a part that has not goes to the old
 * disk, one to the part being copied waits. Both get overlapping writes in one order: the second waits
 * for the first (model), and a write goes to the new disk once the old one has it (model). When
 * anything goes wrong on the new disk the old one goes on alone.
 */
export class Mirror extends Layer implements CopyGuard, Recaller {
  /** The new disk, once there is one. */
  target: FileHandle | undefined;
  /** What went wrong; the two disks are not equal any more. */
  problem: string | undefined;
  /** Told when they are not. */
  onBroken: ((problem: string) => void) | undefined;
  private readonly states: Uint8Array;
  private readonly waiting: Io[] = [];
  /** Writes below, in the order in which they were sent. */
  private readonly active: Io[] = [];
  private claims: Claim[] = [];
  private readonly lba: Float64Array;
  /** 1 for a row that goes to both; 2 while it is with the new disk. */
  private readonly way: Uint8Array;
  private readonly sentAt: Float64Array;

  /** @param lower takes rows addressed by file */
  constructor(
    sim: Sim,
    private readonly options: MirrorOptions,
    private readonly lower: Layer,
  ) {
    super(sim, `${options.name} mirror`);
    this.states = new Uint8Array(Math.ceil(options.source.sizeBlocks / FILE_BLOCK));
    this.lba = sim.requests.column('mirror.lba', Float64Array);
    this.way = sim.requests.column('mirror.way', Uint8Array);
    this.sentAt = sim.requests.column('vmdk.sentAt', Float64Array);
  }

  /** Rows that were sent before the mirror was put in its place have to be looked for elsewhere. */
  readonly unsettled = false;

  /** No write is on its way to the new disk. */
  get isTargetIdle(): boolean {
    return !this.active.some((io) => this.way[io] === 2);
  }

  get wanted(): number {
    for (const io of this.waiting) {
      const block = this.heldBlock(io);
      if (block >= 0) return block;
    }
    return -1;
  }

  override submit(io: Io): void {
    const { requests } = this.sim;
    const op = requests.op[io];
    if (op === UNMAP && !this.options.unmaps && this.problem === undefined) {
      // What the disk says from the switch-over on it says now.
      requests.status[io] = CHECK;
      requests.sense[io] = SENSE_INVALID_OPCODE;
      this.after(0, io);
    } else if (op !== WRITE && op !== UNMAP) {
      this.lower.submit(io);
    } else if (this.mustWait(io)) {
      this.waiting.push(io);
      // The row has not been sent: who looks for commands that may still touch a block skips it.
      this.sentAt[io] = Number.POSITIVE_INFINITY;
    } else {
      this.start(io);
    }
  }

  override fire(io: Io): void {
    this.leave(io).complete(io);
  }

  override complete(io: Io): void {
    const { requests } = this.sim;
    requests.lba[io] = this.lba[io];
    const status = requests.status[io];
    if (this.way[io] === 2) {
      if (status !== 0) {
        this.breakUp(`write to the new disk: ${formatStatus(status, requests.sense[io])}`);
      }
      requests.status[io] = 0;
      requests.sense[io] = 0;
    } else if (this.way[io] === 1) {
      if (status === 0 && this.problem === undefined) {
        this.sendToTarget(io);
        return;
      }
      if (status !== 0) {
        this.breakUp(`write to the old disk: ${formatStatus(status, requests.sense[io])}`);
      }
    }
    this.finish(io);
  }

  recall(io: Io): Recall {
    const place = this.waiting.indexOf(io);
    if (place < 0) return recallFrom(this.lower, io);
    this.waiting.splice(place, 1);
    return WITHDRAWN;
  }

  settled(): void {
    for (let block = 0; block < this.states.length; block++) {
      if (this.states[block] === HELD) this.states[block] = SOURCE;
    }
    this.release();
  }

  claim(first: number, count: number, ready: () => void): void {
    if (this.problem === undefined) this.states.fill(HELD, first, first + count);
    const claim = { first, end: first + count, ready };
    if (this.isFree(claim)) ready();
    else this.claims.push(claim);
  }

  finished(first: number, count: number): void {
    if (this.problem !== undefined) return;
    this.states.fill(BOTH, first, first + count);
    this.release();
  }

  end(): void {}

  /** The two disks are no longer kept equal: every write goes to the old one only. */
  breakUp(problem: string): void {
    if (this.problem !== undefined) return;
    this.problem = problem;
    this.states.fill(SOURCE);
    const { claims } = this;
    this.claims = [];
    this.sim.timers.delay(0, () => {
      this.onBroken?.(problem);
      for (const { ready } of claims) ready();
      this.release();
    });
  }

  private start(io: Io): void {
    const { requests } = this.sim;
    this.active.push(io);
    this.lba[io] = requests.lba[io];
    this.way[io] = this.goesToBoth(io) ? 1 : 0;
    this.sentAt[io] = this.sim.now;
    this.enter(io);
    this.lower.submit(io);
  }

  private sendToTarget(io: Io): void {
    const { requests } = this.sim;
    this.way[io] = 2;
    this.sentAt[io] = this.sim.now;
    requests.deviceNs[io] = 0;
    requests.file[io] = this.target!.index;
    this.enter(io);
    this.lower.submit(io);
  }

  private finish(io: Io): void {
    this.sim.requests.file[io] = this.options.source.index;
    this.active.splice(this.active.indexOf(io), 1);
    this.leave(io).complete(io);
    const free = this.claims.filter((claim) => this.isFree(claim));
    if (free.length > 0) {
      this.claims = this.claims.filter((claim) => !free.includes(claim));
      for (const { ready } of free) ready();
    }
    this.release();
  }

  private release(): void {
    for (let place = 0; place < this.waiting.length; ) {
      const io = this.waiting[place];
      if (this.mustWait(io)) {
        place++;
        continue;
      }
      this.waiting.splice(place, 1);
      this.start(io);
    }
  }

  private mustWait(io: Io): boolean {
    const { lba, blocks } = this.sim.requests;
    for (const other of this.active) {
      if (this.lba[other] < lba[io] + blocks[io] && lba[io] < this.lba[other] + blocks[other]) {
        return true;
      }
    }
    return this.heldBlock(io) >= 0;
  }

  /** First file block of a row whose writes wait, or -1. */
  private heldBlock(io: Io): number {
    const { lba, blocks } = this.sim.requests;
    const last = Math.floor((lba[io] + blocks[io] - 1) / FILE_BLOCK);
    for (let block = Math.floor(lba[io] / FILE_BLOCK); block <= last; block++) {
      if (this.states[block] === HELD) return block;
    }
    return -1;
  }

  private goesToBoth(io: Io): boolean {
    const { lba, blocks } = this.sim.requests;
    const last = Math.floor((lba[io] + blocks[io] - 1) / FILE_BLOCK);
    for (let block = Math.floor(lba[io] / FILE_BLOCK); block <= last; block++) {
      if (this.states[block] === BOTH) return true;
    }
    return false;
  }

  /** No write to the file blocks is on its way. */
  private isFree({ first, end }: Claim): boolean {
    const { blocks } = this.sim.requests;
    return !this.active.some(
      (io) => this.lba[io] < end * FILE_BLOCK && first * FILE_BLOCK < this.lba[io] + blocks[io],
    );
  }
}
