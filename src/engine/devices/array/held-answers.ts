import { Fifo } from '../../core/discipline.js';
import { type Io, NO_IO } from '../../core/io.js';
import type { Requests } from '../../core/requests.js';
import { deviceStatus, HOST_NO_CONNECT, hostStatus, TASK_ABORTED } from '../../core/status.js';

const ABORTED = deviceStatus(TASK_ABORTED);
const NO_CONNECT = hostStatus(HOST_NO_CONNECT);

/** Commands a LUN has done but gives no answer to, because it is cut off. */
export class HeldAnswers {
  private readonly rows = new Fifo();
  private count = 0;

  constructor(
    private readonly requests: Requests,
    /** Answers a row that is held no longer. */
    private readonly release: (io: Io) => void,
  ) {}

  hold(io: Io): void {
    this.rows.push(io);
    this.count++;
  }

  /** True for rows that are answered although the LUN is cut off. */
  passes(io: Io): boolean {
    const status = this.requests.status[io];
    return status === ABORTED || status === NO_CONNECT;
  }

  releaseAll(): void {
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

  abort(io: Io): void {
    if (!this.rows.remove(io)) return;
    this.count--;
    this.releaseAs(io, ABORTED);
  }

  abortAll(): void {
    for (let io = this.take(); io !== NO_IO; io = this.take()) this.releaseAs(io, ABORTED);
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
