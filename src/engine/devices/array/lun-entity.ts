import type { Entity } from '../../core/meters.js';
import type { Sim } from '../../core/sim.js';
import { TRAFFIC_FIELDS } from '../../core/traffic.js';
import type { ArrayPlan, LunPlan } from '../../plan/plan.js';

/** What a LUN's gauges show. */
export interface LunGauges {
  readonly sizeBlocks: number;
  readonly allocatedBlocks: number;
  readonly owner: number;
  readonly reservation: {
    readonly reserves: number;
    readonly conflicts: number;
    readonly heldNs: number;
  };
  readonly snapshotCount?: number;
  /** Room in the pool that copies for snapshots take. */
  readonly snapshotBlocks?: number;
}

/** The `lun` entity of a LUN, whose gauges are read when it is sampled. */
export function defineLun(sim: Sim, array: ArrayPlan, plan: LunPlan, gauges: LunGauges): Entity {
  const { copyOf } = plan;
  const own = { array: array.name, pool: plan.pool, uid: plan.uid };
  const labels = copyOf === undefined ? own : { ...own, copyOf };
  const fields = [
    ...TRAFFIC_FIELDS,
    'sizeBlocks',
    'allocatedBlocks',
    'owner',
    'cacheHits',
    'cacheMisses',
    'snapshots',
    'snapshotBlocks',
    'reserves',
    'conflicts',
    'reservedNs',
  ];
  const entity = sim.meters.define('lun', plan.name, labels, fields);
  const size = entity.slot('sizeBlocks');
  entity.refresh = () => {
    entity.values[size] = gauges.sizeBlocks;
    entity.values[size + 1] = gauges.allocatedBlocks;
    entity.values[size + 2] = gauges.owner;
    entity.values[size + 5] = gauges.snapshotCount ?? 0;
    entity.values[size + 6] = gauges.snapshotBlocks ?? 0;
    const { reserves, conflicts, heldNs } = gauges.reservation;
    entity.values[size + 7] = reserves;
    entity.values[size + 8] = conflicts;
    entity.values[size + 9] = heldNs;
  };
  return entity;
}
