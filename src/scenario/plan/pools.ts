import { formatSize } from '../../engine/core/units.js';
import { raidProblem } from '../../engine/devices/array/raid/layout.js';
import type { LunPlan, ModelPlan, PoolPlan, RaidLevel } from '../../engine/plan/plan.js';
import { bytesOf } from '../quantities.js';
import type { ArrayText } from '../schema.js';
import type { Path } from '../source.js';
import { type Context, Names } from './context.js';
import { planModel } from './models.js';

const MIB = 1024 * 1024;

/** The pools of an array, as large as said or as its LUNs need. */
export function planPools(
  context: Context,
  array: ArrayText,
  luns: readonly LunPlan[],
  path: Path,
): PoolPlan[] {
  const pools = new Names<PoolPlan>(context, `pool of ${array.name}`);
  for (const [index, pool] of array.pools.entries()) {
    const at = [...path, 'pools', index];
    const own = luns.filter((lun) => lun.pool === pool.name);
    const all = own.reduce((sum, lun) => sum + lun.sizeBytes, 0);
    const thick = own.reduce((sum, lun) => sum + (lun.thin ? 0 : lun.sizeBytes), 0);
    const capacityBytes = pool.capacity ?? Math.max(all, 1024 * MIB);
    if (thick > capacityBytes) {
      context.report(
        [...at, 'capacity'],
        `thick LUNs need ${formatSize(thick)}, the pool holds ${formatSize(capacityBytes)}`,
        'make the pool larger, or LUNs smaller or thin',
      );
    }
    const plan: PoolPlan = {
      name: pool.name,
      disk: planModel(context, pool.disk, [...at, 'disk']),
      disks: pool.disks,
      ...(array.kind === 'scale-out' && { scaleOut: true }),
      ...raidOf(context, array, pool, at),
      capacityBytes,
      softThreshold: bytesOf(pool.softThreshold, capacityBytes, 1) / capacityBytes,
    };
    pools.add(pool.name, plan, [...at, 'name']);
  }
  return [...pools.values()];
}

/** Copies or parity, and the stripe; nothing for what is as it always was. */
function raidOf(
  context: Context,
  array: ArrayText,
  pool: ArrayText['pools'][number],
  at: Path,
): Pick<PoolPlan, 'raid' | 'stripeBytes'> {
  const { stripe, disks, spares, rebuildRate } = pool;
  const level = pool.raid as RaidLevel;
  const problem = raidProblem(level, disks);
  if (problem !== undefined) context.report([...at, 'raid'], `${problem}, not ${disks}`);
  if (level !== 0 && array.kind === 'scale-out') {
    context.report([...at, 'raid'], 'nodes of a scale-out array have no RAID', 'leave it out');
  }
  if (stripe !== undefined && stripe % (64 * 1024) !== 0) {
    context.report([...at, 'stripe'], `${formatSize(stripe)} is not a multiple of 64KiB`);
  }
  return {
    ...(level !== 0 && { raid: { level, spares, rebuildBytesPerSecond: rebuildRate } }),
    ...(stripe !== undefined && { stripeBytes: stripe }),
  };
}

/** A shelf of single disks: each LUN is a pool of one. */
export function shelf(
  context: Context,
  array: ArrayText,
  luns: readonly LunPlan[],
  path: Path,
): PoolPlan[] {
  const disk = planModel(context, array.pools[0]!.disk, [...path, 'pools', 0, 'disk']);
  return luns.map((lun) => poolOfOne(lun.name, disk, lun.sizeBytes));
}

/** One disk and nothing else. */
export function poolOfOne(name: string, disk: ModelPlan, capacityBytes: number): PoolPlan {
  return { name, disk, disks: 1, capacityBytes, softThreshold: 1 };
}
