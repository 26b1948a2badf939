import { Fifo } from '../../core/discipline.js';
import type { Lane } from '../../core/events.js';
import {
  ABORT,
  ATS,
  FLUSH,
  INQUIRY,
  type Io,
  LUN_RESET,
  NO_IO,
  READ,
  READ_CAPACITY,
  TEST_UNIT_READY,
  UNMAP,
  WRITE,
  XCOPY,
  ZERO,
} from '../../core/io.js';
import { Layer } from '../../core/layer.js';
import type { Entity } from '../../core/meters.js';
import type { Sim } from '../../core/sim.js';
import {
  CHECK,
  deviceStatus,
  HOST_NO_CONNECT,
  hostOf,
  hostStatus,
  SENSE_INVALID_OPCODE,
  SENSE_LBA_OUT_OF_RANGE,
  SENSE_LUN_NOT_SUPPORTED,
  SENSE_MISCOMPARE,
  SENSE_NOT_READY_TRANSITION,
  SENSE_SPACE_ALLOCATION_FAILED,
  SENSE_THIN_SOFT_THRESHOLD,
  TASK_ABORTED,
} from '../../core/status.js';
import { TRAFFIC_FIELDS, Traffic } from '../../core/traffic.js';
import type { ArrayPlan, LunPlan } from '../../simulation/plan.js';
import type { Disk } from '../disk.js';
import type { AccessState } from './access.js';
import type { Cache } from './cache.js';
import type { Controllers } from './controllers.js';
import { Ownership } from './ownership.js';
import { PageMap } from './page-map.js';
import { PAGE_BLOCKS, type Pool, STRIPE_BLOCKS } from './pool.js';

/** A controller's own time per command, one at a time: 500,000 commands per second (model). */
const CONTROLLER_NS = 2_000;
/** From the controller to the answer of a command that needs no disk (model). */
const CACHE_NS = 100_000;
/** The same on a device without a cache, such as a local disk (model). */
const DEVICE_NS = 10_000;
/** Extra time of commands that arrive at the controller that does not own the LUN (model). */
const FORWARD_NS = 150_000;
/** Time to release or zero a page, and to copy a block inside the array, one at a time (model). */
const PAGE_NS = 2_000;
const COPY_BLOCK_NS = 512;

const ABORTED = deviceStatus(TASK_ABORTED);

/** Reasons to look twice at a command, one bit each. */
const LOST = 1;
const MOVING = 2;
const WARNING = 4;

/** Where a LUN's blocks are: behind a cache on a pool's disks, or on one disk of its own. */
export interface LunBacking {
  readonly pool: Pool;
  readonly cache: Cache | undefined;
  /** The one disk of a jbod LUN. */
  readonly disk: Disk | undefined;
  /** First block in the array's address space. */
  readonly start: number;
}

/** A logical unit: answers from the cache where it can and goes to the disks where it must. */
export class Lun extends Layer {
  readonly uid: string;
  readonly number: number;
  readonly sizeBlocks: number;
  readonly thin: boolean;
  readonly pool: Pool;
  readonly entity: Entity;

  private readonly cache: Cache | undefined;
  private readonly disk: Disk | undefined;
  private readonly start: number;
  private readonly answerNs: number;
  private readonly shared: boolean;
  private readonly vaai: ArrayPlan['vaai'];
  private readonly ownership: Ownership;
  private readonly pages: PageMap | undefined;
  private readonly traffic: Traffic;
  private readonly hitSlot: number;
  /** Answers that need no disk, in order for each controller they leave by. */
  private readonly lanes: Lane[] = [];
  private readonly lastAt: Float64Array;

  private readonly takenAt: Float64Array;
  private readonly controllerOf: Uint8Array;
  /** Address and length as the host gave them, while the row is at the disks. */
  private readonly hostLba: Float64Array;
  private readonly hostBlocks: Int32Array;
  /** 1 for rows this layer split off. */
  private readonly piece: Uint8Array;
  private readonly atsExpect: Float64Array;
  private readonly atsSwap: Float64Array;
  private readonly copyTarget: Float64Array;

