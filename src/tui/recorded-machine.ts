/** A recorded batch file in the place of a simulation: it has a past and a future, and no causes. */
import { InputError } from '../engine/core/errors.js';
import type { LogEntry } from '../engine/core/event-log.js';
import type { EntityInfo, Sample } from '../engine/core/meters.js';
import type { Recording } from '../input/read-batch.js';
import { describeRecording } from '../output/recording.js';
import type { ActiveFault, FaultInfo, PathEvent, PlanSummary } from './engine.js';
import type { Machine } from './machine-kinds.js';

const NS_PER_S = 1e9;
const NO_HISTOGRAMS = new Uint32Array(0);
const COMMANDS = ['reads', 'writes', 'others'];

export class RecordedMachine implements Machine {
  readonly plan: PlanSummary;
  readonly entities: readonly EntityInfo[];
  readonly faults: readonly FaultInfo[] = [];
  now = 0;
  /** Sample shown now; -1 before the first. */
  private index = -1;
  private events: LogEntry[];
  /** What is known before the first sample. */
  private readonly unknown: Float64Array;
  /** Counters whose sum is what guests have completed, by position in a sample's values. */
  private readonly commands: readonly number[];

  constructor(private readonly recording: Recording) {
    const { layout } = recording;
    this.entities = layout.entities;
    this.plan = planOf(recording);
    this.commands = commandsOf(layout.entities);
    this.events = [
      {
        number: 0,
        at: 0,
        kind: 'narrative',
        object: recording.path,
        what: describeRecording(recording),
        why: '',
      },
    ];
    layout.reset();
    this.unknown = new Float64Array(layout.width).fill(Number.NaN);
  }

  get completed(): number {
    const values = this.values();
    return this.commands.reduce((sum, at) => sum + (values[at] ?? 0), 0);
  }

  get over(): boolean {
    return this.now >= this.plan.durationNs;
  }

  runUntil(ns: number): void {
    const { samples } = this.recording;
    while (this.index + 1 < samples.length && this.timeOf(this.index + 1) <= ns) {
      this.add(++this.index);
    }
    this.now = ns;
  }

  seek(samples: number): void {
    const last = this.recording.samples.length - 1;
    const target = Math.min(last, Math.max(0, this.index + samples));
    if (target < this.index) {
      // Counters are sums over all samples before.
      this.recording.layout.reset();
      for (let index = 0; index <= target; index++) this.add(index);
    } else {
      for (let index = this.index + 1; index <= target; index++) this.add(index);
    }
    this.index = target;
    this.now = this.timeOf(target);
  }

  sample(): Sample {
    return { at: this.timeOf(this.index), values: this.values(), histograms: NO_HISTOGRAMS };
  }

  command(): void {
    throw InputError.of('', 'a recording cannot be changed');
  }

  activeFaults(): readonly ActiveFault[] {
    return [];
  }

  pathHistory(): readonly PathEvent[] {
    return [{ at: this.now, what: 'not recorded', why: 'a batch file holds no history of paths' }];
  }

  takeEvents(): readonly LogEntry[] {
    const taken = this.events;
    this.events = [];
    return taken;
  }

  private timeOf(index: number): number {
    return index < 0 ? 0 : Math.round((this.recording.times[index] ?? 0) * NS_PER_S);
  }

  private add(index: number): void {
    const { layout, samples, times } = this.recording;
    const since = index === 0 ? 0 : (times[index - 1] ?? 0);
    layout.add(samples[index] as Float64Array, (times[index] ?? 0) - since);
  }

  private values(): Float64Array {
    const { layout, samples } = this.recording;
    return layout.values(samples[this.index] ?? this.unknown);
  }
}

/** Guests' commands where the file has virtual disks, else those of the devices. */
function commandsOf(entities: readonly EntityInfo[]): number[] {
  const scope = entities.some((info) => info.scope === 'disk') ? 'disk' : 'device';
  return entities
    .filter((info) => info.scope === scope)
    .flatMap(({ base, fields }) => COMMANDS.map((field) => base + fields.indexOf(field)));
}

function planOf({ path, layout, times, firstStamp }: Recording): PlanSummary {
  const hosts = layout.hosts;
  const machines = layout.entities.filter(({ scope }) => scope === 'vm');
  return {
    name: path,
    title: hosts.length === 1 ? `esxtop of ${hosts[0]}` : `esxtop of ${hosts.length} hosts`,
    summary: 'a recorded batch file of esxtop',
    durationNs: Math.round((times.at(-1) ?? 0) * NS_PER_S),
    startsAt: firstStamp - (times[0] ?? 0),
    drill: false,
    hosts,
    vms: machines.map(({ name, labels }) => ({ name, host: labels.host ?? '' })),
    datastores: [],
    disks: [],
  };
}
