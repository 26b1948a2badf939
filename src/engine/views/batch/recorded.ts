import type { EntityInfo } from '../../core/meters.js';
import type { CounterPath } from '../../formats/pdh/counter-path.js';
import { BATCH_OBJECTS, type BatchObject, type Named, readable } from './objects.js';
import { RecordedEntity } from './recorded-entity.js';

const OBJECTS = new Map(BATCH_OBJECTS.map((object) => [object.name, object]));
const TITLES = new Map(BATCH_OBJECTS.map((object) => [object.name, readable(object)]));

interface Found {
  readonly named: Named;
  readonly host: string;
  /** Column titles and where their values are in a sample of the file. */
  readonly sources: Map<string, number>;
  seen: boolean;
}

const keyOf = (host: string, { scope, name, labels }: Named): string =>
  [host, scope, labels.device ?? '', name].join('\n');

/**
 * The storage objects of a recorded batch file, made of the names of its columns, and what each
 * sample says of them. Columns about other things are counted and left out.
 */
export class RecordedLayout {
  readonly hosts: readonly string[];
  readonly entities: readonly EntityInfo[];
  /** Where each column's value goes in a sample, -1 for those left out; and how many are kept. */
  readonly slots: Int32Array;
  readonly width: number;
  /** Columns of the file by object, kept or not, in the order of the file. */
  readonly objects: ReadonlyMap<string, { readonly columns: number; readonly kept: number }>;
  private readonly parts: readonly RecordedEntity[];
  private readonly size: number;

  constructor(columns: readonly CounterPath[]) {
    this.hosts = [...new Set(columns.map(({ host }) => host).filter(Boolean))];
    this.slots = new Int32Array(columns.length).fill(-1);
    const objects = new Map<string, { columns: number; kept: number }>();
    const found = new Map<string, Found>();
    const devices = devicesOf(columns);
    let width = 0;
    for (const [index, column] of columns.entries()) {
      const counts = objects.get(column.object) ?? { columns: 0, kept: 0 };
      if (column.object !== '') objects.set(column.object, counts);
      counts.columns++;
      const object = OBJECTS.get(column.object);
      const title = TITLES.get(column.object)?.get(column.counter);
      if (object === undefined || title === undefined || column.instance === '') continue;
      const of = place(found, object, column, devices.get(column.host) ?? []);
      if (of.sources.has(title)) continue;
      this.slots[index] = width;
      of.sources.set(title, width);
      counts.kept++;
      width++;
    }
    this.width = width;
    this.objects = objects;
    const all = withOwners(found);
    const counts = countParts(all);
    const parts: RecordedEntity[] = [];
    const entities: EntityInfo[] = [];
    let base = 0;
    for (const { named, host, sources, seen } of all) {
      const part = new RecordedEntity(named, seen, constantsOf(named, host, counts));
      for (const [column, slot] of sources) part.source(column, slot);
      parts.push(part);
      entities.push({
        index: entities.length,
        scope: named.scope,
        name: named.name,
        labels: { host, ...named.labels },
        fields: part.fields,
        base,
        histogram: -1,
      });
      base += part.fields.length;
    }
    this.parts = parts;
    this.entities = entities;
    this.size = base;
  }

  /** Counters of all objects start from nothing again. */
  reset(): void {
    for (const part of this.parts) part.reset();
  }

  /** Takes the next sample of the file. @param seconds the time it is about */
  add(sample: Float64Array, seconds: number): void {
    for (const part of this.parts) part.add(sample, seconds);
  }

  /** Values of all entities as of `sample`, which has been added last. */
  values(sample: Float64Array): Float64Array {
    const values = new Float64Array(this.size);
    for (const [index, part] of this.parts.entries()) {
      part.write(sample, values, this.entities[index].base);
    }
    return values;
  }
}

/**
 * Names of each host's devices, longest first as one may begin like another: they tell where the name
 * of a world on a device begins.
 */
function devicesOf(columns: readonly CounterPath[]): Map<string, string[]> {
  const names = new Map<string, Set<string>>();
  for (const { host, object, instance } of columns) {
    const of = OBJECTS.get(object);
    if (of?.scope !== 'device') continue;
    const known = names.get(host) ?? new Set<string>();
    names.set(host, known);
    known.add(of.named(instance, []).name);
  }
  const sorted = (known: Set<string>): string[] => [...known].sort((a, b) => b.length - a.length);
  return new Map([...names].map(([host, known]) => [host, sorted(known)]));
}

function place(
  found: Map<string, Found>,
  object: BatchObject,
  { host, instance }: CounterPath,
  devices: readonly string[],
): Found {
  const named = object.named(instance, devices);
  const key = keyOf(host, named);
  let of = found.get(key);
  if (of === undefined) {
    of = { named, host, sources: new Map(), seen: true };
    found.set(key, of);
  }
  return of;
}

/** Adds machines that only their disks name, so that there is a row to show them under. */
function withOwners(found: Map<string, Found>): Found[] {
  const all = [...found.values()];
  for (const { named, host } of all.slice()) {
    const { vm } = named.labels;
    if (named.scope !== 'disk' || vm === undefined) continue;
    const owner: Named = { scope: 'vm', name: vm, labels: {} };
    const key = keyOf(host, owner);
    if (found.has(key)) continue;
    const of = { named: owner, host, sources: new Map<string, number>(), seen: false };
    found.set(key, of);
    all.push(of);
  }
  return all;
}

/** How many parts of a scope name an object of their host in a label. */
function countParts(all: readonly Found[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { named, host } of all) {
    for (const [label, name] of Object.entries(named.labels)) {
      const key = [host, named.scope, label, name].join('\n');
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  }
  return counts;
}

/** Numbers of parts, where the file names the parts. */
function constantsOf(
  { scope, name }: Named,
  host: string,
  counts: ReadonlyMap<string, number>,
): Readonly<Record<string, number>> {
  const count = (part: string): number =>
    counts.get([host, part, scope, name].join('\n')) ?? Number.NaN;
  if (scope === 'adapter') return { NPTH: count('path') };
  if (scope === 'device') return { NPH: count('path'), NWD: count('world') };
  return {};
}
