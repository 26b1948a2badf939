import type { Plan } from '../../../src/engine/plan/plan.js';
import { parseScenario, planScenario } from '../../../src/scenario/load.js';

export interface Shape {
  readonly hosts?: number;
  /** Lines of the array's LUNs. */
  readonly luns: readonly string[];
  /** Names of LUNs that make up ds1. */
  readonly extents: readonly string[];
  readonly vmfs?: 3 | 5 | 6;
  /** Lines of the scenario below its datastore. */
  readonly more?: string;
  /** Of the disk of each host's VM. */
  readonly disk?: string;
  readonly datastore?: string;
  readonly vaai?: string;
}

/** Hosts over one array, each with a VM whose guest checks what it reads. */
export function planOf(shape: Shape): Plan {
  const { hosts = 1, luns, extents, vmfs = 5, more = '', datastore = '' } = shape;
  const { vaai = '{}' } = shape;
  const disk = shape.disk ?? '{ size: 300MiB, kind: thin }';
  const names = Array.from({ length: hosts }, (_, index) => index);
  const adapters = '[{ name: vmhba1, driver: qlnativefc }, { name: vmhba2, driver: qlnativefc }]';
  const yaml = `
title: volumes
seed: 1
duration: 600s
arrays:
  - name: array1
    vaai: ${vaai}
    pools: [{ name: pool1, capacity: 100GiB }]
    luns:
${luns.map((line) => `      - ${line}`).join('\n')}
hosts:
${names.map((index) => `  - { name: esx${index}, adapters: ${adapters} }`).join('\n')}
datastores:
  - { name: ds1, extents: [${extents.map((name) => `array1/${name}`).join(', ')}], version: ${vmfs}${datastore} }
vms:
${names
  .map(
    (index) => `  - name: vm${index}
    host: esx${index}
    memory: 16MiB
    disks: [${disk}]
    workloads: { rw: randrw, rwmixread: 30, bs: 4k/40:64k/40:1M/20, iodepth: 2, thinktime: 40ms, size: 8MiB, verify: true }`,
  )
  .join('\n')}
${more}
`;
  const { source, text } = parseScenario(yaml, 'volumes.yaml');
  return planScenario(source, text);
}
