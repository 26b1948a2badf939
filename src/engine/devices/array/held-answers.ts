import { Fifo } from '../../core/discipline.js';
import { type Io, NO_IO } from '../../core/io.js';
import { type Requests, ROUTE_SCALE } from '../../core/requests.js';
import type { Sim } from '../../core/sim.js';
import { deviceStatus, HOST_NO_CONNECT, hostStatus, TASK_ABORTED } from '../../core/status.js';
import { TargetPort } from './target-port.js';

const ABORTED = deviceStatus(TASK_ABORTED);
const NO_CONNECT = hostStatus(HOST_NO_CONNECT);

/** Commands a LUN has done but gives no answer to, because it is cut off. */
export class HeldAnswers {
  private readonly rows = new Fifo();
  private count = 0;
  private readonly requests: Requests;
  /** Aborted while still being worked on. */
  private readonly condemned = new Set<Io>();

  constructor(
    private readonly sim: Sim,
    /** Answers a row that is held no longer. */
    private readonly release: (io: Io) => void,
  ) {
    this.requests = sim.requests;
  }

  hold(io: Io): void {
    if (this.condemned.delete(io)) {
      this.releaseAs(io, ABORTED);
      return;
    }
    this.rows.push(io);
    this.count++;
  }

  /** True for rows that are answered although the LUN is cut off. */
  passes(io: Io): boolean {
    const status = this.requests.status[io];
    return status === ABORTED || status === NO_CONNECT;
  }

  releaseAll(): void {
    this.condemned.clear();
    for (let io = this.take(); io !== NO_IO; io = this.take()) this.release(io);
  }

  /** Answers the rows that came over a connection that is now broken. */
  releaseConnection(nexus: number): void {
    for (let left = this.count; left > 0; left--) {
      const io = this.take();
      if (this.requests.nexus[io] === nexus) this.releaseAs(io, NO_CONNECT);
      else this.hold(io);
    }
  }

  /** @param cutOff commands that are still being worked on will be held, and end then */
  abort(io: Io, cutOff: boolean): void {
    if (this.rows.remove(io)) {
      this.count--;
      this.releaseAs(io, ABORTED);
    } else if (cutOff && this.isInside(io)) {
      this.condemned.add(io);
    }
  }

  abortAll(): void {
    for (let io = this.take(); io !== NO_IO; io = this.take()) this.releaseAs(io, ABORTED);
  }

  /** True while the array has the command. */
  private isInside(io: Io): boolean {
    const { layers, requests } = this.sim;
    if (!requests.live(io)) return false;
    for (let place = 0; place < requests.depth[io]; place++) {
      if (layers[requests.route[io * ROUTE_SCALE + place]] instanceof TargetPort) return true;
    }
    return false;
  }

  private take(): Io {
    const io = this.rows.pop();
    if (io !== NO_IO) this.count--;
    return io;
  }

  private releaseAs(io: Io, status: number): void {
    this.requests.status[io] = status;
    this.requests.sense[io] = 0;
    this.release(io);
  }
}
