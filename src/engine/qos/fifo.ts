import { Fifo } from '../core/discipline.js';
import { type Io, NO_IO } from '../core/io.js';
import type { Sim } from '../core/sim.js';
import type { Qos } from '../plan/plan.js';
import { wider } from './client-queues.js';
import type { ClientTable } from './clients.js';
import { checkQos, type QosDiscipline } from './discipline.js';
import { NO_CLIENT } from './tag-heap.js';

/** First come, first served among all clients: no shares, no reservations, no limits. */
export class ClientFifo implements QosDiscipline {
  byReservation = new Float64Array(8);
  byWeight = new Float64Array(8);

  private readonly rows = new Fifo();
  /** Rows of clients that are held, in the order of their turn; they go before all others. */
  private readonly passed: Io[] = [];
  private held = new Set<number>();

  constructor(
    private readonly sim: Sim,
    private readonly clients: ClientTable,
  ) {}

  setClient(client: number, qos: Qos): void {
    checkQos(client, qos);
    if (client < this.byWeight.length) return;
    const room = Math.max(client + 1, this.byWeight.length * 2);
    this.byReservation = wider(this.byReservation, room);
    this.byWeight = wider(this.byWeight, room);
  }

  push(io: Io): void {
    this.rows.push(io);
  }

  pop(): Io {
    if (this.passed.length > 0) {
      const index = this.passed.findIndex((io) => !this.held.has(this.clientOf(io)));
      if (index >= 0) return this.start(this.passed.splice(index, 1)[0]);
    }
    for (let io = this.rows.pop(); io !== NO_IO; io = this.rows.pop()) {
      if (this.held.size === 0 || !this.held.has(this.clientOf(io))) return this.start(io);
      this.passed.push(io);
    }
    return NO_IO;
  }

  pass(client: number): void {
    this.byWeight[client]++;
  }

  finish(): void {}

  hold(client: number, held: boolean): void {
    if (held) this.held.add(client);
    else this.held.delete(client);
  }

  nextAt(): number {
    return Number.POSITIVE_INFINITY;
  }

  limitedNs(): number {
    return 0;
  }

  remove(io: Io): boolean {
    const index = this.passed.indexOf(io);
    if (index < 0) return this.rows.remove(io);
    this.passed.splice(index, 1);
    return true;
  }

  private clientOf(io: Io): number {
    return this.clients.at(this.sim.requests.disk[io]);
  }

  private start(io: Io): Io {
    const client = this.clientOf(io);
    if (client !== NO_CLIENT) this.byWeight[client]++;
    return io;
  }
}
