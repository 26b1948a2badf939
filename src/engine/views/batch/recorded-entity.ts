/**
 * One object of a recorded batch, as the screens want it. It keeps two kinds of fields: those named
 * like columns hold what the file says, and screens show them as they are; those named like the
 * engine's counters are added up from the rates, for screens that sum over layers.
 */
import { BLOCK_BYTES } from '../../core/io.js';
import { BATCH_OBJECTS, type Named, readable } from './objects.js';

const MB = 1024 * 1024;
const NS_PER_MS = 1e6;

const TRAFFIC = [
  'reads',
  'writes',
  'others',
  'readBlocks',
  'writeBlocks',
  'readNs',
  'writeNs',
  'otherNs',
] as const;
const DEVICE = [
  'deviceReadNs',
  'deviceWriteNs',
  'deviceOtherNs',
  'queueReadNs',
  'queueWriteNs',
  'queueOtherNs',
] as const;
const GAUGES = [
  ['active', 'ACTV'],
  ['queued', 'QUED'],
] as const;

/** Column that holds the time from this object down, per command, read and write. */
const TIMES: Readonly<Record<string, string>> = {
  adapter: 'DAVG',
  path: 'DAVG',
  device: 'GAVG',
  world: 'GAVG',
  disk: 'LAT',
};

/** Value of a column of the same object; NaN where the file has none. */
type Columns = (column: string) => number;

/** Columns that follow from others: esxtop has no such counters. */
const DERIVED: Readonly<Record<string, Readonly<Record<string, (of: Columns) => number>>>> = {
  path: { 'LAT/cmd': (of) => of('DAVG/cmd'), TARGET: () => Number.NaN },
  disk: { 'LAT/cmd': latencyOfBoth },
  vm: {
    'LAT/cmd': latencyOfBoth,
    'MB/s': (of) => of('MBREAD/s') + of('MBWRTN/s'),
  },
};

/** esxtop gives a virtual disk's latency for reads and writes apart: their mean, by rate. */
function latencyOfBoth(of: Columns): number {
  const reads = of('READS/s');
  const writes = of('WRITES/s');
  if (reads + writes === 0) return 0;
  return (reads * of('LAT/rd') + writes * of('LAT/wr')) / (reads + writes);
}

/** Titles of all columns of a scope that a batch file can fill. */
function columnsOf(scope: string): string[] {
  const own = BATCH_OBJECTS.filter(
    (object) => object.scope === scope || object.parts === scope,
  ).flatMap((object) => [...readable(object).values()]);
  return [...new Set([...own, ...Object.keys(DERIVED[scope] ?? {})])];
}

export class RecordedEntity {
  readonly fields: readonly string[];
  /** Position of each column's value in a sample of the file, -1 where the file has none. */
  private readonly sources = new Map<string, number>();
  private readonly counters: readonly string[];
  /** Column behind each field after the counters. */
  private readonly shown: readonly string[];
  /** Counters so far. */
  private readonly grown: Float64Array;

  constructor(
    readonly named: Named,
    /** False for an object that only its parts name: it has no figures of its own. */
    readonly seen: boolean,
    /** Figures that do not change: numbers of parts. */
    private readonly constants: Readonly<Record<string, number>>,
  ) {
    const { scope } = named;
    this.counters = scope in TIMES ? (scope === 'device' ? [...TRAFFIC, ...DEVICE] : TRAFFIC) : [];
    this.grown = new Float64Array(this.counters.length);
    const gauges = scope in TIMES ? GAUGES : [];
    const columns = seen ? new Set([...columnsOf(scope), ...Object.keys(constants)]) : [];
    this.fields = [...this.counters, ...gauges.map(([field]) => field), ...columns];
    this.shown = [...gauges.map(([, column]) => column), ...columns];
  }

  source(column: string, slot: number): void {
    this.sources.set(column, slot);
  }

  /** Takes a sample of the file into the counters. @param seconds the time it is about */
  add(sample: Float64Array, seconds: number): void {
    if (this.counters.length === 0) return;
    const { scope } = this.named;
    const of = (column: string): number => this.figure(sample, column) || 0;
    const [reads, writes] = [of('READS/s') * seconds, of('WRITES/s') * seconds];
    const commands = Math.max(of('CMDS/s') * seconds, reads + writes);
    const times = TIMES[scope];
    const readNs = of(`${times}/rd`) * reads * NS_PER_MS;
    const writeNs = of(`${times}/wr`) * writes * NS_PER_MS;
    const allNs = of(`${times}/cmd`) * commands * NS_PER_MS;
    const blocks = (MB / BLOCK_BYTES) * seconds;
    const values = [
      reads,
      writes,
      commands - reads - writes,
      of('MBREAD/s') * blocks,
      of('MBWRTN/s') * blocks,
      readNs,
      writeNs,
      Math.max(0, allNs - readNs - writeNs),
    ];
    // Screens that show these show their sum over reads, writes and others.
    if (scope === 'device') {
      values.push(0, 0, of('DAVG/cmd') * commands * NS_PER_MS);
      values.push(0, 0, of('QAVG/cmd') * commands * NS_PER_MS);
    }
    for (const [index, value] of values.entries()) this.grown[index] += value;
  }

  reset(): void {
    this.grown.fill(0);
  }

  /** Writes the fields, in their order. @param base of the first */
  write(sample: Float64Array, values: Float64Array, base: number): void {
    values.set(this.grown, base);
    const first = base + this.counters.length;
    for (let index = 0; index < this.shown.length; index++) {
      values[first + index] = this.figure(sample, this.shown[index]);
    }
  }

  private figure(sample: Float64Array, column: string): number {
    const slot = this.sources.get(column);
    if (slot !== undefined) return sample[slot];
    const derived = DERIVED[this.named.scope]?.[column];
    if (derived !== undefined) return derived((other) => this.figure(sample, other));
    return this.constants[column] ?? Number.NaN;
  }
}