  private trouble = 0;
  private unreachable = false;
  private readonly held = new Fifo();
  private heldCount = 0;
  /** Owner tags of lock blocks; a block never locked holds 0. */
  private readonly tags = new Map<number, number>();
  private copyUntil = 0;
  private readonly listeners: (() => void)[] = [];

  constructor(
    sim: Sim,
    array: ArrayPlan,
    plan: LunPlan,
    private readonly controllers: Controllers,
    backing: LunBacking,
  ) {
    super(sim, plan.name);
    this.uid = plan.uid;
    this.number = plan.number;
    this.sizeBlocks = Math.floor(plan.sizeBytes / 512);
    this.thin = plan.thin;
    this.pool = backing.pool;
    this.cache = backing.cache;
    this.disk = backing.disk;
    this.start = backing.start;
    this.answerNs = backing.cache === undefined ? DEVICE_NS : CACHE_NS;
    this.shared = array.access === 'active-active';
    this.vaai = array.vaai;
    this.ownership = new Ownership(
      sim,
      plan.name,
      array.access,
      array.transitionNs,
      controllers,
      plan.owner,
      () => this.ownershipChanged(),
    );
    this.pages = plan.thin ? new PageMap(this.sizeBlocks) : undefined;
    this.entity = sim.meters.define(
      'lun',
      plan.name,
      { array: array.name, pool: plan.pool, uid: plan.uid },
      [...TRAFFIC_FIELDS, 'sizeBlocks', 'allocatedBlocks', 'owner', 'cacheHits', 'cacheMisses'],
      true,
    );
    this.traffic = new Traffic(sim, this.entity);
    const size = this.entity.slot('sizeBlocks');
    this.hitSlot = this.entity.slot('cacheHits');
    this.entity.refresh = () => {
      this.entity.values[size] = this.sizeBlocks;
      this.entity.values[size + 1] = this.allocatedBlocks;
      this.entity.values[size + 2] = this.ownership.owner;
    };
    this.lastAt = new Float64Array(controllers.count);
    for (let index = 0; index < controllers.count; index++) this.lanes.push(sim.lane(this));
    const { requests } = sim;
    this.takenAt = requests.column('lun.takenAt', Float64Array);
    this.controllerOf = requests.column('array.controller', Uint8Array);
    this.hostLba = requests.column('lun.hostLba', Float64Array);
    this.hostBlocks = requests.column('lun.hostBlocks', Int32Array);
    this.piece = requests.column('lun.piece', Uint8Array);
    this.atsExpect = requests.column('ats.expect', Float64Array);
    this.atsSwap = requests.column('ats.swap', Float64Array);
    this.copyTarget = requests.column('xcopy.target', Float64Array);
  }

  get owner(): number {
    return this.ownership.owner;
  }

  /** Controller the LUN goes back to when it is repaired. */
  get preferred(): number {
    return this.ownership.preferred;
  }

  /** The owner once a move under way has ended. */
  get destination(): number {
    return this.ownership.destination;
  }

  /** Blocks the LUN holds of its pool. */
  get allocatedBlocks(): number {
    return this.pages === undefined ? this.sizeBlocks : this.pages.allocated * PAGE_BLOCKS;
  }

  accessState(controller: number): AccessState {
    return this.ownership.state(controller);
  }

  /** Moves the LUN to another controller; meanwhile commands get 02/04/0A. */
  setOwner(controller: number, why: string): void {
    this.ownership.move(controller, why);
  }

  /** A lost LUN answers 05/25/00 to everything. */
  setLost(lost: boolean, why: string): void {
    if (((this.trouble & LOST) !== 0) === lost) return;
    this.trouble = lost ? this.trouble | LOST : this.trouble & ~LOST;
    this.sim.log.note('lun.lost', this.name, lost ? 'no longer presented' : 'presented again', why);
    this.notify();
  }

  /** An unreachable LUN works but gives no answers; they come when it is reachable again. */
  setUnreachable(unreachable: boolean, why: string): void {
    if (unreachable === this.unreachable) return;
    this.unreachable = unreachable;
    const what = unreachable ? 'gives no answers' : 'answers again';
    this.sim.log.note('lun.lost', this.name, what, why);
    if (unreachable) return;
    for (; this.heldCount > 0; this.heldCount--) this.after(0, this.held.pop());
  }

