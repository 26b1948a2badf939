import type { Row } from './row.js';
import type { Field } from './view.js';

const NS_PER_S = 1e9;
/** Room for less than an hour is worth a look, for less than ten minutes bad: model. */
const WARN_NS = 3600e9;
const BAD_NS = 600e9;

/** Time until the datastore of a row's object is full, ns; 0 when it is, NaN while its use does not grow. */
function storeFullNs(row: Row): number {
  const store = row.parent('datastore');
  if (store === undefined) return Number.NaN;
  if (store.now('full') > 0) return 0;
  const growth = -store.rate('freeBlocks');
  return growth > 0 ? Math.round((store.now('freeBlocks') / growth) * NS_PER_S) : Number.NaN;
}

/** Forecast for what lies on a datastore: a disk that is small by itself stops with it. */
export function storeFull(weight: number): Field {
  return {
    id: 'DS FULL IN',
    width: 10,
    weight,
    format: 'duration',
    help: 'time until its datastore is full, as fast as everything on it grows now',
    value: storeFullNs,
    level: (value) => {
      if (typeof value !== 'number' || !(value < WARN_NS)) return 0;
      return value < BAD_NS ? 2 : 1;
    },
  };
}
