import type { EntityInfo, Sample } from '../../src/engine/core/meters.js';
import type { Plan } from '../../src/engine/plan/plan.js';
import { parseScenario, planScenario } from '../../src/scenario/load.js';
import { fieldOf, Run, SECOND } from '../simulation/support.js';

/** A virtual machine on a host of its own unless it names one; 16 KB random reads. */
export interface Guest {
  readonly host?: string;
  readonly shares?: number;
  readonly depth?: number;
  readonly start?: number;
  readonly stop?: number;
}

export interface Setting {
  readonly guests: readonly Guest[];
  /** Of the datastore; empty is without Storage I/O Control. */
  readonly sioc?: string;
  /** Commands per second of the array, and how many side by side. */
  readonly rate?: number;
  readonly parallel?: number;
  readonly hosts?: number;
  /** Settings of hosts by number, from 1. */
  readonly settings?: Readonly<Record<number, string>>;
}

/** Hosts `esx1`..., machines `vm1`... and the datastore `prod`; steps every 2 s as in the paper. */
export function planOf({
  guests,
  sioc = '',
  rate = 3350,
  parallel = 8,
  hosts = guests.length,
  settings = {},
}: Setting): Plan {
  const hostLines = Array.from({ length: hosts }, (_, index) => {
    const more = settings[index + 1];
    return `  - { name: esx${index + 1}, adapters: [{ driver: qlnativefc }], settings: { Vmtop.SIOControlPeriod: 2000${more === undefined ? '' : `, ${more}`} } }`;
  });
  const vmLines = guests.map(({ host, shares = 1000, depth = 32, start, stop }, index) => {
    const times = `${start === undefined ? '' : `, start: ${start}s`}${stop === undefined ? '' : `, stop: ${stop}s`}`;
    return `  - { name: vm${index + 1}, host: ${host ?? `esx${index + 1}`}, memory: 4MiB, disks: [{ size: 10GiB, datastore: prod, kind: eagerThick, qos: { shares: ${shares} } }], workloads: { rw: randread, bs: 16k, iodepth: ${depth}${times} } }`;
  });
  const yaml = `
duration: 1h
arrays:
  - name: array1
    cache: 0B
    pools: [{ name: p, disks: 1, disk: { model: constant-rate, iops: ${rate}, parallel: ${parallel} } }]
    luns: [{ name: lun0, pool: p, size: 256GiB }]
hosts:
${hostLines.join('\n')}
datastores:
  - { name: prod, extents: array1/lun0${sioc === '' ? '' : `, sioc: ${sioc}`} }
vms:
${vmLines.join('\n')}
`;
  const { source, text } = parseScenario(yaml, 'parda.yaml');
  return planScenario(source, text);
}

/** What a host's controller showed after a step. */
export interface Step {
  readonly window: number;
  readonly latencyMs: number;
  readonly localMs: number;
  readonly thresholdMs: number;
  readonly beta: number;
  readonly entitlement: number;
  readonly congested: boolean;
  readonly steps: number;
}

export class Experiment {
  readonly run: Run;
  private before: Sample;
  private after: Sample;

  constructor(setting: Setting) {
    this.run = new Run(planOf(setting));
    this.before = this.run.simulation.sample();
    this.after = this.before;
  }

  /** Runs to a second; what is asked for afterwards is about the time since `from`. */
  measure(from: number, to: number): this {
    const { simulation } = this.run;
    simulation.runUntil(from * SECOND);
    this.before = simulation.sample();
    simulation.runUntil(to * SECOND);
    this.after = simulation.sample();
    return this;
  }

  /** Commands per second of a virtual machine. */
  rate(vm: number): number {
    const spanS = (this.after.at - this.before.at) / SECOND;
    return this.grew(this.run.entity('disk', `vm${vm}:scsi0:0`), 'reads') / spanS;
  }

  rates(): number[] {
    return this.run.entities('disk').map((_, index) => this.rate(index + 1));
  }

  /** Mean latency of the device over all hosts, weighted by commands, ms. */
  deviceMs(): number {
    const devices = this.run.entities('device');
    const sum = (field: string) =>
      devices.reduce((total, device) => total + this.grew(device, field), 0);
    return sum('deviceReadNs') / sum('reads') / 1e6;
  }

  step(host: number): Step {
    const [entity] = this.run.entities('sioc', { host: `esx${host}` });
    const value = (field: string) => fieldOf(this.after, entity as EntityInfo, field);
    return {
      window: value('window'),
      latencyMs: value('latencyNs') / 1e6,
      localMs: value('localLatencyNs') / 1e6,
      thresholdMs: value('thresholdNs') / 1e6,
      beta: value('beta'),
      entitlement: value('entitlement'),
      congested: value('congested') === 1,
      steps: value('steps'),
    };
  }

  steps(hosts: number): Step[] {
    return Array.from({ length: hosts }, (_, index) => this.step(index + 1));
  }

  private grew(entity: EntityInfo, field: string): number {
    return fieldOf(this.after, entity, field) - fieldOf(this.before, entity, field);
  }
}
