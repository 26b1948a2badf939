import type { Param } from '../../core/params.js';
import type { FaultInfo } from '../../faults/define.js';
import type { FaultPlan } from '../../plan/plan.js';
import { Draw } from './draw.js';

/**
 * What a run promises, and so which faults it may have.
 * - `masked`: faults that no guest may notice but in its latencies: no errors, no wrong data
 * - `errors`: faults that may end commands in errors: no wrong data
 * - `loss`: devices lost for good and brought back, too: no wrong data
 * - `data`: devices without redundancy spoil data: the verifiers must notice
 */
export type TrialKind = 'masked' | 'errors' | 'loss' | 'data';

/** Faults a guest never sees an error of, while retries last longer than they do. */
const MASKED: readonly string[] = [
  'path-down',
  'path-flap',
  'path-slow',
  'link-down',
  'link-flap',
  'adapter-removal',
  'switch-loss',
  'controller-failover',
  'controller-hang',
  'cache-battery-loss',
  'disk-failure',
  'slow-disk',
  'queue-full-storm',
  'slow-device',
  'latency-spike',
  'device-stall',
  'reservation-conflict-storm',
  'apd',
  'fill-datastore',
  'fill-pool',
  'vaai-refused',
  'vasa-restart',
  'server-down',
  'nfs-server-restart',
  'nfs-address-down',
  'noisy-neighbour',
  'nfs-clone-refused',
  'backup-proxy-down',
  'management-network-down',
];
/** Faults that spoil data. */
export const DATA_FAULTS: readonly string[] = [
  'bit-rot',
  'torn-write',
  'misdirected-write',
  'lost-write',
];
/** Faults after which a device is gone until somebody looks for it again. */
const LOSSES: readonly string[] = ['pdl'];

/** Share of the kinds of faults that a run has. */
const KINDS = 0.35;
/** Strikes of one kind in a run, at most. */
const STRIKES = 6;
/** Shortest time between a fault and its healing, ns; and in runs with long faults, a part of it. */
const SHORTEST_NS = 20e3;
const LONG = 0.03;
/** Settings are drawn within this factor of their default. */
const SPREAD = 20;
/** Where that would cost too much time to simulate, or leave nothing to do. */
const LIMITS: Readonly<Record<string, readonly [number, number]>> = {
  'noisy-neighbour iodepth': [1, 8],
  'disk-failure spareAfter': [1e3, 10e9],
  'fill-datastore leave': [0, 16 * 1024 * 1024],
  'fill-pool leave': [0, 16 * 1024 * 1024],
  'bit-rot rate': [0.005, 0.5],
  'torn-write rate': [0.005, 0.5],
  'misdirected-write rate': [0.005, 0.5],
  'lost-write rate': [0.005, 0.5],
};
const LONGEST_NS: Readonly<Record<string, number>> = { 'noisy-neighbour': 50e6 };

export interface WeatherOptions {
  readonly seed: number;
  readonly kind: TrialKind;
  readonly catalogue: readonly FaultInfo[];
  /** Names of what a fault may act on. */
  readonly targetsOf: (fault: FaultInfo) => readonly string[];
  /** The last fault is healed by then. */
  readonly healNs: number;
}

/** Draws the faults of a run: which kinds exist at all, and then how often, where and how long. */
export function drawWeather(options: WeatherOptions): FaultPlan[] {
  const { seed, kind, catalogue, targetsOf, healNs } = options;
  const common = new Draw(seed, 'weather');
  const possible = catalogue.filter(
    (fault) => isAllowed(fault.name, kind) && targetsOf(fault).length > 0,
  );
  // With draws of its own a new fault leaves the others of a seed as they are.
  const draws = new Map(possible.map((fault) => [fault, new Draw(seed, `weather ${fault.name}`)]));
  const kinds = possible.filter((fault) => draws.get(fault)?.chance(KINDS));
  if (kinds.length === 0) kinds.push(common.one(possible));
  const data = possible.filter(({ name }) => DATA_FAULTS.includes(name));
  if (kind === 'data' && data.length > 0) kinds.push(common.one(data));
  const strikes: FaultPlan[] = [];
  const shortestNs = kind === 'data' || common.chance(0.4) ? healNs * LONG : SHORTEST_NS;
  for (const fault of new Set(kinds)) {
    const draw = draws.get(fault) as Draw;
    // Few targets make faults meet.
    const targets = draw.some(targetsOf(fault), draw.chance(0.5) ? 0.2 : 0.8);
    for (let left = draw.whole(1, STRIKES); left > 0; left--) {
      const atNs = draw.whole(0, healNs - 2);
      const longestNs = Math.min(healNs, LONGEST_NS[fault.name] ?? healNs);
      const lengthNs = Math.ceil(draw.scaled(Math.min(shortestNs, longestNs), longestNs));
      strikes.push({
        fault: fault.name,
        target: draw.one(targets),
        params: paramsOf(fault, draw),
        atNs,
        untilNs: Math.min(healNs, atNs + lengthNs),
      });
    }
  }
  return strikes.sort((a, b) => a.atNs - b.atNs);
}

function isAllowed(name: string, kind: TrialKind): boolean {
  if (DATA_FAULTS.includes(name)) return kind === 'data';
  if (LOSSES.includes(name)) return kind === 'loss';
  return MASKED.includes(name) || kind === 'errors' || kind === 'loss';
}

function paramsOf(fault: FaultInfo, draw: Draw): Record<string, number> {
  const values: Record<string, number> = {};
  for (const [name, param] of Object.entries(fault.params)) {
    values[name] = drawValue(param, LIMITS[`${fault.name} ${name}`], draw);
  }
  return values;
}

function drawValue(
  { unit, initial, min, max }: Param,
  limits: readonly [number, number] | undefined,
  draw: Draw,
): number {
  const low = Math.max(min, limits?.[0] ?? initial / SPREAD);
  const high = Math.min(max, limits?.[1] ?? initial * SPREAD);
  if (low >= high || high <= 0) return initial;
  const value = low > 0 ? draw.scaled(low, high) : draw.chance(0.5) ? 0 : draw.scaled(1, high);
  return unit === 'ratio' ? value : Math.min(high, Math.round(value));
}
