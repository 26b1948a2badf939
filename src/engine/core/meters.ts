import { assert } from './assert.js';
import { HISTOGRAM_BUCKETS } from './histogram.js';
import type { Sim } from './sim.js';

/** Room for counters: fixed, so that every entity can hold a view of its own part. */
const COUNTERS_MAX = 1 << 20;

/** Histograms in one array: half a megabyte. */
const HISTOGRAMS_TOGETHER = 256;

/** Something that is measured and shown: an adapter, a path, a device, a virtual disk, ... */
export interface EntityInfo {
  /** Number of the entity, from 0, in the order of definition. */
  readonly index: number;
  /** What kind of thing it is: `adapter`, `path`, `device`, `disk`, ... */
  readonly scope: string;
  readonly name: string;
  /** What it belongs to, by name: `{ host: 'esx1', device: 'naa...' }`. */
  readonly labels: Readonly<Record<string, string>>;
  /** Names of its counters and gauges: times are ns, blocks 512 bytes (`src/README.md`, Statistics). */
  readonly fields: readonly string[];
  /** First of its counters in a sample. */
  readonly base: number;
  /** Number of its latency histogram, or -1. */
  readonly histogram: number;
}

export class Entity implements EntityInfo {
  /** The entity's own counters, in the order of `fields`; a view into the shared array. */
  readonly values: Float64Array;
  /** Those of all entities; this one's begin at `base`. For what counts with every I/O. */
  readonly counters: Float64Array;
  /** Brings gauges up to date before a sample is copied; must not change the simulation. */
  refresh: (() => void) | undefined;

  constructor(
    meters: Meters,
    readonly index: number,
    readonly scope: string,
    readonly name: string,
    public labels: Readonly<Record<string, string>>,
    readonly fields: readonly string[],
    readonly base: number,
    readonly histogram: number,
  ) {
    this.counters = meters.values;
    this.values = meters.values.subarray(base, base + fields.length);
  }

  /** Position of a field in `values`; a misspelt name is a bug. */
  slot(field: string): number {
    const slot = this.fields.indexOf(field);
    assert(slot >= 0, `${this.scope} ${this.name} has no field ${field}`);
    return slot;
  }

  set(field: string, value: number): void {
    this.values[this.slot(field)] = value;
  }
}

/** A copy of every counter at one simulated instant; rates are differences of two. */
export interface Sample {
  /** Simulated time, ns. */
  readonly at: number;
  /** Of all entities: field `fields[i]` of one is `values[base + i]`. */
  readonly values: Float64Array;
  /** HISTOGRAM_BUCKETS counts per histogram; empty where none were asked for. */
  readonly histograms: Uint32Array;
}

/** Every counter of the simulation in one array: a sample is one copy. Counters only grow. */
export class Meters {
  readonly values = new Float64Array(COUNTERS_MAX);
  readonly entities: Entity[] = [];
  private used = 0;
  private histogramCount = 0;
  /** HISTOGRAMS_TOGETHER in each. */
  private readonly buckets: Uint32Array[] = [];

  constructor(private readonly sim: Sim) {}

  define(
    scope: string,
    name: string,
    labels: Readonly<Record<string, string>>,
    fields: readonly string[],
    histogram = false,
  ): Entity {
    assert(this.used + fields.length <= COUNTERS_MAX, 'too many counters for one simulation');
    const number = histogram ? this.histogramCount++ : -1;
    if (number >= this.buckets.length * HISTOGRAMS_TOGETHER) {
      this.buckets.push(new Uint32Array(HISTOGRAMS_TOGETHER * HISTOGRAM_BUCKETS));
    }
    const entity = new Entity(
      this,
      this.entities.length,
      scope,
      name,
      labels,
      fields,
      this.used,
      number,
    );
    this.used += fields.length;
    this.entities.push(entity);
    return entity;
  }

  /** What an entity belongs to has changed; what is measured about it under other scopes follows. */
  relabel(entity: Entity, changes: Readonly<Record<string, string>>): void {
    if (Object.entries(changes).every(([label, name]) => entity.labels[label] === name)) return;
    for (const other of this.entities) {
      const isAbout = other.labels.of === entity.scope && other.name === entity.name;
      if (other === entity || isAbout) other.labels = { ...other.labels, ...changes };
    }
  }

  /** The live histogram of an entity that was defined with one: its buckets begin at `first`. */
  histogramOf({ histogram }: Pick<EntityInfo, 'histogram'>): {
    readonly buckets: Uint32Array;
    readonly first: number;
  } {
    assert(histogram >= 0 && histogram < this.histogramCount, 'this entity keeps no histogram');
    return {
      buckets: this.buckets[Math.floor(histogram / HISTOGRAMS_TOGETHER)],
      first: (histogram % HISTOGRAMS_TOGETHER) * HISTOGRAM_BUCKETS,
    };
  }

  /**
   * Copies all counters as of now. When and how often this is called never changes results.
   * @param withHistograms false leaves them out where only counters are needed
   */
  sample(withHistograms = true): Sample {
    for (const entity of this.entities) entity.refresh?.();
    const histograms = new Uint32Array(
      withHistograms ? this.histogramCount * HISTOGRAM_BUCKETS : 0,
    );
    if (withHistograms) {
      for (const [index, buckets] of this.buckets.entries()) {
        const first = index * buckets.length;
        histograms.set(buckets.subarray(0, histograms.length - first), first);
      }
    }
    return { at: this.sim.now, values: this.values.slice(0, this.used), histograms };
  }
}
