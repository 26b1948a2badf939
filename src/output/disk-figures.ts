import { HISTOGRAM_BUCKETS, quantile } from '../engine/core/histogram.js';
import type { EntityInfo, Sample } from '../engine/core/meters.js';

/** What a group of virtual disks did between two samples, as their guests saw it. */
export interface DiskFigures {
  readonly commands: number;
  readonly errors: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  readonly iops: number;
  /** ns; NaN when no command ended. */
  readonly meanLatency: number;
  /** ns; NaN when no command ended. */
  readonly p95Latency: number;
  /** Commands not yet answered at the end. */
  readonly inFlight: number;
}

/** Virtual disks of the named VMs. */
export function disksOf(entities: readonly EntityInfo[], vms: readonly string[]): EntityInfo[] {
  const wanted = new Set(vms);
  return entities.filter(({ scope, labels }) => scope === 'disk' && wanted.has(labels.vm ?? ''));
}

/** @param before undefined counts from the start of the run */
export function diskFigures(
  disks: readonly EntityInfo[],
  before: Sample | undefined,
  after: Sample,
): DiskFigures {
  const value = (
    sample: Sample | undefined,
    { base, fields }: EntityInfo,
    field: string,
  ): number => {
    const slot = fields.indexOf(field);
    return slot < 0 ? 0 : (sample?.values[base + slot] ?? 0);
  };
  const total = (...names: readonly string[]): number => {
    let sum = 0;
    for (const disk of disks) {
      for (const name of names) sum += value(after, disk, name) - value(before, disk, name);
    }
    return sum;
  };
  const commands = total('reads', 'writes', 'others');
  const seconds = (after.at - (before?.at ?? 0)) / 1e9;
  return {
    commands,
    errors: total('failedReads', 'failedWrites', 'failedOthers'),
    bytesRead: total('readBlocks') * 512,
    bytesWritten: total('writeBlocks') * 512,
    iops: seconds > 0 ? commands / seconds : 0,
    meanLatency: total('readNs', 'writeNs', 'otherNs') / commands,
    p95Latency: commands > 0 ? quantile(latencies(disks, before, after), 0.95) : Number.NaN,
    inFlight: disks.reduce(
      (sum, disk) => sum + value(after, disk, 'active') + value(after, disk, 'queued'),
      0,
    ),
  };
}

/** One histogram over all the disks: the difference of the samples. */
function latencies(
  disks: readonly EntityInfo[],
  before: Sample | undefined,
  after: Sample,
): Float64Array {
  const counts = new Float64Array(HISTOGRAM_BUCKETS);
  for (const { histogram } of disks) {
    if (histogram < 0) continue;
    const first = histogram * HISTOGRAM_BUCKETS;
    for (let bucket = 0; bucket < HISTOGRAM_BUCKETS; bucket++) {
      const earlier = before?.histograms[first + bucket] ?? 0;
      counts[bucket] = counts[bucket]! + (after.histograms[first + bucket] ?? 0) - earlier;
    }
  }
  return counts;
}
