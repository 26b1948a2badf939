import { PART_FILTER } from '../../core/breakdown.js';
import { type Io, NO_IO } from '../../core/io.js';
import { Layer } from '../../core/layer.js';
import type { Entity } from '../../core/meters.js';
import type { Sim } from '../../core/sim.js';
import { STATION_FIELDS, Station } from '../../core/station.js';
import { HOST_ABORT, hostStatus } from '../../core/status.js';
import { TRAFFIC_FIELDS, Traffic } from '../../core/traffic.js';
import type { PolicyPlan } from '../../plan/plan.js';
import { TokenBucket } from '../../qos/token-bucket.js';
import { type Recall, type Recaller, recallFrom, WITHDRAWN } from '../recall.js';

export interface PolicyFilterOptions {
  readonly vm: string;
  readonly host: string;
  /** `scsi0:0`. */
  readonly disk: string;
  readonly datastore: string;
  readonly policy: PolicyPlan;
  /** Bytes of one unit of cost (Disk.SchedCostUnit). */
  readonly unitBytes: number;
}

/**
 * The I/O filter of a storage policy on one virtual disk (stack-lower reference, 9.7): holds commands
 * to the policy's limit before they reach the file system. Disks without a policy have no filter;
 * what the datastore's own scheduler limits comes on top, so the lower limit wins.
 */
export class PolicyFilter extends Layer implements Recaller {
  readonly entity: Entity;
  private readonly station: Station;
  private readonly traffic: Traffic;
  private readonly bucket: TokenBucket;
  private isWaking = false;

  constructor(
    sim: Sim,
    { vm, host, disk, datastore, policy, unitBytes }: PolicyFilterOptions,
    private readonly lower: Layer,
  ) {
    super(sim, `policy ${vm}:${disk}`);
    const labels = { vm, host, disk: `${vm}:${disk}`, datastore, policy: policy.name };
    const fields = [...TRAFFIC_FIELDS, ...STATION_FIELDS, 'shares', 'reservation', 'limit'];
    this.entity = sim.meters.define('filter', `${vm}:${disk}`, labels, fields);
    const { entity } = this;
    entity.set('shares', policy.shares);
    entity.set('reservation', policy.reservation);
    entity.set('limit', policy.limit);
    this.bucket = new TokenBucket(sim, policy.limit, unitBytes);
    this.station = new Station(sim, 'filter', entity, Number.MAX_SAFE_INTEGER, this.bucket);
    this.traffic = new Traffic(sim, entity);
  }

  override submit(io: Io): void {
    this.enter(io);
    this.station.arrive(io);
    this.pump();
  }

  override complete(io: Io): void {
    this.station.finish(io);
    this.count(io);
    this.leave(io).complete(io);
  }

  override fire(): void {
    this.isWaking = false;
    this.pump();
  }

  recall(io: Io): Recall {
    if (!this.station.withdraw(io)) return recallFrom(this.lower, io);
    this.sim.requests.status[io] = hostStatus(HOST_ABORT);
    this.count(io);
    this.leave(io);
    return WITHDRAWN;
  }

  private count(io: Io): void {
    const { op, blocks, status } = this.sim.requests;
    const latencyNs = this.sim.now - this.station.arrivalOf(io);
    this.traffic.add(op[io], blocks[io], latencyNs, status[io]);
  }

  private pump(): void {
    const { station } = this;
    const { traced, breakdown } = this.sim.requests;
    for (let io = station.start(); io !== NO_IO; io = station.start()) {
      if (traced[io] !== 0) breakdown.pass(io, PART_FILTER, this.sim.now);
      this.lower.submit(io);
    }
    if (station.queued === 0 || this.isWaking) return;
    this.isWaking = true;
    this.sim.events.push(this.bucket.nextAt(), this.index, NO_IO);
  }
}
