import {
  ABORT,
  FLUSH,
  INQUIRY,
  type Io,
  LUN_RESET,
  READ,
  READ_CAPACITY,
  RELEASE,
  RESERVE,
  TEST_UNIT_READY,
  WRITE,
  ZERO,
} from '../../core/io.js';
import { Layer } from '../../core/layer.js';
import type { Entity } from '../../core/meters.js';
import type { Sim } from '../../core/sim.js';
import {
  CHECK,
  SENSE_ALUA_STATE_CHANGED,
  SENSE_CAPACITY_CHANGED,
  SENSE_LBA_OUT_OF_RANGE,
  SENSE_LUN_NOT_SUPPORTED,
  SENSE_POWER_ON_RESET,
  SENSE_SPACE_ALLOCATION_FAILED,
  SENSE_THIN_SOFT_THRESHOLD,
} from '../../core/status.js';
import { Traffic } from '../../core/traffic.js';
import { formatDuration } from '../../core/units.js';
import type { ArrayPlan, LunPlan } from '../../plan/plan.js';
import { Media } from '../media.js';
import type { AccessState } from './access.js';
import { Attentions } from './attentions.js';
import type { Backing } from './back-end.js';
import type { Cache } from './cache.js';
import type { Controllers } from './controllers.js';
import { HeldAnswers } from './held-answers.js';
import { defineLun } from './lun-entity.js';
import type { LunPlace } from './lun-place.js';
import { CACHE_NS, CONTROLLER_NS, DEVICE_NS } from './lun-times.js';
import { Offload } from './offload.js';
import { Ownership } from './ownership.js';
import { PAGE_BLOCKS, type Pool } from './pool.js';
import { PortGroups } from './port-groups.js';
import { Reservation } from './reservation.js';
import { ThinPages } from './thin-pages.js';
import { WayOut } from './way-out.js';

/** Reasons to look twice at a command, one bit each. */
const LOST = 1;
const MOVING = 2;
const WARNING = 4;
const RESERVED = 8;
const PASSIVE = 16;
const ATTENTION = 32;

/** A logical unit: answers from the cache where it can and goes to the disks where it must. */
export class Lun extends Layer {
  readonly uid: string;
  readonly number: number;
  readonly thin: boolean;
  readonly pool: Pool;
  readonly entity: Entity;
  /** What it holds, in runs that verify data or keep bytes. */
  readonly media: Media | undefined;
  readonly reservation: Reservation;
  /** Knows the connections over which hosts reach the LUN. */
  readonly attentions: Attentions;
  /** The VAAI commands. */
  readonly offload: Offload;

  protected readonly cache: Cache | undefined;
  protected readonly place: LunPlace;
  /** A jbod LUN is one disk: it zeroes by writing to it. */
  private readonly ownDisk: boolean;
  private readonly answerNs: number;
  private readonly ownership: Ownership;
  private readonly groups: PortGroups;
  protected readonly pages: ThinPages | undefined;
  private readonly held: HeldAnswers;
  private readonly traffic: Traffic;
  private readonly hitSlot: number;
  private readonly wayOut: WayOut;
  protected readonly takenAt: Float64Array;

  private trouble = 0;
  private unreachable = false;
  private extraNs = 0;
  private readonly listeners: (() => void)[] = [];

  constructor(
    sim: Sim,
    array: ArrayPlan,
    plan: LunPlan,
    controllers: Controllers,
    backing: Backing,
    private readonly backEnd: Layer,
  ) {
    super(sim, plan.name);
    this.uid = plan.uid;
    this.number = plan.number;
    this.thin = plan.thin;
    this.pool = backing.pool;
    this.media =
      sim.arena && new Media(sim, `${array.name} ${plan.name}`, sim.arena, backing.content);
    this.cache = backing.cache;
    this.place = backing.place;
    this.ownDisk = backing.disk !== undefined;
    this.answerNs = backing.cache === undefined ? DEVICE_NS : CACHE_NS;
    this.ownership = new Ownership(
      sim,
      plan.name,
      array.access,
      array.transitionNs,
      controllers,
      plan.owner,
      () => this.ownershipChanged(),
    );
    this.groups = new PortGroups(sim, array.access, array.tpgs, this.ownership);
    if (this.groups.passive) this.trouble = PASSIVE;
    this.pages = plan.thin ? new ThinPages(plan.name, this.sizeBlocks, this.pool) : undefined;
    this.offload = new Offload(sim, array, this, this.pages);
    this.reservation = new Reservation(sim, plan.name, (held) => {
      this.trouble = held ? this.trouble | RESERVED : this.trouble & ~RESERVED;
    });
    this.held = new HeldAnswers(sim, (io) => this.after(0, io));
    this.attentions = new Attentions(sim.requests, (pending) => {
      this.trouble = pending ? this.trouble | ATTENTION : this.trouble & ~ATTENTION;
    });
    this.entity = defineLun(sim, array, plan, this);
    this.traffic = new Traffic(sim, this.entity);
    this.hitSlot = this.entity.slot('cacheHits');
    const owner = array.access === 'active-active' ? undefined : this.ownership;
    this.wayOut = new WayOut(sim, this, controllers, owner);
    this.takenAt = sim.requests.column('port.arrivedAt', Float64Array);
  }

