import type { Discipline } from '../../core/discipline.js';
import { type Io, NO_IO } from '../../core/io.js';
import type { Sim } from '../../core/sim.js';
import { STATION_FIELDS, Station } from '../../core/station.js';
import { TRAFFIC_FIELDS, Traffic } from '../../core/traffic.js';
import type { Qos } from '../../simulation/plan.js';
import type { MClock } from './mclock.js';

/** The device's station has chosen; the world's station follows. */
export class Chosen implements Discipline {
  io: Io = NO_IO;

  push(): void {}

  pop(): Io {
    return this.io;
  }

  remove(): boolean {
    return true;
  }
}

export interface WorldQueueOptions {
  readonly host: string;
  readonly device: string;
  readonly vm: string;
  readonly slots: number;
}

/** One virtual machine's part of a device queue: what its disks have waiting and in flight there. */
export class WorldQueue {
  readonly station: Station;
  readonly traffic: Traffic;
  /** Settings of its virtual disks, by client number. */
  private readonly disks = new Map<number, Qos>();

  constructor(
    sim: Sim,
    { host, device, vm, slots }: WorldQueueOptions,
    clock: MClock,
    chosen: Chosen,
  ) {
    const settings = ['shares', 'reservation', 'limit', 'byReservation', 'byWeight'];
    const fields = [...TRAFFIC_FIELDS, ...STATION_FIELDS, ...settings];
    const entity = sim.meters.define('world', vm, { host, device, vm }, fields);
    const first = entity.slot('shares');
    entity.refresh = () => {
      entity.values.fill(0, first);
      for (const [client, { shares, reservation, limit }] of this.disks) {
        entity.values[first] += shares;
        entity.values[first + 1] += reservation;
        entity.values[first + 2] += limit;
        entity.values[first + 3] += clock.byReservation[client];
        entity.values[first + 4] += clock.byWeight[client];
      }
    };
    // A row is stamped by the device's station and by its world's in the same instant, so both use
    // one column.
    this.station = new Station(sim, 'device', entity, slots, chosen);
    this.traffic = new Traffic(sim, entity);
  }

  setQos(client: number, qos: Qos): void {
    this.disks.set(client, qos);
  }
}
