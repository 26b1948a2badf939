import { describe, expect, it } from 'vitest';
import { type Io, NO_IO, READ } from '../../src/engine/core/io.js';
import { Layer } from '../../src/engine/core/layer.js';
import { Sim } from '../../src/engine/core/sim.js';
import type { Qos } from '../../src/engine/plan/plan.js';
import { ClientTable } from '../../src/engine/qos/clients.js';
import { QOS_DEFAULTS } from '../../src/engine/qos/discipline.js';
import { DmClock, type DmClockOptions, dmClockColumns } from '../../src/engine/qos/dmclock.js';
import { ServiceTracker } from '../../src/engine/qos/service-tracker.js';

const SECOND = 1e9;
const NO_CREDIT = { ...QOS_DEFAULTS, idleCredit: 0 };

describe('Q3 of stack-lower 11.2: what a request had elsewhere delays it here', () => {
  function dispatches(delayed: boolean): number[] {
    const sim = new Sim(1, 64);
    const table = new ClientTable();
    table.assign(0, 0);
    const clock = new DmClock(sim, table, NO_CREDIT, { delayed, softLimit: false });
    clock.setClient(0, { shares: 1, reservation: 0, limit: 1 });
    const { delta, rho } = dmClockColumns(sim);
    const started: number[] = [];
    const arrive = (elsewhere: number): void => {
      const io = sim.requests.take();
      sim.requests.op[io] = READ;
      sim.requests.blocks[io] = 8;
      sim.requests.disk[io] = 0;
      delta[io] = elsewhere;
      rho[io] = elsewhere;
      clock.push(io);
    };
    // As the reference suite does: all three are there before the first is asked for, because the
    // delayed tags are about what the client has said by then.
    for (const elsewhere of [0, 0, 10]) arrive(elsewhere);
    for (let next = 0; next < 3; next++) {
      const at = clock.nextAt();
      if (at > sim.now && Number.isFinite(at)) sim.runUntil(at);
      if (clock.pop() !== NO_IO) started.push(sim.now / SECOND);
    }
    return started;
  }

  it('immediate: at t, t+1, and not before t+12', () => {
    expect(dispatches(false)).toEqual([0, 1, 12]);
  });

  it('delayed: at t, and not before t+11', () => {
    expect(dispatches(true).slice(0, 2)).toEqual([0, 11]);
  });
});

describe('the tracker of dmClock (stack-lower 9.5)', () => {
  it('tells each server what the others have served since the last request there', () => {
    const tracker = new ServiceTracker(3);
    const sent = (server: number): [number, number] => {
      tracker.send(server);
      return [tracker.delta, tracker.rho];
    };
    expect(sent(0)).toEqual([0, 0]);
    tracker.answered(0, true);
    expect(sent(0)).toEqual([0, 0]);
    expect(sent(1)).toEqual([1, 1]);
    tracker.answered(0, false);
    tracker.answered(1, true);
    tracker.answered(1, false);
    expect(sent(0)).toEqual([2, 1]);
    expect(sent(1)).toEqual([1, 0]);
    expect(sent(2)).toEqual([4, 2]);
    expect(sent(2)).toEqual([0, 0]);
  });
});

/** A server that takes `1/rate` per command, one after the other. */
class Server extends Layer {
  readonly clock: DmClock;
  private busy = false;
  private wakeAt = Number.POSITIVE_INFINITY;
  private serving: Io = NO_IO;

  constructor(
    sim: Sim,
    table: ClientTable,
    private readonly rate: number,
    options: DmClockOptions,
  ) {
    super(sim, 'server');
    this.clock = new DmClock(sim, table, NO_CREDIT, options);
  }

  override submit(io: Io): void {
    this.clock.push(io);
    this.next();
  }

  override fire(io: Io): void {
    if (io === NO_IO) {
      this.wakeAt = Number.POSITIVE_INFINITY;
      this.next();
      return;
    }
    this.busy = false;
    this.clock.finish(this.sim.requests.disk[io]);
    this.next();
    this.leave(io).complete(io);
  }

  private next(): void {
    if (this.busy) return;
    const io = this.clock.pop();
    if (io !== NO_IO) {
      this.busy = true;
      this.serving = io;
      this.after(Math.round(SECOND / this.rate), this.serving);
      return;
    }
    const at = this.clock.nextAt();
    if (at >= this.wakeAt) return;
    this.wakeAt = at;
    this.sim.events.push(Math.max(at, this.sim.now), this.index, NO_IO);
  }
}

interface Spec extends Qos {
  /** Requests per second it would like; 0: as many as its outstanding ones allow. */
  readonly goal: number;
  readonly startSeconds: number;
}

/** Clients that each pick a server at random for every request. */
class Clients extends Layer {
  readonly done: number[];
  private readonly trackers: ServiceTracker[];
  private readonly serverOf: Int32Array;
  private readonly waiting: number[];
  private readonly columns;
  private readonly random;

