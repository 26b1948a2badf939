/** Two branches of a session over the same window: what each VM and device got, and the difference. */
import type { EntityInfo, Sample } from '../engine/core/meters.js';
import { type Column, formatTable } from './table.js';
import { COMMANDS, Window } from './window.js';

export interface Figures {
  readonly iops: number;
  readonly bytesPerSecond: number;
  /** As its guest or its host saw it; null when no command ended. */
  readonly meanMs: number | null;
  readonly p99Ms: number | null;
  readonly errors: number;
}

export interface Compared {
  readonly name: string;
  /** Of a device: the host that sees it. */
  readonly host: string;
  readonly a: Figures;
  readonly b: Figures;
  /** b minus a; null where one of them has no figure. */
  readonly difference: Figures;
}

/** One side: a run that was sampled at both ends of the window. */
export interface Side {
  readonly name: string;
  readonly entities: readonly EntityInfo[];
  readonly before: Sample;
  readonly after: Sample;
  /** Digest of all completions up to the end of the window. */
  readonly digest: string;
  /** What was done by the end of the window, in words. */
  readonly actions: readonly string[];
}

export interface Comparison {
  readonly fromSeconds: number;
  readonly toSeconds: number;
  readonly branches: readonly {
    readonly name: string;
    readonly digest: string;
    readonly actions: readonly string[];
  }[];
  readonly vms: readonly Compared[];
  readonly devices: readonly Compared[];
}

export function compare(a: Side, b: Side): Comparison {
  return {
    fromSeconds: a.before.at / 1e9,
    toSeconds: a.after.at / 1e9,
    branches: [a, b].map(({ name, digest, actions }) => ({ name, digest, actions })),
    vms: pairs(a, b, (info) => (info.scope === 'disk' ? (info.labels.vm ?? '') : undefined)),
    devices: pairs(a, b, (info) =>
      info.scope === 'device' ? `${info.labels.host ?? ''}\n${lunOf(info)}` : undefined,
    ),
  };
}

/** An NFS volume has no LUN. */
function lunOf({ name, labels }: EntityInfo): string {
  return labels.lun || name;
}

/** Objects of both sides that `keyOf` gives the same key, in the order of the first. */
function pairs(a: Side, b: Side, keyOf: (info: EntityInfo) => string | undefined): Compared[] {
  const groups = [a, b].map(({ entities }) => {
    const found = new Map<string, EntityInfo[]>();
    for (const info of entities) {
      const key = keyOf(info);
      if (key !== undefined) found.set(key, [...(found.get(key) ?? []), info]);
    }
    return found;
  });
  return [...(groups[0] ?? [])].map(([key, objects]) => {
    const of = (side: Side, infos: readonly EntityInfo[]): Figures =>
      figuresOf(new Window(side.before, side.after), infos);
    const first = of(a, objects);
    const second = of(b, groups[1]?.get(key) ?? []);
    const [host = '', name] = key.split('\n');
    return {
      name: name ?? host,
      host: name === undefined ? '' : host,
      a: first,
      b: second,
      difference: difference(first, second),
    };
  });
}

function figuresOf(window: Window, infos: readonly EntityInfo[]): Figures {
  const { mean, p99 } = window.latency(infos);
  return {
    iops: window.rate(window.grown(infos, ...COMMANDS)),
    bytesPerSecond: window.rate(window.grown(infos, 'readBlocks', 'writeBlocks') * 512),
    meanMs: mean,
    p99Ms: p99,
    errors: window.grown(infos, 'failedReads', 'failedWrites', 'failedOthers'),
  };
}

function difference(a: Figures, b: Figures): Figures {
  const minus = (x: number | null, y: number | null): number | null =>
    x === null || y === null ? null : y - x;
  return {
    iops: b.iops - a.iops,
    bytesPerSecond: b.bytesPerSecond - a.bytesPerSecond,
    meanMs: minus(a.meanMs, b.meanMs),
    p99Ms: minus(a.p99Ms, b.p99Ms),
    errors: b.errors - a.errors,
  };
}

