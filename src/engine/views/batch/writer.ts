import type { EntityInfo } from '../../core/meters.js';
import { formatCounterPath } from '../../formats/pdh/counter-path.js';
import { formatLine } from '../../formats/pdh/line.js';
import { formatStamp } from '../../formats/pdh/stamp.js';
import type { Entities } from '../kit/entities.js';
import { Row, type Window } from '../kit/row.js';
import type { BatchCounter } from './counters.js';
import { BATCH_OBJECTS, type BatchObject, type Panel } from './objects.js';

/** First field of the header: times are UTC, no minutes from it. */
export const PDH_HEADER = '(PDH-CSV 4.0) (UTC)(0)';

/**
 * Field groups shown without `-a`: those esxtop shows before anybody has changed them (esxtop
 * reference, section 2, from memory).
 */
export const DEFAULT_GROUPS: Readonly<Record<Panel, string>> = {
  adapter: 'ABCEG',
  device: 'ABFGI',
  vm: 'BCDEFGH',
};

export interface BatchOptions {
  /** Hosts to write, in this order. */
  readonly hosts: readonly string[];
  /** Every counter, whatever its group. */
  readonly all: boolean;
}

interface Column {
  readonly info: EntityInfo;
  readonly counter: BatchCounter;
  readonly name: string;
}

/** The columns of a batch file, fixed for the objects there are at its start, and its lines. */
export class BatchWriter {
  private readonly columns: readonly Column[];

  constructor(entities: Entities, options: BatchOptions) {
    this.columns = options.hosts.flatMap((host) =>
      BATCH_OBJECTS.flatMap((object) => columnsOf(object, host, entities, options.all)),
    );
  }

  /** Number of counters. */
  get count(): number {
    return this.columns.length;
  }

  header(): string {
    return formatLine([PDH_HEADER, ...this.columns.map(({ name }) => name)]);
  }

  /** One sample. @param seconds since 1970, UTC */
  line(window: Window, seconds: number): string {
    const fields = [formatStamp(seconds)];
    let row: Row | undefined;
    for (const { info, counter } of this.columns) {
      if (row?.info !== info) row = new Row(window, info);
      fields.push(formatFigure(counter.value(row)));
    }
    return formatLine(fields);
  }
}

function columnsOf(
  object: BatchObject,
  host: string,
  entities: Entities,
  all: boolean,
): readonly Column[] {
  const counters = object.counters.filter(
    ({ group }) => all || DEFAULT_GROUPS[object.panel].includes(group),
  );
  const { parts } = object;
  return entities
    .scope(object.scope)
    .filter((info) => info.labels.host === host && object.holds(info))
    .flatMap((info) => [info, ...(parts === undefined ? [] : entities.children(info, parts))])
    .flatMap((info) =>
      counters.map((counter) => ({
        info,
        counter,
        name: formatCounterPath({
          host,
          object: object.name,
          instance: object.instance(info),
          counter: counter.name,
        }),
      })),
    );
}

/** Two decimals, as esxtop; a figure there is none of stays empty. */
function formatFigure(value: number): string {
  if (!Number.isFinite(value)) return '';
  const text = value.toFixed(2);
  return text === '-0.00' ? '0.00' : text;
}
