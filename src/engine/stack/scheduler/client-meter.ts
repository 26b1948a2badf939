import type { Entity } from '../../core/meters.js';
import type { Sim } from '../../core/sim.js';
import { countTraffic, TRAFFIC_FIELDS } from '../../core/traffic.js';
import type { Qos } from '../../plan/plan.js';
import type { QosDiscipline } from '../../qos/discipline.js';
import type { WorldQueue } from './world-queue.js';

/** What a client of a device queue shows besides its traffic; units are of Disk.SchedCostUnit. */
export const CLIENT_FIELDS = [
  'arrivals',
  'arrivedUnits',
  'units',
  'byReservation',
  'byWeight',
  'limitedNs',
  'waitingNs',
  'waitNs',
  'active',
  'queued',
  'shares',
  'reservation',
  'limit',
] as const;

const FIRST = TRAFFIC_FIELDS.length;
const ARRIVALS = FIRST;
const ARRIVED_UNITS = FIRST + 1;
const UNITS = FIRST + 2;
const BY_RESERVATION = FIRST + 3;
const BY_WEIGHT = FIRST + 4;
const LIMITED_NS = FIRST + 5;
const WAITING_NS = FIRST + 6;
const WAIT_NS = FIRST + 7;
const ACTIVE = FIRST + 8;
const QUEUED = FIRST + 9;
const SETTINGS = FIRST + 10;

export interface ClientLabels {
  readonly host: string;
  readonly device: string;
  readonly vm: string;
  /** `scsi0:0`; `*` where all disks of a VM are one client. */
  readonly disk: string;
  readonly datastore: string;
}

/** One client of a device queue, a virtual disk: what came, waits, is below and has come back. */
export class ClientMeter {
  /** Sums and gauges, TRAFFIC_FIELDS and CLIENT_FIELDS. */
  readonly values: Float64Array;
  /** The same within those of all entities, from `base` on. */
  private readonly counters: Float64Array;
  private readonly base: number;
  /** Up to when the time in which commands wait is counted; only while some do. */
  private waitingSince = 0;

  constructor(
    private readonly sim: Sim,
    readonly client: number,
    readonly world: WorldQueue,
    labels: ClientLabels,
    private readonly discipline: QosDiscipline,
  ) {
    const { vm, disk, device } = labels;
    const name = `${disk === '*' ? vm : `${vm}:${disk}`} on ${device}`;
    const fields = [...TRAFFIC_FIELDS, ...CLIENT_FIELDS];
    const entity: Entity = sim.meters.define('client', name, { ...labels }, fields);
    entity.refresh = () => this.publish();
    this.values = entity.values;
    this.counters = entity.counters;
    this.base = entity.base;
  }

  setQos({ shares, reservation, limit }: Qos): void {
    this.values[SETTINGS] = shares;
    this.values[SETTINGS + 1] = reservation;
    this.values[SETTINGS + 2] = limit;
  }

  /** A command has come. */
  arrive(units: number): void {
    const { counters, base } = this;
    counters[base + ARRIVALS]++;
    counters[base + ARRIVED_UNITS] += units;
    if (counters[base + QUEUED]++ === 0) this.waitingSince = this.sim.now;
  }

  /** A command goes to the device without having waited. */
  pass(units: number): void {
    const { counters, base } = this;
    counters[base + ARRIVALS]++;
    counters[base + ARRIVED_UNITS] += units;
    counters[base + ACTIVE]++;
  }

  /** A command goes to the device. */
  start(): void {
    this.withdraw();
    this.counters[this.base + ACTIVE]++;
  }

  /** A command is taken out before it started. */
  withdraw(): void {
    if (--this.counters[this.base + QUEUED] === 0) this.countWaiting();
  }

  /** A started command has come back. */
  finish(units: number): void {
    this.counters[this.base + ACTIVE]--;
    this.counters[this.base + UNITS] += units;
  }

  /** Counts a command that is done, started or not. */
  count(op: number, blocks: number, latencyNs: number, status: number, waitedNs: number): void {
    const { counters, base } = this;
    counters[base + WAIT_NS] += waitedNs;
    countTraffic(counters, base, op, blocks, latencyNs, status);
  }

  /** Brings what the scheduler counts up to date. */
  publish(): void {
    const { values, client, discipline } = this;
    values[BY_RESERVATION] = discipline.byReservation[client];
    values[BY_WEIGHT] = discipline.byWeight[client];
    values[LIMITED_NS] = discipline.limitedNs(client);
    if (values[QUEUED] > 0) this.countWaiting();
  }

  private countWaiting(): void {
    const { now } = this.sim;
    this.counters[this.base + WAITING_NS] += now - this.waitingSince;
    this.waitingSince = now;
  }
}
