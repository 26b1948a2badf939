import type { EntityInfo, Sample } from '../../src/engine/core/meters.js';
import { Simulation } from '../../src/engine/simulation/simulation.js';
import { planOf } from '../scenario/helpers.js';

export const SECOND = 1e9;

/** A virtual machine of a published case: its settings and what its guest does, as YAML. */
export interface Guest {
  readonly name: string;
  readonly shares?: number;
  readonly reservation?: number;
  readonly limit?: number;
  /** Keys of a workload. */
  readonly load?: string;
}

export interface Server {
  /** Commands per second in total, or units where `unitBytes` is set. */
  readonly iops: number;
  readonly parallel?: number;
  readonly unitBytes?: string;
  /** DQLEN. */
  readonly depth?: number;
  /** Advanced settings of the host, as YAML. */
  readonly settings?: string;
  /** More of the scenario, as YAML. */
  readonly more?: string;
}

/** 32 outstanding 4 KB random reads: a client of the published cases. */
export const CLOSED = 'rw: randread, bs: 4k, iodepth: 32';

/** One host, one device of constant rate, one virtual disk per guest: the whole stack. */
export function scenario(server: Server, guests: readonly Guest[]): string {
  const { iops, parallel = 1, unitBytes = '0B', depth = 32, settings = '', more = '' } = server;
  const vms = guests.map(({ name, shares = 1000, reservation = 0, limit = 0, load = CLOSED }) => {
    const qos = `{ shares: ${shares}, reservation: ${reservation}, limit: ${limit === 0 ? 'none' : limit} }`;
    const disk = `{ size: 4GiB, kind: eagerThick, qos: ${qos} }`;
    return `  - { name: ${name}, datastore: prod, disks: [${disk}], workloads: { ${load} } }`;
  });
  return `
duration: 1h
arrays:
  - name: array1
    cache: 0B
    pools:
      - { name: p, disks: 1, capacity: 4TiB, disk: { model: constant-rate, iops: ${iops}, parallel: ${parallel}, unitBytes: ${unitBytes} } }
    luns: [{ name: lun0, pool: p, size: 1TiB }]
hosts:
  - name: esx1
    adapters: [{ name: vmhba1, driver: qlnativefc, lunQueueDepth: ${depth} }]
    settings: { ${settings} }
datastores: [{ name: prod, extents: array1/lun0 }]
vms:
${vms.join('\n')}
${more}
`;
}

/** A running scenario and what its virtual disks got. */
export class Papers {
  readonly simulation: Simulation;
  private readonly disks: EntityInfo[];

  constructor(yaml: string) {
    this.simulation = new Simulation(planOf(yaml));
    this.disks = this.simulation.entities.filter(({ scope }) => scope === 'disk');
  }

  /** Commands per second that each guest's disk had done from one time to another, s. */
  rates(from: number, to: number): number[] {
    return this.over(from, to, (now, before) => (now('reads') - before('reads')) / (to - from));
  }

  /** Mean latency of the commands each guest's disk had done from one time to another, ms. */
  latencies(from: number, to: number): number[] {
    return this.over(from, to, (now, before) => {
      const commands = now('reads') - before('reads');
      return (now('readNs') - before('readNs')) / commands / 1e6;
    });
  }

  /** A counter of all entities of a scope. */
  sum(scope: string, field: string): number {
    const { values } = this.simulation.sample(false);
    let sum = 0;
    for (const entity of this.simulation.entities) {
      if (entity.scope === scope) sum += values[entity.base + entity.fields.indexOf(field)];
    }
    return sum;
  }

  private over(
    from: number,
    to: number,
    figure: (now: (field: string) => number, before: (field: string) => number) => number,
  ): number[] {
    const at =
      (sample: Sample, { base, fields }: EntityInfo) =>
      (field: string) =>
        sample.values[base + fields.indexOf(field)];
    if (this.simulation.now < from * SECOND) this.simulation.runUntil(from * SECOND);
    const before = this.simulation.sample(false);
    this.simulation.runUntil(to * SECOND);
    const now = this.simulation.sample(false);
    return this.disks.map((disk) => figure(at(now, disk), at(before, disk)));
  }
}