/**
 * For people: both branches' actions, then a table of VMs and one of devices.
 * @param width columns there are; tables that do not fit leave the errors to the lines above them,
 * then a decimal
 */
export function comparisonLines(
  { fromSeconds, toSeconds, branches, vms, devices }: Comparison,
  width = Number.POSITIVE_INFINITY,
): string[] {
  const [a = '', b = ''] = branches.map(({ name }) => name);
  const errorsOf = (side: 'a' | 'b'): number => vms.reduce((sum, vm) => sum + vm[side].errors, 0);
  const errors = [errorsOf('a'), errorsOf('b')];
  return [
    `${a} and ${b} from ${fromSeconds.toFixed(3)} s to ${toSeconds.toFixed(3)} s of simulated time; latencies in ms`,
    ...branches.map(
      ({ name, actions }, index) =>
        `${name}: ${errors[index]} I/O errors; ${actions.join('; ') || 'nothing was done'}`,
    ),
    '',
    ...tableOf('VM', vms, a, b, width),
    '',
    ...tableOf('device', devices, a, b, width),
  ];
}

/** The first of these that fits; of the last the names give way. */
const STYLES = [
  { decimals: 2, errors: true },
  { decimals: 2, errors: false },
  { decimals: 1, errors: false },
] as const;
/** What is left of a name. */
const NAME_MIN = 8;

function tableOf(
  title: string,
  rows: readonly Compared[],
  a: string,
  b: string,
  width: number,
): string[] {
  const lines = (style: (typeof STYLES)[number], names: number): string[] =>
    formatTable(rows, columns(title, a, b, style, names)).split('\n');
  const widest = (table: readonly string[]): number =>
    table.reduce((most, line) => Math.max(most, line.length), 0);
  const longest = rows.reduce((most, row) => Math.max(most, nameOf(row).length), 0);
  for (const style of STYLES) {
    const table = lines(style, longest);
    if (widest(table) <= width) return table;
  }
  const [, , last] = STYLES;
  const over = widest(lines(last, longest)) - width;
  return lines(last, Math.max(NAME_MIN, longest - over));
}

function nameOf({ host, name }: Compared): string {
  return host === '' ? name : `${host} ${name}`;
}

/** Both ends tell names apart. */
function shorter(name: string, length: number): string {
  if (name.length <= length) return name;
  const tail = Math.floor((length - 1) / 2);
  return `${name.slice(0, length - 1 - tail)}~${name.slice(name.length - tail)}`;
}

function columns(
  title: string,
  a: string,
  b: string,
  { decimals, errors }: (typeof STYLES)[number],
  names: number,
): Column<Compared>[] {
  const rate = (value: number): string => value.toFixed(0);
  const ms = (value: number | null): string => value?.toFixed(decimals) ?? '-';
  const signed = (text: string): string => {
    if (/^-?0(\.0+)?$/.test(text)) return text.replace('-', '');
    return text.startsWith('-') ? text : `+${text}`;
  };
  const three = (name: string, show: (figures: Figures) => string): Column<Compared>[] => [
    { title: `${name} ${a}`, text: (row) => show(row.a) },
    { title: b, text: (row) => show(row.b) },
    { title: 'diff', text: (row) => signed(show(row.difference)) },
  ];
  return [
    { title, align: 'left', text: (row) => shorter(nameOf(row), names) },
    ...three('I/O/s', ({ iops }) => rate(iops)),
    ...three(decimals > 1 ? 'mean ms' : 'mean', ({ meanMs }) => ms(meanMs)),
    ...three(decimals > 1 ? 'p99 ms' : 'p99', ({ p99Ms }) => ms(p99Ms)),
    ...(errors ? three('errors', (figures) => rate(figures.errors)) : []),
  ];
}