  constructor(
    sim: Sim,
    private readonly specs: readonly Spec[],
    private readonly servers: readonly Server[],
    private readonly outstanding: number,
  ) {
    super(sim, 'clients');
    this.done = specs.map(() => 0);
    this.waiting = specs.map(() => 0);
    this.trackers = specs.map(() => new ServiceTracker(servers.length));
    this.serverOf = new Int32Array(sim.requests.handleLimit);
    this.columns = dmClockColumns(sim);
    this.random = sim.random.stream('clients');
    for (const [client, { goal, startSeconds }] of specs.entries()) {
      const start = startSeconds * SECOND;
      if (goal === 0) sim.timers.at(start, () => this.fill(client));
      else sim.timers.at(start + client * 1000, () => this.pace(client));
    }
  }

  override submit(): void {
    throw new Error('nothing is above the clients');
  }

  override complete(io: Io): void {
    const client = this.sim.requests.disk[io];
    this.trackers[client].answered(this.serverOf[io], this.columns.reserved[io] === 1);
    this.done[client]++;
    this.waiting[client]--;
    this.sim.requests.give(io);
    if (this.specs[client].goal === 0) this.fill(client);
  }

  private fill(client: number): void {
    while (this.waiting[client] < this.outstanding) this.issue(client);
  }

  /** Requests at an even pace as long as not too many are outstanding. */
  private pace(client: number): void {
    if (this.waiting[client] < this.outstanding) this.issue(client);
    const { goal } = this.specs[client];
    this.sim.timers.at(this.sim.now + SECOND / goal, () => this.pace(client));
  }

  private issue(client: number): void {
    const { requests } = this.sim;
    const io = requests.take();
    const server = this.random.below(this.servers.length);
    requests.op[io] = READ;
    requests.blocks[io] = 8;
    requests.disk[io] = client;
    this.serverOf[io] = server;
    this.waiting[client]++;
    const tracker = this.trackers[client];
    tracker.send(server);
    this.columns.delta[io] = tracker.delta;
    this.columns.rho[io] = tracker.rho;
    this.enter(io);
    this.servers[server].submit(io);
  }
}

function cluster(
  specs: readonly Spec[],
  servers: number,
  rate: number,
  { softLimit = false, outstanding = 32 } = {},
): { sim: Sim; clients: Clients } {
  const sim = new Sim(7, 1 << 15);
  const table = new ClientTable();
  for (const client of specs.keys()) table.assign(client, client);
  const all = Array.from(
    { length: servers },
    () => new Server(sim, table, rate, { delayed: false, softLimit }),
  );
  for (const { clock } of all) {
    for (const [client, qos] of specs.entries()) clock.setClient(client, qos);
  }
  return { sim, clients: new Clients(sim, specs, all, outstanding) };
}

function ratesOver(
  { sim, clients }: ReturnType<typeof cluster>,
  from: number,
  to: number,
): number[] {
  sim.runUntil(from * SECOND);
  const before = [...clients.done];
  sim.runUntil(to * SECOND);
  return clients.done.map((count, client) => (count - before[client]) / (to - from));
}

describe('dmClock over several servers (stack-lower 11.3)', () => {
  it('D8: 3 servers of 1200, reservations 800, 1000, 100 and weights 1:4:6', () => {
    const base = { limit: 0, goal: 0, startSeconds: 0 };
    const run = cluster(
      [
        { ...base, shares: 1, reservation: 800 },
        { ...base, shares: 4, reservation: 1000 },
        { ...base, shares: 6, reservation: 100 },
      ],
      3,
      1200,
      { outstanding: 128 },
    );
    const rates = ratesOver(run, 2, 12);
    for (const [client, expected] of [800, 1120, 1680].entries()) {
      expect(Math.abs(rates[client] / expected - 1), rates.join(' ')).toBeLessThanOrEqual(0.03);
    }
  });

  it('D9: 100 servers of 40, 100 clients that want 50; the last joins at 10 s', () => {
    const specs = Array.from({ length: 100 }, (_, client) => ({
      shares: 1,
      reservation: 20,
      limit: 60,
      goal: 50,
      startSeconds: client === 99 ? 10 : 0,
    }));
    const run = cluster(specs, 100, 40, { softLimit: true, outstanding: 100 });
    ratesOver(run, 2, 10);
    const joining = ratesOver(run, 12, 14)[99];
    const rates = ratesOver(run, 14, 24);
    const total = rates.reduce((sum, rate) => sum + rate, 0);
    expect(total).toBeGreaterThan(3900);
    expect(Math.abs(joining - 40)).toBeLessThanOrEqual(10);
    expect(Math.abs(total / 100 / 40 - 1)).toBeLessThanOrEqual(0.03);
  });
});
