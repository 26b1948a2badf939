import type { Entity } from '../../core/meters.js';
import type { Sim } from '../../core/sim.js';
import { TRAFFIC_FIELDS } from '../../core/traffic.js';
import type { Claim } from '../../qos/entitlement.js';
import { activeShares, type Demand } from '../../qos/parda.js';

/** Part of its shares a disk has to use to count as one that always has commands waiting. Model. */
const PART_USED = 0.95;

const LATENCY = TRAFFIC_FIELDS.indexOf('readNs');

/** Where a `client` keeps what is read of it, and what it had when it was read last. */
interface Watched {
  readonly entity: Entity;
  readonly unitsSlot: number;
  readonly sharesSlot: number;
  latencyNs: number;
  units: number;
}

/** What the virtual disks of a host asked of some devices in one period; claims weigh active shares. */
export interface HostDemand {
  readonly activeShares: number;
  /** Units of cost they got per second. */
  readonly units: number;
  readonly claims: readonly Claim[];
}

/** Measures what a host's virtual disks make of their shares, from the counters of their queues. */
export class Demands {
  /** A virtual disk has had a command done here: the host takes part from then on. */
  used = false;
  private readonly clients: Watched[] = [];
  private scanned = 0;

  constructor(
    private readonly sim: Sim,
    private readonly host: string,
    /** Names of the devices. */
    private readonly devices: readonly string[],
  ) {}

  /** @param window of the host now, commands; @param spanNs time since the last call */
  measure(window: number, spanNs: number): HostDemand {
    this.findClients();
    const demands: Demand[] = [];
    const rates: number[] = [];
    for (const client of this.clients) {
      const { values } = client.entity;
      const latencyNs = values[LATENCY] + values[LATENCY + 1] + values[LATENCY + 2];
      const units = values[client.unitsSlot];
      if (latencyNs > 0) this.used = true;
      // By Little's law: time spent by the commands that are done, over the time that has passed.
      const outstanding = (latencyNs - client.latencyNs) / spanNs;
      demands.push({ shares: values[client.sharesSlot], outstanding });
      rates.push(((units - client.units) * 1e9) / spanNs);
      client.latencyNs = latencyNs;
      client.units = units;
    }
    const active = activeShares(window, demands);
    const claims = this.clients.map(({ entity: { values }, sharesSlot }, index): Claim => {
      const isBacklogged = active[index] >= PART_USED * demands[index].shares;
      return {
        reservation: values[sharesSlot + 1],
        limit: values[sharesSlot + 2],
        weight: active[index],
        demand: isBacklogged ? Number.POSITIVE_INFINITY : rates[index],
      };
    });
    return { activeShares: sum(active), units: sum(rates), claims };
  }

  /** Entities are only ever added; virtual machines come after their datastores. */
  private findClients(): void {
    const { entities } = this.sim.meters;
    for (; this.scanned < entities.length; this.scanned++) {
      const entity = entities[this.scanned];
      const { host, device } = entity.labels;
      if (entity.scope !== 'client' || host !== this.host) continue;
      if (!this.devices.includes(device)) continue;
      this.clients.push({
        entity,
        unitsSlot: entity.slot('units'),
        sharesSlot: entity.slot('shares'),
        latencyNs: 0,
        units: 0,
      });
    }
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