  get sizeBlocks(): number {
    return this.place.sizeBlocks;
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

  /** TPGS bits of INQUIRY data: 1 implicit, 2 explicit; 0 without target port groups. */
  get tpgs(): number {
    return this.groups.tpgs;
  }

  accessState(controller: number): AccessState {
    return this.ownership.state(controller);
  }

  /** Moves the LUN to another controller; meanwhile commands get 02/04/0A. */
  setOwner(controller: number, why: string): void {
    this.ownership.move(controller, why);
  }

  /** No longer presented: answers 05/25/00 to everything. */
  get lost(): boolean {
    return (this.trouble & LOST) !== 0;
  }

  setLost(lost: boolean, why: string): void {
    if (this.lost === lost) return;
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
    if (!unreachable) this.held.releaseAll();
  }

  /** Every answer takes this much longer. */
  setExtraDelay(ns: number, why: string): void {
    if (ns === this.extraNs) return;
    this.extraNs = Math.round(ns);
    const speed = ns === 0 ? 'normal speed' : `answers take ${formatDuration(ns)} longer`;
    this.sim.log.note('lun.slow', this.name, speed, why);
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
    return this.pages === undefined || blocks === 0 || this.pages.allocate(lba, blocks);
  }

  /** More room at its end. Hosts are told at their next command; what they make of it is theirs. */
  grow(sizeBlocks: number, space: (blocks: number) => number): void {
    this.place.grow(sizeBlocks, space);
    this.pages?.grow(sizeBlocks);
    this.media?.grow(sizeBlocks);
    this.attentions.raise(SENSE_CAPACITY_CHANGED);
  }

  /** Answers what is held without an answer and came over a connection that is now broken. */
  releaseHeld(nexus: number): void {
    this.held.releaseConnection(nexus);
  }

  override submit(io: Io): void {
    const { op, lba, blocks } = this.sim.requests;
    this.takenAt[io] = this.sim.now;
    if (this.trouble !== 0 && this.refused(io)) return;
    const code = op[io];
    if (code > WRITE) this.other(io);
    else if (lba[io] + blocks[io] > this.sizeBlocks) this.refuse(io, SENSE_LBA_OUT_OF_RANGE);
    else if (code === READ) this.read(io);
    else if (this.pages !== undefined && !this.pages.allocate(lba[io], blocks[io])) {
      this.refuse(io, SENSE_SPACE_ALLOCATION_FAILED);
    } else this.write(io);
  }

  /** A write that waited for room in the cache. */
  admit(io: Io): void {
    const { lba, blocks } = this.sim.requests;
    const { cache, pool, place } = this;
    const isSplit = place.crosses(lba[io], blocks[io]);
    if (!isSplit && cache!.write(pool, place.addressOf(lba[io]), blocks[io]))
      this.answer(io, cache!.safety.mirrorNs(blocks[io]));
    else this.toDisks(io);
  }

  /** Sends a row to the disks: a miss, or a write that finds no room in the cache. */
  toDisks(io: Io): void {
    this.enter(io);
    this.backEnd.submit(io);
  }

  override complete(io: Io): void {
    if (this.media !== undefined && this.sim.requests.status[io] === 0) this.media.execute(io);
    // The controller's share of the way back is not worth an event: the connection adds it.
    this.sim.requests.readyAt[io] = this.wayOut.readyAt(io);
    this.finish(io);
  }

  override fire(io: Io): void {
    this.finish(io);
  }

  private read(io: Io): void {
    const { lba, blocks } = this.sim.requests;
    const { cache, entity, place } = this;
    if (cache === undefined) {
      this.toDisks(io);
    } else if (
      !place.crosses(lba[io], blocks[io]) &&
      cache.hit(place.addressOf(lba[io]), blocks[io])
    ) {
      entity.values[this.hitSlot]++;
      this.answer(io);
    } else {
      entity.values[this.hitSlot + 1]++;
      this.toDisks(io);
    }
  }

  private write(io: Io): void {
    if (this.cache === undefined || !this.cache.safety.writeBack) this.toDisks(io);
    else if (this.cache.full) this.cache.wait(io);
    else this.admit(io);
  }

  /** Everything but reads and writes. */
  private other(io: Io): void {
    const { op, lba, nexus } = this.sim.requests;
    switch (op[io]) {
      case ABORT:
        this.held.abort(lba[io], this.unreachable);
        this.answer(io);
        return;
      case LUN_RESET:
        this.held.abortAll();
        this.reservation.release('LUN RESET');
        this.attentions.raise(SENSE_POWER_ON_RESET);
        this.answer(io);
        return;
      case RESERVE:
        this.reservation.reserve(nexus[io]);
        this.answer(io);
        return;
      case RELEASE:
        this.reservation.releaseBy(nexus[io]);
        this.answer(io);
        return;
      case TEST_UNIT_READY:
      case INQUIRY:
      case READ_CAPACITY:
        this.answer(io);
        return;
      case FLUSH: // An array's cache keeps what it has answered; a disk's own may be volatile.
        if (this.ownDisk) this.toDisks(io);
        else this.answer(io);
        return;
    }
    const groups = this.groups.concerns(op[io]);
    const refusal = groups ? this.groups.execute(io) : this.offload.execute(io);
    const onDisk = op[io] === ZERO && this.ownDisk;
    if (this.media !== undefined && refusal === 0 && !onDisk && !groups) this.media.execute(io);
    if (refusal !== 0) this.refuse(io, refusal);
    else if (onDisk) this.toDisks(io);
    else if (groups || this.offload.extraNs === 0) this.answer(io);
    else this.after(this.answerNs + this.offload.extraNs, io);
  }

  /** Answers a row that needs no disk, after the controller's turn and the cache's time, or longer. */
  private answer(io: Io, longerNs = 0): void {
    if (this.media !== undefined && this.sim.requests.op[io] <= WRITE) this.media.execute(io);
    this.wayOut.answer(io, this.answerNs + longerNs);
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
    if (this.lost) {
      this.refuse(io, SENSE_LUN_NOT_SUPPORTED);
      return true;
    }
    const isReserved = (this.trouble & RESERVED) !== 0 && this.reservation.refuses(io);
    if (isReserved || ((this.trouble & ATTENTION) !== 0 && this.attentions.refuses(io))) {
      this.after(CONTROLLER_NS, io);
      return true;
    }
    const refusal = (this.trouble & (MOVING | PASSIVE)) === 0 ? 0 : this.groups.refusal(io);
    if (refusal !== 0) {
      this.refuse(io, refusal);
      return true;
    }
    if ((this.trouble & WARNING) === 0 || code !== WRITE) return false;
    this.trouble &= ~WARNING;
    this.refuse(io, SENSE_THIN_SOFT_THRESHOLD);
    return true;
  }

  private finish(io: Io): void {
    const { op, blocks, status, readyAt } = this.sim.requests;
    const isTask = op[io] === ABORT || op[io] === LUN_RESET;
    if (this.unreachable && !isTask && !this.held.passes(io)) {
      this.held.hold(io);
      return;
    }
    // The delay is carried: the connection adds it to the way back.
    if (this.extraNs > 0) readyAt[io] = Math.max(this.sim.now, readyAt[io]) + this.extraNs;
    this.traffic.add(op[io], blocks[io], this.sim.now - this.takenAt[io], status[io]);
    this.leave(io).complete(io);
  }

  private ownershipChanged(): void {
    this.trouble = this.ownership.moving ? this.trouble | MOVING : this.trouble & ~MOVING;
    if (!this.ownership.moving && this.groups.tpgs !== 0) {
      this.attentions.raise(SENSE_ALUA_STATE_CHANGED, this.groups.takeMover());
    }
    this.notify();
  }
}
