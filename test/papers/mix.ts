/** Random mixes of clients on one device queue, for properties that hold whatever the mix. */
import fc from 'fast-check';
import { type Io, NO_IO, READ } from '../../src/engine/core/io.js';
import { Layer } from '../../src/engine/core/layer.js';
import { Sim } from '../../src/engine/core/sim.js';
import type { Qos } from '../../src/engine/plan/plan.js';
import { defineDevice } from '../../src/engine/stack/device-entity.js';
import { DeviceQueue } from '../../src/engine/stack/scheduler/device-queue.js';
import type { SchedulerSettings } from '../../src/engine/stack/scheduler/settings.js';

const SECOND = 1e9;
/** Dispatches are counted in bins of so many seconds. */
export const BIN = 0.1;
const UNIT_BLOCKS = 64;

export interface MixClient extends Qos {
  readonly outstanding: number;
  /** Units of cost of its commands, in turn. */
  readonly units: readonly number[];
}

export interface MixOptions {
  /** Units the device serves per second. */
  readonly capacity: number;
  readonly depth: number;
  readonly seconds: number;
  readonly settings?: Partial<SchedulerSettings>;
  /** Virtual disks of the same VM: this many clients in a row are one world. */
  readonly disksPerVm?: number;
}

/** Clients of a closed loop on a server of constant rate. */
export class Mix extends Layer {
  readonly queue: DeviceQueue;
  /** Units of each client that went to the device, by bin. */
  readonly started: Float64Array[];
  /** Units of each client that came back. */
  readonly done: number[];
  busyNs = 0;

  private readonly outstanding: number[];
  private readonly inside: number[];
  private readonly turn: number[];
  private readonly clients: MixClient[];

  constructor(
    clients: readonly MixClient[],
    private readonly options: MixOptions,
  ) {
    super(new Sim(1, 8192), 'clients');
    const { capacity, depth, settings, seconds, disksPerVm = 1 } = options;
    this.clients = [...clients];
    this.started = clients.map(() => new Float64Array(Math.ceil(seconds / BIN) + 1));
    this.done = clients.map(() => 0);
    this.outstanding = clients.map(() => 0);
    this.inside = clients.map(() => 0);
    this.turn = clients.map(() => 0);
    const server = new Server(this.sim, capacity, (io, serviceNs) => {
      const bin = Math.floor(this.sim.now / SECOND / BIN);
      this.started[this.sim.requests.disk[io]][bin] += this.sim.requests.blocks[io] / UNIT_BLOCKS;
      this.busyNs += serviceNs;
    });
    const entity = defineDevice(this.sim, 'naa.1', { host: 'esx1' });
    this.queue = new DeviceQueue(
      this.sim,
      { host: 'esx1', uid: 'naa.1', entity, dqlen: depth, settings: settings ?? {} },
      server,
    );
    for (const [disk, qos] of clients.entries()) {
      const world = Math.floor(disk / disksPerVm) + 1;
      this.queue.setQos(disk, world, `vm${world}`, qos);
    }
  }

  /** From now on the client keeps so many commands outstanding; its usual number unless told. */
  play(client: number, outstanding = this.clients[client].outstanding): void {
    this.outstanding[client] = outstanding;
    while (this.inside[client] < this.outstanding[client]) this.issue(client);
  }

  /** Changes a client's settings while it runs. */
  change(client: number, qos: Partial<Qos>): void {
    this.clients[client] = { ...this.clients[client], ...qos };
    const { disksPerVm = 1 } = this.options;
    const world = Math.floor(client / disksPerVm) + 1;
    this.queue.setQos(client, world, `vm${world}`, this.clients[client]);
  }

  run(toSeconds: number): void {
    this.sim.runUntil(Math.round(toSeconds * SECOND));
  }

  /** Units per second that went to the device for each client between two bins' edges, s. */
  rates(from: number, to: number): number[] {
    const first = Math.round(from / BIN);
    const last = Math.round(to / BIN);
    return this.started.map(
      (bins) => bins.slice(first, last).reduce((sum, units) => sum + units, 0) / (to - from),
    );
  }