  /** Calls `listener` after each change of an access state or of presence. */
  onStateChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  /** Tells the listeners; the array calls it when a controller fails or comes back. */
  notify(): void {
    for (const listener of this.listeners) listener();
  }

  /** The next write of a thin LUN gets 06/38/07, once. */
  warn(): void {
    if (this.thin) this.trouble |= WARNING;
  }

  /** Counts a range as written before the run; false when the pool has no room for it. */
  preallocate(lba: number, blocks: number): boolean {
    return blocks === 0 || this.allocate(lba, blocks);
  }

  /** Answers what is held without an answer and came over a connection that is now broken. */
  releaseHeld(nexus: number): void {
    const { requests } = this.sim;
    for (let left = this.heldCount; left > 0; left--) {
      const io = this.held.pop();
      if (requests.nexus[io] === nexus) {
        this.heldCount--;
        requests.status[io] = hostStatus(HOST_NO_CONNECT);
        this.after(0, io);
      } else {
        this.held.push(io);
      }
    }
  }

  override submit(io: Io): void {
    const { op, lba, blocks } = this.sim.requests;
    this.takenAt[io] = this.sim.now;
    if (this.trouble !== 0 && this.refused(io)) return;
    const code = op[io];
    if (code > WRITE) {
      this.other(io);
      return;
    }
    if (lba[io] + blocks[io] > this.sizeBlocks) {
      this.refuse(io, SENSE_LBA_OUT_OF_RANGE);
      return;
    }
    if (code === READ) this.read(io);
    else if (this.pages !== undefined && !this.allocate(lba[io], blocks[io])) {
      this.refuse(io, SENSE_SPACE_ALLOCATION_FAILED);
    } else this.write(io);
  }

  /** A write that waited for room in the cache. */
  admit(io: Io): void {
    const { lba, blocks } = this.sim.requests;
    if (this.cache!.write(this.pool, this.start + lba[io], blocks[io])) this.answer(io);
    else this.toDisks(io);
  }

  /** A write that waited for room in the cache and is to go to the disks itself. */
  writeThrough(io: Io): void {
    this.toDisks(io);
  }

  override complete(done: Io): void {
    let io = done;
    const { requests, now } = this.sim;
    if (this.piece[io] === 1) {
      io = requests.join(io);
      if (io === NO_IO) return;
    }
    if (this.disk === undefined) {
      requests.lba[io] = this.hostLba[io];
      if (this.cache !== undefined && requests.op[io] === READ) {
        this.cache.keep(this.start + requests.lba[io], requests.blocks[io]);
      }
      requests.blocks[io] = this.hostBlocks[io];
    }
    // The controller's share of the way back is not worth an event: the connection adds it.
    const by = this.shared ? this.controllerOf[io] : this.ownership.owner;
    requests.readyAt[io] = this.charge(by) + (by === this.controllerOf[io] ? 0 : FORWARD_NS);
    this.finish(io, now);
  }

  override fire(io: Io): void {
    this.finish(io, this.sim.now);
  }

  private read(io: Io): void {
    const { lba, blocks } = this.sim.requests;
    const { cache, entity } = this;
    if (cache === undefined) {
      this.toDisks(io);
    } else if (cache.hit(this.start + lba[io], blocks[io])) {
      entity.values[this.hitSlot]++;
      this.answer(io);
    } else {
      entity.values[this.hitSlot + 1]++;
      this.toDisks(io);
    }
  }

  private write(io: Io): void {
    if (this.cache === undefined) this.toDisks(io);
    else if (this.cache.full) this.cache.wait(io);
    else this.admit(io);
  }

