import { type Io, NO_IO } from '../core/io.js';
import type { Sim } from '../core/sim.js';
import type { Qos } from '../plan/plan.js';
import { wider } from './client-queues.js';
import type { ClientTable } from './clients.js';
import type { QosSettings } from './discipline.js';
import { MClock } from './mclock.js';
import { TagHeap } from './tag-heap.js';

export interface DmClockOptions {
  /**
   * A command's tags are computed when it gets to the head of its queue, with what its client said
   * last; otherwise with what came along with the command itself.
   */
  readonly delayed: boolean;
  /** A server that would have to wait for a limit serves by shares all the same. */
  readonly softLimit: boolean;
}

/**
 * What commands carry to a server and back. Set `delta` and `rho` before the command is pushed (0
 * makes it a plain mClock command); read `reserved` when it is done: 1 if a reservation was due.
 */
export interface DmClockColumns {
  readonly delta: Int32Array;
  readonly rho: Int32Array;
  readonly reserved: Uint8Array;
}

export function dmClockColumns(sim: Sim): DmClockColumns {
  return {
    delta: sim.requests.column('dmclock.delta', Int32Array),
    rho: sim.requests.column('dmclock.rho', Int32Array),
    reserved: sim.requests.column('dmclock.reserved', Uint8Array),
  };
}

/**
 * dmClock (stack-lower 9.5): mClock in each of several servers that know nothing of one another. A
 * command brings along what its client has had elsewhere since it last came here, and is charged
 * that beside its own cost: R by rho, L and P by delta.
 */
export class DmClock extends MClock {
  private readonly columns: DmClockColumns;
  /** What each client said last. */
  private lastDelta = new Float64Array(8);
  private lastRho = new Float64Array(8);
  /** Clients that wait for their limits, by share tag; kept only where limits are soft. */
  private readonly beyond = new TagHeap();

  constructor(
    sim: Sim,
    clients: ClientTable,
    settings: QosSettings,
    private readonly options: DmClockOptions,
  ) {
    super(sim, clients, settings);
    this.columns = dmClockColumns(sim);
  }

  override setClient(client: number, qos: Qos): void {
    if (client >= this.lastDelta.length) {
      const room = Math.max(client + 1, this.lastDelta.length * 2);
      this.lastDelta = wider(this.lastDelta, room);
      this.lastRho = wider(this.lastRho, room);
    }
    this.beyond.reserve(client + 1);
    super.setClient(client, qos);
  }

  override push(io: Io): void {
    const disk = this.sim.requests.disk[io];
    if (disk >= 0) {
      const client = this.clients.at(disk);
      this.lastDelta[client] = this.columns.delta[io];
      this.lastRho[client] = this.columns.rho[io];
    }
    super.push(io);
  }

  override pop(): Io {
    const { reserved } = this.columns;
    const before = this.reservedStarts;
    const io = super.pop();
    if (io !== NO_IO) {
      reserved[io] = this.reservedStarts - before;
      return io;
    }
    if (this.beyond.size === 0) return NO_IO;
    const other = this.takeByWeight(this.beyond.first);
    reserved[other] = 0;
    return other;
  }

  protected override cost(io: Io, client: number): number {
    const elsewhere = this.options.delayed ? this.lastDelta[client] : this.columns.delta[io];
    return super.cost(io, client) + elsewhere;
  }

  protected override dues(io: Io, client: number): number {
    const elsewhere = this.options.delayed ? this.lastRho[client] : this.columns.rho[io];
    return super.cost(io, client) + elsewhere;
  }

  /** Commands come with what was served elsewhere, so tags move in steps of that size. */
  protected override credit(client: number): number {
    return super.credit(client) + this.costMax[client];
  }

  protected override place(client: number): void {
    super.place(client);
    if (!this.options.softLimit) return;
    if (this.limits.closed.has(client)) {
      this.beyond.tags[client] = this.weights.tags[client];
      this.beyond.put(client);
    } else {
      this.beyond.remove(client);
    }
  }

  protected override withdraw(client: number): void {
    super.withdraw(client);
    this.beyond.remove(client);
  }
}
