import type { Plan } from '../../src/engine/plan/plan.js';
import { CATALOGUES } from '../../src/scenario/catalogues.js';
import { parseScenario, planScenario } from '../../src/scenario/load.js';

/** The plan of a scenario given as text. */
export function planOf(yaml: string): Plan {
  const { source, text } = parseScenario(yaml, 'test.yaml', CATALOGUES);
  return planScenario(source, text, CATALOGUES);
}

/** One of everything that faults act on, small: an array with two controllers, NFS, two hosts. */
export const SMALL = `
duration: 600s
arrays:
  - name: array1
    pools: [{ name: pool1, disks: 4, disk: ssd, capacity: 40GiB, raid: 5, rebuildRate: 1GB/s }]
    luns:
      - { name: lun0, size: 10GiB, thin: true, owner: A }
      - { name: lun1, size: 10GiB, owner: B }
nfsServers: [{ name: filer1, capacity: 20GiB }]
hosts:
  - { name: esx, count: 2, adapters: [{ driver: qlnativefc, count: 2 }] }
datastores:
  - { name: prod, extents: array1/lun0 }
  - { name: test, extents: array1/lun1 }
  - { name: share, server: filer1 }
vms:
  - name: db
    host: esx1
    memory: 64MiB
    guest: linux
    disks:
      - { size: 1GiB, datastore: prod, kind: thin }
      - { size: 1GiB, datastore: test, kind: eagerThick }
    workloads:
      - { disk: 0, rw: randrw, rwmixread: 50, bs: 4k, iodepth: 4, thinktime: 5ms }
      - { disk: 1, rw: randrw, rwmixread: 50, bs: 64k, iodepth: 4, thinktime: 5ms }
  - name: web
    host: esx2
    memory: 64MiB
    disks:
      - { size: 1GiB, datastore: test, kind: eagerThick }
      - { size: 1GiB, datastore: share }
    workloads:
      - { disk: 0, rw: randread, bs: 8k, iodepth: 4, thinktime: 5ms }
      - { disk: 1, rw: randwrite, bs: 8k, iodepth: 4, thinktime: 5ms }
`;