  /** Everything but reads and writes. */
  private other(io: Io): void {
    const { op, lba, blocks } = this.sim.requests;
    switch (op[io]) {
      case TEST_UNIT_READY:
      case INQUIRY:
      case READ_CAPACITY:
      case FLUSH:
        this.answer(io);
        return;
      case ATS:
        if (this.vaai.ats) this.compareAndWrite(io);
        else this.refuse(io, SENSE_INVALID_OPCODE);
        return;
      case ABORT:
        this.abort(lba[io]);
        this.answer(io);
        return;
      case LUN_RESET:
        this.abortAll();
        this.answer(io);
        return;
    }
    const supported =
      (op[io] === UNMAP && this.vaai.unmap) ||
      (op[io] === ZERO && this.vaai.zero) ||
      (op[io] === XCOPY && this.vaai.clone);
    if (!supported) {
      this.refuse(io, SENSE_INVALID_OPCODE);
    } else if (lba[io] + blocks[io] > this.sizeBlocks) {
      this.refuse(io, SENSE_LBA_OUT_OF_RANGE);
    } else if (op[io] === UNMAP) {
      this.unmap(io);
    } else if (op[io] === ZERO) {
      this.zero(io);
    } else {
      this.copy(io);
    }
  }

  private compareAndWrite(io: Io): void {
    const { lba, blocks } = this.sim.requests;
    if (lba[io] + blocks[io] > this.sizeBlocks) {
      this.refuse(io, SENSE_LBA_OUT_OF_RANGE);
    } else if ((this.tags.get(lba[io]) ?? 0) !== this.atsExpect[io]) {
      this.refuse(io, SENSE_MISCOMPARE);
    } else if (!this.allocate(lba[io], 1)) {
      this.refuse(io, SENSE_SPACE_ALLOCATION_FAILED);
    } else {
      this.tags.set(lba[io], this.atsSwap[io]);
      this.answer(io);
    }
  }

  private unmap(io: Io): void {
    const { lba, blocks } = this.sim.requests;
    const pages = this.pages?.free(lba[io], blocks[io]) ?? 0;
    this.pool.give(pages * PAGE_BLOCKS);
    this.after(this.answerNs + pages * PAGE_NS, io);
  }

  private zero(io: Io): void {
    const { lba, blocks } = this.sim.requests;
    if (!this.allocate(lba[io], blocks[io])) {
      this.refuse(io, SENSE_SPACE_ALLOCATION_FAILED);
    } else if (this.disk !== undefined) {
      this.toDisks(io);
    } else {
      this.after(this.answerNs + Math.ceil(blocks[io] / PAGE_BLOCKS) * PAGE_NS, io);
    }
  }

  private copy(io: Io): void {
    const { blocks } = this.sim.requests;
    const target = this.copyTarget[io];
    if (target + blocks[io] > this.sizeBlocks) {
      this.refuse(io, SENSE_LBA_OUT_OF_RANGE);
    } else if (!this.allocate(target, blocks[io])) {
      this.refuse(io, SENSE_SPACE_ALLOCATION_FAILED);
    } else {
      const { now } = this.sim;
      this.copyUntil = Math.max(this.copyUntil, now) + blocks[io] * COPY_BLOCK_NS;
      this.after(this.copyUntil - now + this.answerNs, io);
    }
  }

  /** Sends a row to the disks it concerns; it comes back to `complete`. */
  private toDisks(io: Io): void {
    const { requests } = this.sim;
    this.piece[io] = 0;
    if (this.disk !== undefined) {
      this.enter(io);
      this.disk.submit(io);
      return;
    }
    this.hostLba[io] = requests.lba[io];
    this.hostBlocks[io] = requests.blocks[io];
    const address = this.start + requests.lba[io];
    let blocks = requests.blocks[io];
    if (this.cache !== undefined && requests.op[io] === READ) {
      blocks = Math.min(this.cache.stage(address, blocks), this.sizeBlocks - requests.lba[io]);
      requests.blocks[io] = blocks;
    }
    const within = address - Math.floor(address / STRIPE_BLOCKS) * STRIPE_BLOCKS;
    if (within + blocks <= STRIPE_BLOCKS || this.pool.disks.length === 1) {
      this.toDisk(io, address, blocks);
    } else {
      this.toStripes(io, address, address + blocks);
    }
  }

