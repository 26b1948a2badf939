import type { Sim } from '../../core/sim.js';
import { TRAFFIC_FIELDS } from '../../core/traffic.js';
import type { Qos } from '../../plan/plan.js';
import type { QosDiscipline } from '../../qos/discipline.js';
import { CLIENT_FIELDS, type ClientMeter } from './client-meter.js';

export interface WorldQueueOptions {
  readonly host: string;
  readonly device: string;
  readonly vm: string;
  /** Commands of this world the device may have at once (WQLEN). */
  readonly depth: number;
}

/**
 * One virtual machine's part of a device queue: at most WQLEN of its commands are below. The rows
 * wait in the device's station; what is shown are the sums of its clients, its virtual disks.
 */
export class WorldQueue {
  /** Settings of its virtual disks, by index. */
  readonly disks = new Map<number, Qos>();

  private readonly clients: ClientMeter[] = [];
  private readonly depth: number;
  private active = 0;
  private isFull = false;

  constructor(
    sim: Sim,
    { host, device, vm, depth }: WorldQueueOptions,
    private readonly discipline: QosDiscipline,
  ) {
    this.depth = depth;
    const fields = [...TRAFFIC_FIELDS, ...CLIENT_FIELDS, 'wqlen'];
    const entity = sim.meters.define('world', vm, { host, device, vm }, fields);
    const limit = entity.slot('limit');
    entity.set('wqlen', depth);
    entity.refresh = () => {
      const { values } = entity;
      for (const client of this.clients) client.publish();
      for (let field = 0; field <= limit; field++) {
        let sum = 0;
        for (const client of this.clients) sum += client.values[field];
        values[field] = sum;
      }
      // One disk without a limit leaves the machine without one.
      if (this.clients.some((client) => client.values[limit] === 0)) values[limit] = 0;
    };
  }

  /** Number of its first client; of the only one where its disks are one client. */
  get firstClient(): number {
    return this.clients[0].client;
  }

  /** True when as many of its commands as may be are below: others wait, whoever is in charge. */
  get full(): boolean {
    return this.isFull;
  }

  /** Called once for each of its clients. */
  add(client: ClientMeter): void {
    this.clients.push(client);
    if (this.isFull) this.discipline.hold(client.client, true);
  }

  /** One of its commands goes to the device. */
  start(): void {
    if (++this.active >= this.depth && !this.isFull) this.hold(true);
  }

  /** One of its commands has come back. */
  finish(): void {
    if (--this.active < this.depth && this.isFull) this.hold(false);
  }

  private hold(held: boolean): void {
    this.isFull = held;
    for (const { client } of this.clients) this.discipline.hold(client, held);
  }
}

/** Settings of a client that several virtual disks share: sums, a limit only if all have one. */
export function together(disks: Iterable<Qos>): Qos {
  let shares = 0;
  let reservation = 0;
  let limit = 0;
  let isLimited = true;
  for (const disk of disks) {
    shares += disk.shares;
    reservation += disk.reservation;
    limit += disk.limit;
    isLimited &&= disk.limit > 0;
  }
  return { shares, reservation, limit: isLimited ? limit : 0 };
}
