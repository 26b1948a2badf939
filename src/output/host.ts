/** One update of a real machine's disks, as text or as a line of JSON: the columns of the screens. */
import type { EntityInfo, Sample } from '../engine/core/meters.js';
import { adapter } from '../engine/views/adapter.js';
import { device } from '../engine/views/device.js';
import { Entities } from '../engine/views/kit/entities.js';
import { formatCell } from '../engine/views/kit/format.js';
import type { Row } from '../engine/views/kit/row.js';
import { type Field, type View, viewRows } from '../engine/views/kit/view.js';
import { formatTable } from './table.js';

/** Columns a real machine has something to say in. */
const COLUMNS: ReadonlySet<string> = new Set([
  'ADAPTR',
  'DEVICE',
  'DRIVER',
  'LUN',
  'AQLEN',
  'DQLEN',
  'ACTV',
  'CMDS/s',
  'READS/s',
  'WRITES/s',
  'MBREAD/s',
  'MBWRTN/s',
  'GAVG/cmd',
  'GAVG/rd',
  'GAVG/wr',
]);
const WIDE = 40;
const DECIMALS = 1e6;

const fieldsOf = ({ fields }: View): Field[] => fields.filter(({ id }) => COLUMNS.has(id));

/** Figures of the time between two samples; what the system does not tell is `-`, in JSON null. */
export function formatUpdate(
  host: string,
  infos: readonly EntityInfo[],
  before: Sample,
  after: Sample,
  json: boolean,
): string {
  const window = { entities: new Entities(infos), before, after };
  const seconds = (at: number): number => round(at / 1e9);
  if (json) {
    return JSON.stringify({
      host,
      fromSeconds: seconds(before.at),
      toSeconds: seconds(after.at),
      adapters: viewRows(adapter, window).map((row) => record(row, fieldsOf(adapter))),
      devices: viewRows(device, window).map((row) => record(row, fieldsOf(device))),
    });
  }
  const table = formatTable(
    viewRows(device, window),
    fieldsOf(device).map(({ id, format, value }) => ({
      title: id,
      align: format === 'text' ? ('left' as const) : ('right' as const),
      text: (row: Row) => formatCell(format, value(row), WIDE),
    })),
  );
  return `${seconds(before.at)} s to ${seconds(after.at)} s\n${table}\n`;
}

function record(row: Row, fields: readonly Field[]): Record<string, string | number | null> {
  return Object.fromEntries(
    fields.map(({ id, value }) => {
      const cell = value(row);
      if (typeof cell === 'string') return [id, cell === '' ? null : cell];
      return [id, Number.isFinite(cell) ? round(cell) : null];
    }),
  );
}

const round = (value: number): number => Math.round(value * DECIMALS) / DECIMALS;
