import { quantile } from '../engine/core/histogram.js';
import type { EntityInfo, Sample } from '../engine/core/meters.js';
import { COMMANDS, LATENCIES, Window } from './window.js';

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
  const window = new Window(before, after);
  const commands = window.grown(disks, ...COMMANDS);
  return {
    commands,
    errors: window.grown(disks, 'failedReads', 'failedWrites', 'failedOthers'),
    bytesRead: window.grown(disks, 'readBlocks') * 512,
    bytesWritten: window.grown(disks, 'writeBlocks') * 512,
    iops: window.rate(commands),
    meanLatency: window.grown(disks, ...LATENCIES) / commands,
    p95Latency: commands > 0 ? quantile(window.latencies(disks), 0.95) : Number.NaN,
    inFlight: disks.reduce(
      (sum, disk) => sum + window.now(disk, 'active') + window.now(disk, 'queued'),
      0,
    ),
  };
}
