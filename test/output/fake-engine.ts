import type { LogEntry } from '../../src/engine/core/event-log.js';
import { bucketOf, HISTOGRAM_BUCKETS } from '../../src/engine/core/histogram.js';
import type { EntityInfo, Sample } from '../../src/engine/core/meters.js';
import { STATION_FIELDS } from '../../src/engine/core/station.js';
import { TRAFFIC_FIELDS } from '../../src/engine/core/traffic.js';
import type { Plan } from '../../src/engine/plan/plan.js';
import type { Engine, Layers, Totals } from '../../src/output/engine.js';

const FIELDS = [...TRAFFIC_FIELDS, ...STATION_FIELDS];

/** One command of a scripted run: when it ends, on which VM, how long it took. */
export interface Scripted {
  readonly at: number;
  readonly vm: number;
  readonly latencyNs: number;
  readonly failed?: boolean;
}

/** A simulation whose commands and events are written down beforehand. */
export class FakeEngine implements Engine {
  now = 0;
  readonly log: { onEntry: ((entry: LogEntry) => void) | undefined } = { onEntry: undefined };
  readonly entities: readonly EntityInfo[];
  /** Instants at which it was asked to stop. */
  readonly stops: number[] = [];
  private readonly values: Float64Array;
  private readonly histograms: Uint32Array;
  private done = 0;
  private noted = 0;

  constructor(
    private readonly commands: readonly Scripted[],
    private readonly entries: readonly Omit<LogEntry, 'number'>[] = [],
    vms: readonly string[] = ['a', 'b'],
  ) {
    this.entities = vms.map((vm, index) => ({
      index,
      scope: 'disk',
      name: `${vm}:scsi0:0`,
      labels: { vm },
      fields: FIELDS,
      base: index * FIELDS.length,
      histogram: index,
    }));
    this.values = new Float64Array(vms.length * FIELDS.length);
    this.histograms = new Uint32Array(vms.length * HISTOGRAM_BUCKETS);
  }

  get finished(): boolean {
    return this.done === this.commands.length;
  }

  runUntil(ns: number): void {
    this.stops.push(ns);
    this.now = ns;
    for (; this.done < this.commands.length; this.done++) {
      const { at, vm, latencyNs, failed } = this.commands[this.done]!;
      if (at > ns) break;
      this.add(vm, 'reads', 1);
      this.add(vm, 'readBlocks', 8);
      this.add(vm, 'readNs', latencyNs);
      if (failed) this.add(vm, 'failedReads', 1);
      const bucket = vm * HISTOGRAM_BUCKETS + bucketOf(latencyNs);
      this.histograms[bucket] = this.histograms[bucket]! + 1;
    }
    for (; this.noted < this.entries.length; this.noted++) {
      const entry = this.entries[this.noted]!;
      if (entry.at > ns) break;
      this.log.onEntry?.({ ...entry, number: this.noted });
    }
  }

  sample(): Sample {
    return { at: this.now, values: this.values.slice(), histograms: this.histograms.slice() };
  }

  totals(): Totals {
    const errors = this.commands.slice(0, this.done).filter(({ failed }) => failed).length;
    const bytesRead = this.done * 4096;
    const none = { writes: 0, others: 0, bytesWritten: 0, unsupported: 0 };
    return { reads: this.done, bytesRead, errors, ...none };
  }

  digest(): string {
    return this.done.toString(16).padStart(16, '0');
  }

  layerSummary(before: Sample | undefined, after: Sample): Layers {
    const reads = after.values[0]! - (before?.values[0] ?? 0);
    return {
      guest: {
        title: 'guests',
        entities: 2,
        reads,
        writes: 0,
        others: 0,
        bytesRead: reads * 4096,
        bytesWritten: 0,
        errors: 0,
        meanLatencyMs: 1,
        meanActive: 0,
        meanQueued: 0,
        activeNow: 0,
        queuedNow: 0,
      },
    };
  }

  private add(vm: number, field: (typeof FIELDS)[number], amount: number): void {
    const index = vm * FIELDS.length + FIELDS.indexOf(field);
    this.values[index] = this.values[index]! + amount;
  }
}

/** A plan that holds nothing but what the runner looks at. */
export function planWith(parts: Partial<Plan>): Plan {
  return {
    name: 'fake',
    title: 'A fake',
    summary: '',
    seed: 1,
    durationNs: 10e9,
    rows: 4096,
    arrays: [],
    nfsServers: [],
    hosts: [],
    claimRules: [],
    datastores: [],
    vms: [],
    jobs: [],
    replays: [],
    faults: [],
    changes: [],
    narrative: [],
    expectations: [],
    expectationsSkipped: 0,
    ...parts,
  };
}
