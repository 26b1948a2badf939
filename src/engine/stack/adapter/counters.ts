import type { Io } from '../../core/io.js';
import type { Entity } from '../../core/meters.js';
import type { Requests } from '../../core/requests.js';
import { STATION_FIELDS, type Station } from '../../core/station.js';
import { TRAFFIC_FIELDS } from '../../core/traffic.js';

/** Counters an adapter keeps besides its traffic and its station. */
const OWN_FIELDS = [
  'issued',
  'errors',
  'merged',
  'mergedFront',
  'mergedBack',
  'split',
  'blocked',
  'restarts',
  'linkUp',
  'aborts',
  'resets',
] as const;

export const ADAPTER_FIELDS = [...TRAFFIC_FIELDS, ...STATION_FIELDS, ...OWN_FIELDS];

/** Fields of a path's entity that its adapter fills in. */
export const PATH_COUNTERS = [
  'issued',
  'errors',
  'queued',
  'mergedFront',
  'mergedBack',
  'split',
] as const;

const FAILED = TRAFFIC_FIELDS.indexOf('failedReads');

/** What one path's entity holds of the adapter's counters. */
interface PathCounters {
  readonly values: Float64Array;
  /** First of PATH_COUNTERS. */
  readonly first: number;
}

/**
 * Counts what happens to commands in an adapter's queue, for the adapter and for each path. Nothing
 * is counted for a command that goes straight through: its counts follow from others.
 */
export class AdapterCounters {
  /** Commands that left the queue for another one they ride on, or were refused. */
  private unsent = 0;
  private readonly first: number;
  private readonly paths: (PathCounters | undefined)[] = [];

  constructor(
    private readonly requests: Requests,
    readonly entity: Entity,
  ) {
    this.first = entity.slot('issued');
  }

  /** Fills in the fields PATH_COUNTERS, in that order, of the path with number `index`. */
  watch(index: number, path: Entity): void {
    const { values } = path;
    const first = path.slot('issued');
    const active = path.slot('active');
    this.paths[index] = { values, first };
    const earlier = path.refresh;
    path.refresh = () => {
      earlier?.();
      const done = values[0] + values[1] + values[2];
      // What the path calls active has been given to the adapter, where it may wait.
      values[first] = done + values[active] - values[first + 2];
      values[first + 1] = failuresIn(values);
    };
  }

  /** Brings the adapter's own fields up to date, after its station has done so. */
  publish(station: Station, blocked: number, linkUp: boolean): void {
    const { values } = this.entity;
    values[this.first] = station.active + values[this.entity.slot('finished')] - this.unsent;
    values[this.first + 1] = failuresIn(values);
    values[this.first + 6] = blocked;
    values[this.first + 8] = linkUp ? 1 : 0;
  }

  /** A command starts (1) or stops (-1) to wait. */
  wait(io: Io, change: 1 | -1): void {
    const path = this.paths[this.requests.path[io]];
    if (path !== undefined) path.values[path.first + 2] += change;
  }

  merge(io: Io, inFront: boolean): void {
    const { values } = this.entity;
    values[this.first + 2]++;
    values[this.first + (inFront ? 3 : 4)]++;
    const path = this.paths[this.requests.path[io]];
    if (path !== undefined) path.values[path.first + (inFront ? 3 : 4)]++;
  }

  split(io: Io): void {
    this.entity.values[this.first + 5]++;
    const path = this.paths[this.requests.path[io]];
    if (path !== undefined) path.values[path.first + 5]++;
  }

  restart(): void {
    this.entity.values[this.first + 7]++;
  }

  abort(aborts: number, resets: number): void {
    this.entity.values[this.first + 9] += aborts;
    this.entity.values[this.first + 10] += resets;
  }

  /** A command left the queue without going to the driver. */
  leaveUnsent(): void {
    this.unsent++;
  }
}

function failuresIn(values: Float64Array): number {
  return values[FAILED] + values[FAILED + 1] + values[FAILED + 2];
}
