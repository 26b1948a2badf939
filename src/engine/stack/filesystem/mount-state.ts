import type { Entity } from '../../core/meters.js';
import type { Sim } from '../../core/sim.js';

export const MOUNT_FIELDS = [
  'mounted',
  'slot',
  'beatAt',
  'beats',
  'misses',
  'lost',
  'locks',
  'taken',
  'miscompares',
  'conflicts',
  'retries',
  'waiting',
  'broken',
  'lockFiles',
  'leaseNs',
  'session',
  'slotsUsed',
  'slots',
  'extents',
  'missing',
  'bitmapIos',
  'pointerIos',
  'descriptorIos',
  'heartbeatIos',
  'lockIos',
  'journalIos',
  'reserveIos',
  'zeroIos',
] as const;

export type MountField = (typeof MOUNT_FIELDS)[number];

/** A field's place: gauges are set on the path of every I/O of an NFS volume. */
const SLOTS = Object.fromEntries(MOUNT_FIELDS.map((field, slot) => [field, slot])) as Readonly<
  Record<MountField, number>
>;

/** Values of the gauge `session` of an NFS 4.1 mount; 0 where there are no sessions. */
export const SESSION_NONE = 0;
export const SESSION_UP = 1;
export const SESSION_LOST = 2;
export const SESSION_RECLAIMING = 3;

/**
 * A datastore as one host has it mounted, for people: its heartbeat and its locks there. One entity
 * of scope `mount` for each host and datastore.
 */
export class MountState {
  readonly datastore: string;
  private readonly entity: Entity;

  constructor(
    readonly sim: Sim,
    readonly host: string,
    datastore: { readonly name: string; readonly type: string },
    version: number,
  ) {
    this.datastore = datastore.name;
    const labels = {
      host,
      datastore: datastore.name,
      type: datastore.type,
      version: String(version),
    };
    this.entity = sim.meters.define('mount', datastore.name, labels, MOUNT_FIELDS);
    this.set('mounted', 1);
    this.set('slot', Number.NaN);
    this.set('beatAt', Number.NaN);
    this.set('leaseNs', Number.NaN);
  }

  get(field: MountField): number {
    return this.entity.values[SLOTS[field]] as number;
  }

  set(field: MountField, value: number): void {
    this.entity.values[SLOTS[field]] = value;
  }

  add(field: MountField, amount: number): void {
    this.entity.values[SLOTS[field]] += amount;
  }

  /** Brings gauges up to date before a sample is taken. */
  onRefresh(refresh: () => void): void {
    this.entity.refresh = refresh;
  }
}