  /** One child for each stripe unit; when rows run out, the last child takes all that is left. */
  private toStripes(io: Io, address: number, end: number): void {
    const { requests } = this.sim;
    let child = requests.split(io);
    if (child === NO_IO) {
      this.toDisk(io, address, end - address);
      return;
    }
    for (let at = address; at < end; ) {
      const unitEnd = (Math.floor(at / STRIPE_BLOCKS) + 1) * STRIPE_BLOCKS;
      const next = unitEnd < end ? requests.split(io) : NO_IO;
      const stop = next === NO_IO ? end : unitEnd;
      this.piece[child] = 1;
      this.toDisk(child, at, stop - at);
      child = next;
      at = stop;
    }
  }

  private toDisk(io: Io, address: number, blocks: number): void {
    const { requests } = this.sim;
    requests.lba[io] = this.pool.lbaOf(address);
    requests.blocks[io] = blocks;
    this.enter(io);
    this.pool.diskOf(address).submit(io);
  }

  /** Answers a row that needs no disk, after the controller's turn and the cache's time. */
  private answer(io: Io): void {
    const leaves = this.controllerOf[io];
    const by = this.shared ? leaves : this.ownership.owner;
    let at = this.charge(by) + this.answerNs;
    if (by !== leaves) at += FORWARD_NS;
    if (at >= this.lastAt[leaves]) {
      this.lastAt[leaves] = at;
      this.lanes[leaves].push(at, io);
    } else {
      this.sim.events.push(at, this.index, io);
    }
  }

  /** The controller takes its turn; returns when it is done. */
  private charge(controller: number): number {
    const { busyUntil } = this.controllers;
    const at = Math.max(busyUntil[controller], this.sim.now) + CONTROLLER_NS;
    busyUntil[controller] = at;
    return at;
  }

  private refuse(io: Io, senseData: number): void {
    this.sim.requests.status[io] = CHECK;
    this.sim.requests.sense[io] = senseData;
    this.after(CONTROLLER_NS, io);
  }

  /** Looks twice at a command while something is wrong; true when it has been refused. */
  private refused(io: Io): boolean {
    const code = this.sim.requests.op[io];
    if (code === ABORT || code === LUN_RESET) return false;
    if ((this.trouble & LOST) !== 0) {
      this.refuse(io, SENSE_LUN_NOT_SUPPORTED);
      return true;
    }
    if ((this.trouble & MOVING) !== 0 && code !== INQUIRY) {
      this.refuse(io, SENSE_NOT_READY_TRANSITION);
      return true;
    }
    if ((this.trouble & WARNING) !== 0 && code === WRITE) {
      this.trouble &= ~WARNING;
      this.refuse(io, SENSE_THIN_SOFT_THRESHOLD);
      return true;
    }
    return false;
  }

  private finish(io: Io, now: number): void {
    const { op, blocks, status } = this.sim.requests;
    if (this.unreachable && !this.answersAnyway(io)) {
      this.held.push(io);
      this.heldCount++;
      return;
    }
    this.traffic.add(op[io], blocks[io], now - this.takenAt[io], status[io]);
    this.leave(io).complete(io);
  }

  /** Task management, aborted commands and broken connections do not wait for the LUN. */
  private answersAnyway(io: Io): boolean {
    const { op, status } = this.sim.requests;
    if (op[io] === ABORT || op[io] === LUN_RESET) return true;
    return status[io] === ABORTED || hostOf(status[io]) !== 0;
  }

  private abort(io: Io): void {
    if (!this.held.remove(io)) return;
    this.heldCount--;
    this.sim.requests.status[io] = ABORTED;
    this.after(0, io);
  }

  private abortAll(): void {
    for (; this.heldCount > 0; this.heldCount--) {
      const io = this.held.pop();
      this.sim.requests.status[io] = ABORTED;
      this.after(0, io);
    }
  }

  /** Makes sure every page of a range has room. */
  private allocate(lba: number, blocks: number): boolean {
    const { pages } = this;
    if (pages === undefined) return true;
    const missing = pages.missing(lba, blocks);
    if (missing === 0) return true;
    if (!this.pool.takePages(missing, `write to ${this.name}`)) return false;
    pages.mark(lba, blocks);
    return true;
  }

  private ownershipChanged(): void {
    this.trouble = this.ownership.moving ? this.trouble | MOVING : this.trouble & ~MOVING;
    this.notify();
  }
}
