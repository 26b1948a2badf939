/** A made-up host for tests of the screen: two adapters, four paths, two devices, three machines. */

import type { EntityInfo } from '../../src/engine/core/meters.js';
import { STATION_FIELDS } from '../../src/engine/core/station.js';
import { TRAFFIC_FIELDS } from '../../src/engine/core/traffic.js';
import { MOVER_FIELDS } from '../../src/engine/operations/data-mover.js';
import { BACKUP_FIELDS } from '../../src/engine/simulation/backups/meter.js';
import { ADAPTER_FIELDS, PATH_COUNTERS } from '../../src/engine/stack/adapter/counters.js';
import { MOUNT_FIELDS } from '../../src/engine/stack/filesystem/mount-state.js';
import { VASA_FIELDS } from '../../src/engine/stack/storage-apis/vasa/monitor.js';
import { CHAIN_FIELDS } from '../../src/engine/stack/vmfiles/chain/disk-chain.js';

const T = [...TRAFFIC_FIELDS];
const S = [...STATION_FIELDS];
const DEVICE = [
  'deviceReadNs',
  'deviceWriteNs',
  'deviceOtherNs',
  'queueReadNs',
  'queueWriteNs',
  'queueOtherNs',
  'state',
  'retries',
  'failovers',
  'activations',
  'aborts',
  'resets',
  'conflicts',
  'ats',
  'atsFailed',
  'clones',
  'cloneFailed',
  'zeros',
  'zeroFailed',
  'deletes',
  'deleteFailed',
  'cloneWrites',
  'cloneReadBlocks',
  'cloneWriteBlocks',
  'zeroBlocks',
  'deleteBlocks',
  'atsNs',
  'cloneNs',
  'zeroNs',
  'opens',
];

const DEPTH = ['dqlen', 'configuredDepth', 'fullDepth', 'siocDepth', 'competing'];
const CLIENT = [
  'active',
  'queued',
  'waitNs',
  'shares',
  'reservation',
  'limit',
  'byReservation',
  'byWeight',
  'arrivals',
  'arrivedUnits',
  'units',
  'limitedNs',
  'waitingNs',
];

const PATH = [
  'active',
  'state',
  'working',
  'failures',
  'degraded',
  'rank',
  'lastStatus',
  'lastSense',
  'lastErrorAt',
  ...PATH_COUNTERS,
];

export const NAA = ['naa.60003ff44dc75adc0000000000000001', 'naa.60003ff44dc75adc0000000000000002'];

export class Layout {
  readonly entities: EntityInfo[] = [];
  size = 0;
  histograms = 0;

  add(
    scope: string,
    name: string,
    labels: Record<string, string>,
    fields: readonly string[],
    histogram = false,
  ): this {
    this.entities.push({
      index: this.entities.length,
      scope,
      name,
      labels,
      fields,
      base: this.size,
      histogram: histogram ? this.histograms++ : -1,
    });
    this.size += fields.length;
    return this;
  }

  find(scope: string, name: string): EntityInfo {
    const found = this.entities.find((info) => info.scope === scope && info.name === name);
    if (found === undefined) throw new Error(`no ${scope} ${name}`);
    return found;
  }

  /** Adds to counters, or sets gauges, of one entity in a sample. */
  write(values: Float64Array, scope: string, name: string, change: Record<string, number>): void {
    const info = this.find(scope, name);
    for (const [field, value] of Object.entries(change)) {
      const slot = info.fields.indexOf(field);
      if (slot < 0) throw new Error(`${scope} has no ${field}`);
      values[info.base + slot] = value;
    }
  }
}