  override submit(): void {
    throw new Error('nothing is above the clients');
  }

  override complete(io: Io): void {
    const { requests } = this.sim;
    const client = requests.disk[io];
    this.done[client] += requests.blocks[io] / UNIT_BLOCKS;
    this.inside[client]--;
    requests.give(io);
    if (this.inside[client] < this.outstanding[client]) this.issue(client);
  }

  private issue(client: number): void {
    const { requests } = this.sim;
    const io = requests.take();
    if (io === NO_IO) throw new Error('the table is too small for the test');
    const { units } = this.clients[client];
    requests.op[io] = READ;
    requests.blocks[io] = units[this.turn[client]++ % units.length] * UNIT_BLOCKS;
    requests.lba[io] = 0;
    requests.disk[io] = client;
    requests.world[io] = client + 1;
    this.inside[client]++;
    this.enter(io);
    this.queue.submit(io);
  }
}

class Server extends Layer {
  private readonly lane;
  private busyUntil = 0;

  constructor(
    sim: Sim,
    private readonly rate: number,
    private readonly onStart: (io: Io, serviceNs: number) => void,
  ) {
    super(sim, 'server');
    this.lane = sim.lane(this);
  }

  override submit(io: Io): void {
    const units = this.sim.requests.blocks[io] / UNIT_BLOCKS;
    const serviceNs = Math.round((units * SECOND) / this.rate);
    this.busyUntil = Math.max(this.busyUntil, this.sim.now) + serviceNs;
    this.onStart(io, serviceNs);
    this.lane.push(this.busyUntil, io);
  }

  override fire(io: Io): void {
    this.leave(io).complete(io);
  }
}

/**
 * The fluid allocation of stack-lower 9.3: min(l, max(r, lambda w)), lambda by bisection so that as
 * much of the capacity is given out as limits allow; reservations must fit.
 */
export function fluid(capacity: number, clients: readonly Qos[]): number[] {
  const share = (lambda: number): number[] =>
    clients.map(({ shares, reservation, limit }) =>
      Math.min(
        limit > 0 ? limit : Number.POSITIVE_INFINITY,
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

export interface RandomMix {
  readonly capacity: number;
  readonly depth: number;
  readonly clients: readonly MixClient[];
}

/**
 * Mixes whose reservations fit (80 percent of the capacity at most) and in which everybody always has
 * commands waiting: more outstanding than the device takes. Shares are raw values of any size.
 */
export function mixes(sizes: readonly number[]): fc.Arbitrary<RandomMix> {
  const client = fc.record({
    shares: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 500, max: 8000 })),
    reserved: fc.oneof(fc.constant(0), fc.double({ min: 0.1, max: 1, noNaN: true })),
    limited: fc.oneof(fc.constant(0), fc.double({ min: 0.05, max: 1, noNaN: true })),
    spare: fc.integer({ min: 2, max: 40 }),
    units: fc.array(fc.constantFrom(...sizes), { minLength: 1, maxLength: 4 }),
  });
  return fc
    .record({
      capacity: fc.integer({ min: 200, max: 4000 }),
      depth: fc.integer({ min: 1, max: 24 }),
      likeShares: fc.boolean(),
      drafts: fc.array(client, { minLength: 2, maxLength: 8 }),
    })
    .map(({ capacity, depth, likeShares, drafts }) => {
      const reserved = drafts.reduce((sum, draft) => sum + draft.reserved, 0);
      const scale = reserved > 0 ? (0.8 * capacity) / Math.max(reserved, 1) : 0;
      const clients = drafts.map(({ shares, spare, units, ...draft }) => ({
        // Either all small numbers or all large ones: nobody's fair share is next to nothing.
        shares: likeShares ? 1 + (shares % 20) : 500 + (shares % 7500),
        reservation: Math.floor(draft.reserved * scale),
        limit: Math.ceil(draft.limited * capacity),
        outstanding: depth + spare,
        units,
      }));
      return { capacity, depth, clients };
    });
}
