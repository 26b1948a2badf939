/** Columns that adapters, paths and devices share: what their scheduler does, and how commands failed. */
import { formatStatus } from '../../core/status.js';
import type { Row } from './row.js';
import type { Field } from './view.js';

/** A counter as its growth per second. */
export function perSecond(
  id: string,
  width: number,
  weight: number,
  field: string,
  help: string,
): Field {
  return { id, width, weight, format: 'fixed', help, value: (row) => row.rate(field) };
}

/** Errors since the start, which a rate shows for one refresh only. */
export function errorCount(weight: number): Field {
  return {
    id: 'ERRORS',
    width: 6,
    weight,
    format: 'count',
    help: 'commands that failed, since the start',
    value: (row) => row.now('errors'),
  };
}

/** Says nothing where no adapter merges. */
const someMerge: NonNullable<Field['shown']> = (entities) =>
  entities.scope('adapter').some(({ labels }) => labels.merge === 'yes');

/** What an adapter's scheduler does with waiting commands, of the adapter or of one path. */
export const merging: readonly Field[] = [
  {
    ...perSecond('MRGFR/s', 8, 2, 'mergedFront', 'commands per second merged in front of another'),
    group: 'merged',
    shown: someMerge,
  },
  {
    ...perSecond('MRGBK/s', 8, 2, 'mergedBack', 'commands per second merged behind another'),
    group: 'merged',
    shown: someMerge,
  },
];

export const splits = perSecond(
  'SPLTCMD/s',
  9,
  7,
  'split',
  'commands per second split for the adapter',
);

export const issued = perSecond(
  'ISSUED/s',
  9,
  8,
  'issued',
  'commands per second sent to the driver',
);

/** The answer of the last command or probe that did not succeed, as the host's log writes it. */
export function lastError(weight: number, latest: (row: Row) => Row | undefined): Field {
  return {
    id: 'LAST ERROR',
    width: 31,
    weight,
    format: 'text',
    help: 'status and sense data of the last error here',
    value: (row) => {
      const from = latest(row);
      const status = from?.now('lastStatus') ?? 0;
      return status > 0 ? formatStatus(status, from?.now('lastSense') ?? 0) : '';
    },
  };
}