export function fakeLayout(): Layout {
  const layout = new Layout();
  const host = 'esx1';
  for (const vm of ['web1', 'web2', 'db1']) {
    const datastore = vm === 'db1' ? 'ds2' : 'ds1';
    layout
      .add('vm', vm, { host }, ['stunned', 'power'])
      .add('vscsi', `${vm}:scsi0`, { vm, host, type: 'pvscsi' }, S)
      .add(
        'disk',
        `${vm}:scsi0:0`,
        { vm, host, datastore, kind: 'thin' },
        [...T, ...S, 'sizeBlocks', 'allocatedBlocks', 'zeroedBlocks', 'firstWrites'],
        true,
      )
      .add('vmdk', `${vm}:scsi0:0`, { vm, datastore }, T)
      .add('file', `${vm}/${vm}.vmx`, { vm, datastore, role: 'configuration' }, [
        'sizeBlocks',
        'allocatedBlocks',
      ]);
  }
  for (const name of ['ds1', 'ds2']) {
    layout.add('mount', name, { host: 'esx1', datastore: name, type: 'vmfs', version: '5' }, [
      ...MOUNT_FIELDS,
    ]);
    layout
      .add(
        'datastore',
        name,
        { type: 'vmfs' },
        [
          ...T,
          'capacityBlocks',
          'freeBlocks',
          'provisionedBlocks',
          'metadataReads',
          'metadataWrites',
          'pointerHits',
          'pointerMisses',
          'allocations',
          'zeroings',
          'atsOk',
          'atsMiss',
          'heartbeats',
          'full',
          'growthBlocks',
        ],
        true,
      )
      .add('volume', name, { host, datastore: name }, T);
  }
  NAA.forEach((device, index) => {
    layout.add(
      'device',
      device,
      { host, lun: `lun${index}`, array: 'array1', satp: 'ALUA', psp: 'RR' },
      [...T, ...S, ...DEVICE, ...DEPTH],
      true,
    );
    for (const vm of index === 0 ? ['web1', 'web2'] : ['db1']) {
      const datastore = `ds${index + 1}`;
      const disk = 'scsi0:0';
      layout
        .add('world', vm, { host, device, vm }, [...T, ...CLIENT])
        .add('client', `${vm}:${disk} on ${device}`, { host, device, vm, disk, datastore }, [
          ...T,
          ...CLIENT,
        ]);
    }
    layout.add('sioc', `ds${index + 1} on ${host}`, { host, device, datastore: `ds${index + 1}` }, [
      'window',
      'latencyNs',
      'localLatencyNs',
      'thresholdNs',
      'beta',
      'activeShares',
      'entitlement',
      'congested',
      'enabled',
      'steps',
    ]);
    for (const [adapter, controller] of [
      ['vmhba1', 'A'],
      ['vmhba2', 'B'],
    ] as const) {
      layout.add(
        'path',
        `${adapter}:C0:T0:L${index}`,
        {
          host,
          adapter,
          device,
          lun: device,
          array: 'array1',
          port: `${controller === 'A' ? 0 : 1}:0`,
        },
        [...T, ...PATH],
      );
    }
  });
  for (const adapter of ['vmhba1', 'vmhba2']) {
    layout
      .add(
        'adapter',
        adapter,
        {
          host,
          driver: 'qlnativefc',
          family: 'native',
          transport: 'fc',
          order: 'none',
          merge: 'no',
        },
        [...ADAPTER_FIELDS],
      )
      .add('driver', adapter, { host, module: 'qlnativefc', family: 'native' }, [
        ...T,
        'busyNs',
        'interrupts',
      ])
      .add('nexus', `${adapter}-array1`, { host, adapter, array: 'array1', port: 'A0' }, [
        'up',
        'bytesOut',
        'bytesIn',
        'commands',
      ]);
  }
  for (const controller of ['A', 'B']) {
    layout.add(
      'port',
      `array1:${controller}0`,
      { array: 'array1', controller: controller === 'A' ? '0' : '1' },
      [...T, ...S, 'up', 'queueFull'],
    );
  }
  NAA.forEach((uid, index) => {
    layout.add(
      'lun',
      `lun${index}`,
      { array: 'array1', pool: 'pool1', uid },
      [...T, 'sizeBlocks', 'allocatedBlocks', 'owner', 'cacheHits', 'cacheMisses'],
      true,
    );
  });
  layout
    .add('mover', host, { host }, MOVER_FIELDS)
    .add('vasa', 'array1', { array: 'array1', product: 'P', capabilities: 'thin' }, VASA_FIELDS);
  const chain = { vm: 'web1', host, disk: 'web1:scsi0:0', datastore: 'ds1' };
  layout.add('chain', 'web1:scsi0:0', chain, CHAIN_FIELDS);
  const backup = { vm: 'web1', host, disk: 'web1:scsi0:0' };
  layout.add('backup', 'web1:scsi0:0', backup, BACKUP_FIELDS);
  layout.add('pool', 'array1:pool1', { array: 'array1' }, [
    'capacityBlocks',
    'usedBlocks',
    'dirtyBlocks',
  ]);
  for (const name of ['disk0', 'disk1']) {
    layout.add('spindle', `pool1:${name}`, { array: 'array1', pool: 'pool1', model: 'hdd' }, [
      ...T,
      ...S,
    ]);
  }
  return layout;
}
