import type { Sim } from '../../core/sim.js';
import { TRAFFIC_FIELDS, Traffic } from '../../core/traffic.js';
import type { Qos } from '../../simulation/plan.js';
import type { MClock } from './mclock.js';

export interface WorldQueueOptions {
  readonly host: string;
  readonly device: string;
  readonly vm: string;
}

/**
 * One virtual machine's part of a device queue: what its disks have waiting and in flight there. The
 * rows wait in the device's station; this only counts them.
 */
export class WorldQueue {
  readonly traffic: Traffic;
  /** Commands waiting (QUED) and below (ACTV). */
  queued = 0;
  active = 0;
  /** Time spent waiting here, summed over commands (QAVG). */
  waitNs = 0;
  /** Settings of its virtual disks, by client number. */
  private readonly disks = new Map<number, Qos>();

  constructor(sim: Sim, { host, device, vm }: WorldQueueOptions, clock: MClock) {
    const settings = ['shares', 'reservation', 'limit', 'byReservation', 'byWeight'];
    const fields = [...TRAFFIC_FIELDS, 'active', 'queued', 'waitNs', ...settings];
    const entity = sim.meters.define('world', vm, { host, device, vm }, fields);
    const first = entity.slot('active');
    entity.refresh = () => {
      const { values } = entity;
      values.fill(0, first);
      values[first] = this.active;
      values[first + 1] = this.queued;
      values[first + 2] = this.waitNs;
      for (const [client, { shares, reservation, limit }] of this.disks) {
        values[first + 3] += shares;
        values[first + 4] += reservation;
        values[first + 5] += limit;
        values[first + 6] += clock.byReservation[client];
        values[first + 7] += clock.byWeight[client];
      }
    };
    this.traffic = new Traffic(sim, entity);
  }

  setQos(client: number, qos: Qos): void {
    this.disks.set(client, qos);
  }
}
