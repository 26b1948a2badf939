/** A machine's counters as the objects and samples the screens show. What is not known has no field. */
import type { EntityInfo, Sample } from '../engine/core/meters.js';
import type { DiskCounters } from './diskstats.js';
import type { HostDisk } from './inventory.js';
import type { HostSource, Reading } from './source.js';

/** Traffic, as far as the system counts it; the names are those of TRAFFIC_FIELDS. */
const COUNTED = [
  'reads',
  'writes',
  'others',
  'readBlocks',
  'writeBlocks',
  'otherBlocks',
  'readNs',
  'writeNs',
  'otherNs',
  'active',
] as const satisfies readonly (keyof DiskCounters)[];

const NO_HISTOGRAMS = new Uint32Array(0);

interface Shown {
  readonly scope: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Counters of these disks, summed. */
  readonly disks: readonly string[];
  /** Fields that are always the same. */
  readonly fixed: Readonly<Record<string, number>>;
}

/** Lays out the objects once; `sample` fills them from a reading. */
export class HostSamples {
  readonly entities: readonly EntityInfo[];
  private readonly shown: readonly Shown[];
  private readonly size: number;

  /** @param first says which counters this system has */
  constructor(
    private readonly source: HostSource,
    first: Reading,
  ) {
    this.shown = [...adapters(source), ...source.disks.flatMap((disk) => objectsOf(disk, source))];
    const known = new Set([...first.disks.values()].flatMap((counters) => Object.keys(counters)));
    const counted = COUNTED.filter((field) => known.has(field));
    const entities: EntityInfo[] = [];
    let base = 0;
    const add = (scope: string, name: string, labels: Shown['labels'], fields: string[]): void => {
      entities.push({ index: entities.length, scope, name, labels, fields, base, histogram: -1 });
      base += fields.length;
    };
    for (const { scope, name, labels, fixed } of this.shown) {
      const busy = scope === 'spindle' && known.has('busyNs') ? ['activeNs'] : [];
      add(scope, name, labels, [...counted, ...busy, ...Object.keys(fixed)]);
    }
    for (const { name, type } of source.volumes) {
      add('datastore', name, { type }, ['capacityBlocks', 'freeBlocks']);
    }
    this.entities = entities;
    this.size = base;
  }

  /** @param at ns since the first reading */
  sample(at: number, { disks, volumes }: Reading): Sample {
    const values = new Float64Array(this.size);
    for (const [index, { fields, base, name }] of this.entities.entries()) {
      const shown = this.shown[index];
      const volume = volumes.find((each) => each.name === name);
      for (const [slot, field] of fields.entries()) {
        values[base + slot] =
          shown === undefined
            ? Number(volume?.[field as 'capacityBlocks' | 'freeBlocks'] ?? 0)
            : (shown.fixed[field] ?? sum(disks, shown.disks, field));
      }
    }
    return { at, values, histograms: NO_HISTOGRAMS };
  }

  /** Commands completed since boot. */
  commands({ disks }: Reading): number {
    const names = this.source.disks.map(({ name }) => name);
    return ['reads', 'writes', 'others'].reduce((all, field) => all + sum(disks, names, field), 0);
  }
}

function sum(disks: Reading['disks'], names: readonly string[], field: string): number {
  const key = (field === 'activeNs' ? 'busyNs' : field) as keyof DiskCounters;
  return names.reduce((total, name) => total + (disks.get(name)?.[key] ?? 0), 0);
}

const slots = (depth: number | undefined): Record<string, number> =>
  depth === undefined ? {} : { slots: depth };

function adapters({ disks, host }: HostSource): Shown[] {
  return [...new Set(disks.map(({ adapter }) => adapter))].map((name) => {
    const own = disks.filter(({ adapter }) => adapter === name);
    const [first] = own;
    return {
      scope: 'adapter',
      name,
      labels: { host, driver: first?.driver ?? '', order: 'none' },
      disks: own.map((disk) => disk.name),
      fixed: slots(first?.adapterDepth),
    };
  });
}

/** A disk is a device, with its one path, and what is inside it. */
function objectsOf(disk: HostDisk, { host }: HostSource): Shown[] {
  const { name, adapter, model, queueDepth } = disk;
  const disks = [name];
  return [
    { scope: 'device', name, labels: { host, lun: model }, disks, fixed: slots(queueDepth) },
    {
      scope: 'path',
      name: `${adapter}:${name}`,
      labels: { host, adapter, device: name },
      disks,
      fixed: {},
    },
    // One channel: the part of the time in which it had anything to do is %BUSY.
    { scope: 'spindle', name, labels: { model }, disks, fixed: { slots: 1 } },
  ];
}
