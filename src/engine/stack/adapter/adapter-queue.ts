import { type Discipline, Fifo } from '../../core/discipline.js';
import { type Io, NO_IO } from '../../core/io.js';
import type { Requests } from '../../core/requests.js';
import type { Merger } from './merger.js';
import type { Order } from './orders/define.js';

/** Says whether the driver takes a command now; one it does not take waits at the head. */
export interface Gate {
  admits(io: Io): boolean;
}

/** Where a row waits. */
const NOWHERE = 0;
const NORMAL = 1;
const URGENT = 2;

/**
 * The commands that wait for an adapter: those of the VMkernel itself (world 0) in a priority queue,
 * first come first served, all others in the adapter's order. While both hold commands the priority
 * queue gets its share of dispatches (`Disk.SchedQPriorityPercentage`).
 */
export class AdapterQueue implements Discipline {
  /** Commands the driver turned away (WOULD_BLOCK). */
  blocked = 0;
  /** Set while commands are pushed that may merge with nothing. */
  alone = false;
  /** A leader that may be taken out although others ride on it. */
  private absorbed = NO_IO;
  private readonly urgent = new Fifo();
  private urgents = 0;
  private normals = 0;
  /** Turned away by the driver: goes first once it takes commands again. */
  private stuck = NO_IO;
  private credit: number;
  private readonly place: Uint8Array;

  /**
   * @param share of dispatches that goes to the priority queue, percent
   * @param merger joins waiting commands; undefined when the adapter does not merge
   */
  constructor(
    private readonly requests: Requests,
    private readonly order: Order,
    private readonly merger: Merger | undefined,
    private readonly gate: Gate,
    private readonly share: number,
  ) {
    this.credit = 100 - share;
    this.place = requests.column('adapter.place', Uint8Array);
  }

  /** A command is held at the head because the driver would not take it. */
  get stalled(): boolean {
    return this.stuck !== NO_IO;
  }

  push(io: Io): void {
    if (this.requests.world[io] === 0) {
      this.place[io] = URGENT;
      this.urgents++;
      this.urgent.push(io);
      this.merger?.add(io, true);
      return;
    }
    this.place[io] = NORMAL;
    this.normals++;
    this.order.push(io);
    this.merger?.add(io, this.alone);
  }

  pop(): Io {
    const io = this.stuck === NO_IO ? this.choose() : this.stuck;
    if (io === NO_IO) return NO_IO;
    if (!this.gate.admits(io)) {
      this.stuck = io;
      this.blocked++;
      return NO_IO;
    }
    this.stuck = NO_IO;
    this.place[io] = NOWHERE;
    return io;
  }

  /** A leader with riders stays: what rides on it must not be taken along. */
  remove(io: Io): boolean {
    const place = this.place[io];
    if (place === NOWHERE) return false;
    const { merger } = this;
    if (io !== this.absorbed && merger !== undefined && merger.rider[io] !== NO_IO) return false;
    this.absorbed = NO_IO;
    if (io === this.stuck) {
      this.stuck = NO_IO;
    } else if (place === URGENT) {
      this.urgent.remove(io);
      this.urgents--;
    } else {
      this.order.remove(io);
      this.normals--;
      merger?.forget(io);
    }
    this.place[io] = NOWHERE;
    return true;
  }

  /** `gone` will be taken out next, and then rides on `leader`. */
  handOver(leader: Io, gone: Io): void {
    this.order.inherit(leader, gone);
    this.absorbed = gone;
  }

  private choose(): Io {
    if (this.urgents > 0 && (this.normals === 0 || this.isUrgentTurn())) {
      this.urgents--;
      return this.urgent.pop();
    }
    if (this.normals === 0) return NO_IO;
    this.normals--;
    const io = this.order.pop();
    this.merger?.forget(io);
    return io;
  }

  private isUrgentTurn(): boolean {
    this.credit += this.share;
    if (this.credit < 100) return false;
    this.credit -= 100;
    return true;
  }
}
