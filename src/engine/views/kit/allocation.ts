/** Who gets how much of a device, and why: measured in one window, and set against what is fair. */
import type { EntityInfo, Sample } from '../../core/meters.js';
import { entitlements } from '../../qos/entitlement.js';
import { Row } from './row.js';

/**
 * What held a client back, or that nothing did: `idle` asked for nothing, `demand` gets all it asks
 * for, `policy` asks for no more than its storage policy lets through, `limit` waits for its own limit,
 * `reserved` is kept up by its reservation alone, `shares` has its part by weight, `device` has all
 * that the others, who want no more, leave.
 */
export type Why = 'idle' | 'demand' | 'policy' | 'limit' | 'reserved' | 'shares' | 'device';

/** One client, or several together; rates in normalised I/Os per second (Disk.SchedCostUnit). */
export interface Allocation {
  readonly asked: number;
  /** It had commands waiting through the window and would have taken more. */
  readonly wantsMore: boolean;
  readonly entitled: number;
  readonly given: number;
  readonly why: Why;
}

/** A client that had commands waiting for this part of a window is backlogged (model). */
const BACKLOGGED = 0.9;
/** A client that only its limit held back for this part of a window is bound by it (model). */
const LIMIT_BOUND = 0.5;
/** With this part of its dispatches made to keep the reservation, shares gave it nothing (model). */
const RESERVATION_BOUND = 0.97;

/** So many commands waiting on average in the filter of its policy mean that the policy binds (model). */
const POLICY_BOUND = 1;

const NS_PER_S = 1e9;

/** Part of the window that a time counter grew through, 0..1. */
export function partOfWindow(row: Row, field: string): number {
  return row.rate(field) / NS_PER_S;
}

/** Dispatches made to keep the reservation, of all; 0 when there were none. */
export function partByReservation(row: Row): number {
  const reserved = row.grown('byReservation');
  const all = reserved + row.grown('byWeight');
  return all > 0 ? reserved / all : 0;
}

/**
 * The allocation of a virtual machine on a device, or of one of its virtual disks there; undefined for
 * rows that no scheduler serves. A machine is the sum of its disks, its reason that of the disk that got
 * the most.
 */
export function allocationOf(row: Row): Allocation | undefined {
  const device = row.parent('device');
  if (device === undefined) return undefined;
  const all = allocations(device);
  if (row.info.scope === 'client') return all.get(row.info.index);
  const parts = row.children('client').flatMap(({ info }) => all.get(info.index) ?? []);
  return parts.length > 0 ? parts.reduce(together) : undefined;
}

/** Normalised I/Os per second all clients of a device got, which is what there is to share. */
export function givenBy(device: Row): number {
  return device.children('client').reduce((sum, client) => sum + client.rate('units'), 0);
}

function together(a: Allocation, b: Allocation): Allocation {
  return {
    asked: a.asked + b.asked,
    wantsMore: a.wantsMore || b.wantsMore,
    entitled: a.entitled + b.entitled,
    given: a.given + b.given,
    why: b.given > a.given || a.why === 'idle' ? b.why : a.why,
  };
}

interface Known {
  /** When the window began. Not the sample itself: each would keep the one before it, for ever. */
  readonly fromNs: number;
  readonly devices: Map<EntityInfo, ReadonlyMap<number, Allocation>>;
}

const known = new WeakMap<Sample, Known>();

/** Of all clients of a device, by number; kept per window: every row and every column asks. */
function allocations(device: Row): ReadonlyMap<number, Allocation> {
  const { before, after } = device.window;
  let found = known.get(after);
  if (found?.fromNs !== before.at) {
    found = { fromNs: before.at, devices: new Map() };
    known.set(after, found);
  }
  let ofDevice = found.devices.get(device.info);
  if (ofDevice === undefined) {
    ofDevice = allocate(device);
    found.devices.set(device.info, ofDevice);
  }
  return ofDevice;
}

function allocate(device: Row): ReadonlyMap<number, Allocation> {
  const clients = device.children('client').map(({ window, info }) => new Row(window, info));
  const fair = entitlements(
    givenBy(device),
    clients.map((row) => ({
      reservation: row.now('reservation'),
      limit: row.now('limit'),
      weight: row.now('shares'),
      demand: isBacklogged(row) ? Number.POSITIVE_INFINITY : row.rate('arrivedUnits'),
    })),
  );
  const reasons = clients.map(whyOf);
  const rivals = reasons.filter((why) => why === 'shares' || why === 'reserved').length;
  return new Map(
    clients.map((row, index) => [
      row.info.index,
      {
        asked: row.rate('arrivedUnits'),
        wantsMore: isBacklogged(row),
        entitled: fair[index] ?? 0,
        given: row.rate('units'),
        why: reasons[index] === 'shares' && rivals === 1 ? 'device' : (reasons[index] ?? 'idle'),
      },
    ]),
  );
}

function isBacklogged(row: Row): boolean {
  return partOfWindow(row, 'waitingNs') >= BACKLOGGED;
}

/** Without regard to the other clients, so that `shares` may turn out to be `device`. */
function whyOf(row: Row): Why {
  if (partOfWindow(row, 'limitedNs') >= LIMIT_BOUND) return 'limit';
  if (!isBacklogged(row)) {
    if (isHeldByPolicy(row)) return 'policy';
    return row.grown('arrivals') > 0 || row.grown('units') > 0 ? 'demand' : 'idle';
  }
  return partByReservation(row) >= RESERVATION_BOUND ? 'reserved' : 'shares';
}

/** Commands that a storage policy holds back have not come to the device yet. */
function isHeldByPolicy({ window, info: { labels } }: Row): boolean {
  const name = `${labels.vm}:${labels.disk}`;
  const info = window.entities.scope('filter').find((filter) => filter.name === name);
  if (info === undefined) return false;
  const filter = new Row(window, info);
  const waiting = partOfWindow(filter, 'occupancyNs') - partOfWindow(filter, 'activeNs');
  return waiting >= POLICY_BOUND;
}
