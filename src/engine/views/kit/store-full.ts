import type { Row } from './row.js';
import type { Field } from './view.js';

const NS_PER_S = 1e9;
/** Room for less than an hour is worth a look, for less than ten minutes bad: model. */
const WARN_NS = 3600e9;
const BAD_NS = 600e9;

/**
 * Time until a datastore that grows by so many blocks per second is full, ns; 0 when it is, NaN while
 * it does not grow.
 */
function untilFullNs(store: Row, growth: number): number {
  const free = store.now('freeBlocks');
  if (store.now('full') > 0 || free === 0) return 0;
  return growth > 0 ? Math.round((free / growth) * NS_PER_S) : Number.NaN;
}

/** Thin disks and deltas that have their whole size at last fill it only if it has promised too much. */
function mayFill(store: Row): boolean {
  return store.now('provisionedBlocks') > store.now('capacityBlocks');
}

function forecast(
  id: string,
  width: number,
  weight: number,
  help: string,
  storeOf: (row: Row) => Row | undefined,
  growthOf: (store: Row) => number,
): Field {
  return {
    id,
    width,
    weight,
    format: 'until',
    help,
    value: (row) => {
      const store = storeOf(row);
      return store === undefined ? Number.NaN : untilFullNs(store, growthOf(store));
    },
    level: (ns, row) => {
      const store = storeOf(row);
      if (store === undefined || typeof ns !== 'number' || !(ns < WARN_NS)) return 0;
      if (ns > 0 && !mayFill(store)) return 0;
      return ns < BAD_NS ? 2 : 1;
    },
  };
}

/** Forecast for a datastore, by its fitted growth. A file on it has none. */
export function ownFull(weight: number): Field {
  const help = 'time until it is full if it goes on growing like that; now: it is';
  const growthOf = (store: Row): number => store.now('growthBlocks');
  return forecast('FULL IN', 9, weight, help, (row) => row, growthOf);
}

/** Forecast for what lies on a datastore: a disk that is small by itself stops with it. */
export function storeFull(weight: number): Field {
  const help = 'time until its datastore is full, as fast as everything on it grows now';
  const growthOf = (store: Row): number => -store.rate('freeBlocks');
  return forecast('DS FULL IN', 10, weight, help, (row) => row.parent('datastore'), growthOf);
}
