import type { EntityInfo, Sample } from '../core/meters.js';
import type { STATION_FIELDS } from '../core/station.js';
import type { TRAFFIC_FIELDS } from '../core/traffic.js';

/** The layers of the stack from the guest down, and the entities that tell about each. */
export const LAYERS = [
  { name: 'guest', title: 'guests', scope: 'disk' },
  { name: 'vscsi', title: 'SCSI emulation', scope: 'vscsi' },
  { name: 'vmfiles', title: 'virtual disks', scope: 'vmdk' },
  { name: 'filesystem', title: 'file systems', scope: 'datastore' },
  { name: 'block', title: 'block layer', scope: 'volume' },
  { name: 'scheduler', title: 'I/O scheduler', scope: 'device' },
  { name: 'psa', title: 'multipathing', scope: 'path' },
  { name: 'adapter', title: 'adapter queues', scope: 'adapter' },
  { name: 'driver', title: 'drivers', scope: 'driver' },
  { name: 'fabric', title: 'fabric', scope: 'nexus' },
  { name: 'array', title: 'array ports', scope: 'port' },
  { name: 'disk', title: 'disks', scope: 'spindle' },
] as const;

export type LayerName = (typeof LAYERS)[number]['name'];

/** What went through a layer between two samples. */
export interface LayerSummary {
  readonly title: string;
  /** Entities that make up the layer: adapters, paths, ... */
  readonly entities: number;
  readonly reads: number;
  readonly writes: number;
  /** Commands that move no data. */
  readonly others: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  readonly errors: number;
  /** Mean time a command spent from entering this layer to leaving it upward, ms; 0 for none. */
  readonly meanLatencyMs: number;
  /** Mean commands inside over the window, and now; 0 where the layer keeps no queue. */
  readonly meanActive: number;
  readonly meanQueued: number;
  readonly activeNow: number;
  readonly queuedNow: number;
}

/** Difference of a field between two samples, summed over entities; absent fields count 0. */
function sumOver(
  entities: readonly EntityInfo[],
  field: string,
  before: Sample | undefined,
  after: Sample,
): number {
  let sum = 0;
  for (const { fields, base } of entities) {
    const slot = fields.indexOf(field);
    if (slot < 0) continue;
    sum += after.values[base + slot] - (before?.values[base + slot] ?? 0);
  }
  return sum;
}

/**
 * One line per layer over the window between two samples.
 * @param before undefined counts from the start of the run
 */
export function summariseLayers(
  entities: readonly EntityInfo[],
  before: Sample | undefined,
  after: Sample,
): Record<LayerName, LayerSummary> {
  const spanNs = after.at - (before?.at ?? 0);
  const result: Partial<Record<LayerName, LayerSummary>> = {};
  for (const { name, title, scope } of LAYERS) {
    const own = entities.filter((entity) => entity.scope === scope);
    const total = (
      field: (typeof TRAFFIC_FIELDS)[number] | (typeof STATION_FIELDS)[number],
    ): number => sumOver(own, field, before, after);
    const now = (field: (typeof STATION_FIELDS)[number]): number =>
      sumOver(own, field, undefined, after);
    const [reads, writes, others] = [total('reads'), total('writes'), total('others')];
    const commands = reads + writes + others;
    const latencyNs = total('readNs') + total('writeNs') + total('otherNs');
    const mean = (areaNs: number): number => (spanNs > 0 ? areaNs / spanNs : 0);
    result[name] = {
      title,
      entities: own.length,
      reads,
      writes,
      others,
      bytesRead: total('readBlocks') * 512,
      bytesWritten: total('writeBlocks') * 512,
      errors: total('failedReads') + total('failedWrites') + total('failedOthers'),
      meanLatencyMs: commands > 0 ? latencyNs / commands / 1e6 : 0,
      meanActive: mean(total('activeNs')),
      meanQueued: mean(total('occupancyNs') - total('activeNs')),
      activeNow: now('active'),
      queuedNow: now('queued'),
    };
  }
  return result as Record<LayerName, LayerSummary>;
}
