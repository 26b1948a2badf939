import { type Io, NO_IO, READ } from '../../../src/engine/core/io.js';
import { Layer } from '../../../src/engine/core/layer.js';
import { Sim } from '../../../src/engine/core/sim.js';
import { defineDevice } from '../../../src/engine/stack/device-entity.js';
import { DeviceQueue } from '../../../src/engine/stack/scheduler/device-queue.js';
import type { SchedulerSettings } from '../../../src/engine/stack/scheduler/settings.js';

const UNIT_BLOCKS = 64;

/** Serves one unit of cost after the other, `rate` per second. */
export class Server extends Layer {
  busyNs = 0;
  inside = 0;
  most = 0;
  readonly order: Io[] = [];
  private readonly lane;
  private busyUntil = 0;

  constructor(
    sim: Sim,
    private readonly rate: number,
  ) {
    super(sim, 'server');
    this.lane = sim.lane(this);
  }

  override submit(io: Io): void {
    const units = Math.max(1, Math.ceil(this.sim.requests.blocks[io] / UNIT_BLOCKS));
    const serviceNs = Math.round((units * 1e9) / this.rate);
    this.busyNs += serviceNs;
    this.busyUntil = Math.max(this.busyUntil, this.sim.now) + serviceNs;
    this.inside++;
    this.most = Math.max(this.most, this.inside);
    this.order.push(io);
    this.lane.push(this.busyUntil, io);
  }

  override fire(io: Io): void {
    this.inside--;
    this.sim.requests.deviceNs[io] = 1000;
    this.leave(io).complete(io);
  }
}

export interface ClientSpec {
  readonly shares: number;
  readonly reservation?: number;
  readonly limit?: number;
  readonly blocks?: number;
  readonly outstanding?: number;
}

/** Keeps a number of commands outstanding for each virtual disk and counts what comes back. */
export class ClosedLoop extends Layer {
  readonly done: number[];
  readonly completed: Int32Array;
  paused = false;

  constructor(
    sim: Sim,
    private readonly clients: readonly ClientSpec[],
    private readonly lower: Layer,
  ) {
    super(sim, 'clients');
    this.done = clients.map(() => 0);
    this.completed = new Int32Array(sim.requests.handleLimit);
  }

  start(): void {
    for (const [disk, { outstanding = 32 }] of this.clients.entries()) {
      for (let count = 0; count < outstanding; count++) this.issue(disk);
    }
  }

  issue(disk: number): Io {
    const { requests } = this.sim;
    const io = requests.take();
    if (io === NO_IO) throw new Error('the table is too small for the test');
    requests.op[io] = READ;
    requests.blocks[io] = this.clients[disk]?.blocks ?? 8;
    requests.lba[io] = 0;
    requests.disk[io] = disk;
    requests.world[io] = disk + 1;
    this.enter(io);
    this.lower.submit(io);
    return io;
  }

  override submit(): void {
    throw new Error('nothing is above the clients');
  }

  override complete(io: Io): void {
    const disk = this.sim.requests.disk[io];
    this.completed[io]++;
    if (disk >= 0) this.done[disk]++;
    this.sim.requests.give(io);
    if (!this.paused && disk >= 0) this.issue(disk);
  }
}

export interface Rig {
  readonly sim: Sim;
  readonly server: Server;
  readonly queue: DeviceQueue;
  readonly loop: ClosedLoop;
}

export function build(
  rate: number,
  clients: readonly ClientSpec[],
  { dqlen = 32, settings = {} as Partial<SchedulerSettings>, latencyThresholdNs = 0 } = {},
): Rig {
  const sim = new Sim(1, 4096);
  const server = new Server(sim, rate);
  const entity = defineDevice(sim, 'naa.1', { host: 'esx1' });
  const queue = new DeviceQueue(
    sim,
    { host: 'esx1', uid: 'naa.1', entity, dqlen, settings, latencyThresholdNs },
    server,
  );
  for (const [disk, { shares, reservation = 0, limit = 0 }] of clients.entries()) {
    queue.setQos(disk, disk + 1, `vm${disk}`, { shares, reservation, limit });
  }
  return { sim, server, queue, loop: new ClosedLoop(sim, clients, queue) };
}

/** Completions per second of each client over `seconds`, after a warm-up. */
export function rates(rig: Rig, seconds = 10, warmUp = 2): number[] {
  rig.loop.start();
  rig.sim.runUntil(warmUp * 1e9);
  return measure(rig, seconds);
}

export function measure({ sim, loop }: Rig, seconds: number): number[] {
  const before = [...loop.done];
  sim.runUntil(sim.now + seconds * 1e9);
  return loop.done.map((count, index) => (count - before[index]) / seconds);
}

/**
 * The fluid allocation of section 9.3: min(l, max(r, lambda w)), lambda by bisection so that all of
 * the capacity is given out; reservations that exceed it are cut in proportion.
 */
export function fluid(capacity: number, clients: readonly ClientSpec[]): number[] {
  const reserved = clients.reduce((sum, { reservation = 0 }) => sum + reservation, 0);
  if (reserved >= capacity) {
    return clients.map(({ reservation = 0 }) => (capacity * reservation) / reserved);
  }
  const share = (lambda: number): number[] =>
    clients.map(({ shares, reservation = 0, limit = 0 }) =>
      Math.min(
        limit === 0 ? Number.POSITIVE_INFINITY : limit,
        Math.max(reservation, lambda * shares),
      ),
    );
  let low = 0;
  let high = capacity;
  for (let step = 0; step < 200; step++) {
    const middle = (low + high) / 2;
    if (share(middle).reduce((sum, rate) => sum + rate, 0) < capacity) low = middle;
    else high = middle;
  }
  return share(high);
}
