/** What each client of a scheduler is entitled to in the long run: mClock's allocation as a fluid. */

/** One client's settings and wishes, all in normalised I/Os per second (units of Disk.SchedCostUnit). */
export interface Claim {
  readonly reservation: number;
  /** 0 is none. */
  readonly limit: number;
  /** Shares; a client with none gets its reservation and nothing beyond it. */
  readonly weight: number;
  /** What it asks for; Infinity for a client that always has commands waiting. */
  readonly demand: number;
}

/** Between what a client gets in any case and the most it may have, it gets its part by weight. */
interface Range {
  readonly floor: number;
  readonly cap: number;
  readonly weight: number;
}

function rangeOf({ reservation, limit, weight, demand }: Claim): Range {
  const most = Math.min(demand, limit > 0 ? limit : Number.POSITIVE_INFINITY);
  const floor = Math.min(reservation, most);
  return { floor, cap: weight > 0 ? most : floor, weight };
}

function share({ floor, cap, weight }: Range, level: number): number {
  return Math.min(cap, Math.max(floor, level * weight));
}

/**
 * Splits `capacity` (normalised I/Os per second, 0 or more) among clients: each gets
 * `min(limit, demand, max(reservation, level * weight))` with the one level at which all of the capacity
 * is given away, or everybody has all that he may have. Reservations beyond the capacity shrink in
 * proportion (stack-lower reference, 9.3; cases F5 to F8). Exact: the sum of the parts is piecewise
 * linear in the level, and its corners are known. Logarithmic cost per client.
 *
 * @returns one rate per client, in the order given
 */
export function entitlements(capacity: number, clients: readonly Claim[]): number[] {
  const ranges = clients.map(rangeOf);
  const floors = ranges.reduce((sum, { floor }) => sum + floor, 0);
  if (floors >= capacity) {
    return ranges.map(({ floor }) => (floors > 0 ? (floor * capacity) / floors : 0));
  }
  const caps = ranges.reduce((sum, { cap }) => sum + cap, 0);
  if (caps <= capacity) return ranges.map(({ cap }) => cap);
  const level = levelOf(capacity, ranges);
  return ranges.map((range) => share(range, level));
}

/** A level at which one client starts (positive) or stops (negative) to grow with it. */
interface Corner {
  readonly level: number;
  readonly weight: number;
}

/** The level at which the parts add up to the capacity, which lies between floors and caps. */
function levelOf(capacity: number, ranges: readonly Range[]): number {
  const corners: Corner[] = [];
  let sum = 0;
  for (const { floor, cap, weight } of ranges) {
    sum += floor;
    if (cap <= floor) continue;
    corners.push({ level: floor / weight, weight });
    if (cap < Number.POSITIVE_INFINITY) corners.push({ level: cap / weight, weight: -weight });
  }
  corners.sort((a, b) => a.level - b.level);
  let level = 0;
  let slope = 0;
  for (const corner of corners) {
    const next = sum + slope * (corner.level - level);
    if (next >= capacity) break;
    sum = next;
    level = corner.level;
    slope += corner.weight;
  }
  return slope > 0 ? level + (capacity - sum) / slope : level;
}
