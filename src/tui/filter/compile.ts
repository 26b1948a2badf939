/** A filter for the rows of one table: names become columns or labels, values become numbers. */
import { BLOCK_BYTES } from '../../engine/core/io.js';
import { parseDuration, parseSize } from '../../engine/core/units.js';
import type { Row } from '../../engine/views/kit/row.js';
import type { Field, View } from '../../engine/views/kit/view.js';
import { screenOf } from '../screens.js';
import { isText } from '../table/sort.js';
import type { World } from '../world.js';
import { type Filter, FilterError, type Operator, parseFilter } from './parse.js';
import { namesOf, relatedLabels } from './relations.js';

export type RowTest = (row: Row) => boolean;
type Test = Extract<Filter, { is: 'test' }>;

const NS_PER_MS = 1e6;
const FACTORS: Readonly<Record<string, number>> = { '': 1, '%': 1, k: 1e3, K: 1e3, M: 1e6, G: 1e9 };
const BARE_SIZE_UNIT = 'MB';

/**
 * @returns undefined for a filter that is empty
 * @throws FilterError with the place in the text
 */
export function compileFilter(text: string, view: View, world: World): RowTest | undefined {
  const filter = parseFilter(text);
  return filter === undefined ? undefined : rowTest(filter, view, world);
}

/** What is wrong with a filter typed for a screen, with its place; lines of the log are only searched. */
export function filterProblem(text: string, screen: string, world: World): string | undefined {
  const { view } = screenOf(screen);
  if (view === undefined) return undefined;
  try {
    compileFilter(text, view, world);
    return undefined;
  } catch (error) {
    if (error instanceof FilterError) return `at character ${error.at + 1}: ${error.message}`;
    throw error;
  }
}

function rowTest(filter: Filter, view: View, world: World): RowTest {
  switch (filter.is) {
    case 'text':
      return contains(filter.text, world);
    case 'not': {
      const inner = rowTest(filter.inner, view, world);
      return (row) => !inner(row);
    }
    case 'and':
    case 'or': {
      const left = rowTest(filter.left, view, world);
      const right = rowTest(filter.right, view, world);
      return filter.is === 'and'
        ? (row) => left(row) && right(row)
        : (row) => left(row) || right(row);
    }
    case 'test':
      return comparison(filter, view, world);
  }
}

/** In the row's name, its labels, or the names of what lies on it or below it. */
function contains(text: string, world: World): RowTest {
  const wanted = text.toLowerCase();
  return (row) => namesOf(row, world).some((name) => name.toLowerCase().includes(wanted));
}

function comparison(test: Test, view: View, world: World): RowTest {
  const field = fieldOf(view, test.column);
  if (field !== undefined && !isText(field)) return numberTest(test, field);
  const label = test.column.toLowerCase();
  const labels = relatedLabels(world);
  if (field === undefined && !labels.has(label)) throw noSuchColumn(test, view, labels);
  // A column that shows an object's name, or what a label of that name says.
  const values = (row: Row): readonly string[] => [
    ...(field === undefined ? [] : [String(field.value(row))]),
    ...(labels.has(label) ? namesOf(row, world, label) : []),
  ];
  return textTest(test, values);
}

/**
 * The column a name means, whatever its case: its title; the title before the stroke, where `/cmd`
 * and `/s` come before `/rd`; or `lat`, which is the latency this screen has.
 */
function fieldOf({ fields }: View, column: string): Field | undefined {
  const wanted = column.toLowerCase();
  const titles = wanted === 'lat' ? ['lat', 'gavg'] : [wanted];
  const found = titles.flatMap((title) => [
    ...fields.filter(({ id }) => id.toLowerCase() === title),
    ...['/cmd', '/s'].flatMap((end) => fields.filter(({ id }) => id.toLowerCase() === title + end)),
    ...fields.filter(({ id }) => id.toLowerCase().split('/')[0] === title),
  ]);
  return found[0];
}

function noSuchColumn({ column, columnAt }: Test, view: View, labels: ReadonlySet<string>) {
  const ids = view.fields.map(({ id }) => id);
  const start = column.slice(0, 2).toLowerCase();
  const near = [...ids, ...labels].filter((id) => id.toLowerCase().startsWith(start));
  const known = near.length > 0 ? near : ids;
  return new FilterError(
    `no column "${column}" here; there is ${known.slice(0, 8).join(', ')}`,
    columnAt,
  );
}

function numberTest(test: Test, { id, value, number, format, unit }: Field): RowTest {
  const { operator, value: text, valueAt } = test;
  if (operator === '~' || operator === '!~') {
    throw new FilterError(`${id} is a number: compare it with < <= = != >= >`, valueAt - 1);
  }
  const wanted = numberOf(text, unit ?? format);
  if (wanted === undefined) {
    throw new FilterError(
      `"${text}" is no number for ${id}; ${EXAMPLES[unit ?? format] ?? '5 or 5k'}`,
      valueAt,
    );
  }
  const holds = NUMBER_TESTS[operator];
  return (row) => {
    const found = Number(number?.(row) ?? value(row));
    // What does not apply to a row is neither above nor below anything, nor different from it.
    return !Number.isNaN(found) && holds(found, wanted);
  };
}

const NUMBER_TESTS: Readonly<
  Record<Exclude<Operator, '~' | '!~'>, (a: number, b: number) => boolean>
> = {
  '=': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
};

const EXAMPLES: Readonly<Record<string, string>> = {
  ms: 'such as 5, 5ms or 500us',
  blocks: 'such as 100 (MB), 20GB or 1.5TB',
  duration: 'such as 90 (seconds), 10min or 2h',
  until: 'such as 90 (seconds), 10min or 2h',
  percent: 'such as 80 or 80%',
};

/** A value in what the column counts in: ms, blocks, ns, or just numbers. */
function numberOf(text: string, kind: string): number | undefined {
  const bare = /^\d*\.?\d+$/.test(text);
  if (kind === 'ms') {
    const ns = bare ? Number(text) * NS_PER_MS : parseDuration(text);
    return ns === undefined ? undefined : ns / NS_PER_MS;
  }
  if (kind === 'duration' || kind === 'until') return parseDuration(bare ? `${text}s` : text);
  if (kind === 'blocks') {
    const bytes = parseSize(bare ? text + BARE_SIZE_UNIT : text);
    return bytes === undefined ? undefined : bytes / BLOCK_BYTES;
  }
  const [, number, suffix = ''] = /^(-?\d*\.?\d+)([kKMG%]?)$/.exec(text) ?? [];
  return number === undefined ? undefined : Number(number) * (FACTORS[suffix] ?? 1);
}

/** Of several names, as of the machines on a device, one is enough; none may hold for != and !~. */
function textTest(test: Test, values: (row: Row) => readonly string[]): RowTest {
  const { operator, column, columnAt } = test;
  const wanted = test.value.toLowerCase();
  const equals = (text: string): boolean => text.toLowerCase() === wanted;
  const includes = (text: string): boolean => text.toLowerCase().includes(wanted);
  switch (operator) {
    case '=':
      return (row) => values(row).some(equals);
    case '!=':
      return (row) => !values(row).some(equals);
    case '~':
      return (row) => values(row).some(includes);
    case '!~':
      return (row) => !values(row).some(includes);
    default:
      throw new FilterError(
        `${column} is a text: compare it with = != ~ !~`,
        columnAt + column.length,
      );
  }
}
