/** Filters: the language, its errors, and which rows of made-up hosts they leave. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { views } from '../../src/engine/views/index.js';
import type { View } from '../../src/engine/views/kit/view.js';
import { compileFilter, filterProblem } from '../../src/tui/filter/compile.js';
import { type Filter, FilterError, isPlain, parseFilter } from '../../src/tui/filter/parse.js';
import { initialState } from '../../src/tui/state.js';
import { tableRows } from '../../src/tui/table/rows.js';
import { isText } from '../../src/tui/table/sort.js';
import { World } from '../../src/tui/world.js';
import { FakeEngine } from './fake-engine.js';
import { NAA } from './fake-layout.js';

function view(name: string): View {
  const found = views.find((each) => each.name === name);
  if (found === undefined) throw new Error(`no view ${name}`);
  return found;
}

/** Two seconds of the fake engine: every device has 1500 commands/s, DAVG 2, KAVG 2.6 ms. */
function world(change: Parameters<FakeEngine['frame']>[0] = {}): World {
  const engine = new FakeEngine();
  const made = new World();
  engine.listen((message) => made.hear(message));
  engine.sendLayout();
  engine.frame();
  engine.frame(change);
  return made;
}

function names(screen: string, filter: string, on = world(), expanded: string[] = []): string[] {
  const ui = { ...initialState(false), screen, filter, expanded: new Set(expanded) };
  return tableRows(view(screen), on, ui).map(({ name }) => name);
}

/** A filter written out again, fully bracketed. */
function write(filter: Filter): string {
  switch (filter.is) {
    case 'text':
      return `"${filter.text}"`;
    case 'not':
      return `not (${write(filter.inner)})`;
    case 'test':
      return `${filter.column} ${filter.operator} "${filter.value}"`;
    default:
      return `(${write(filter.left)}) ${filter.is} (${write(filter.right)})`;
  }
}

/** Without the places, which differ by how it is written. */
function bare(filter: Filter | undefined): unknown {
  return JSON.parse(JSON.stringify(filter, (key, value) => (/At$/.test(key) ? undefined : value)));
}

const word = fc
  .stringMatching(/^[a-zA-Z0-9_./%{}:-]{1,8}$/)
  .filter((text) => !/^(and|or|not)$/i.test(text));
const filters = fc.letrec<{ any: Filter; leaf: Filter }>((tie) => ({
  leaf: fc.oneof(
    fc.record({ is: fc.constant('text' as const), text: word }),
    fc.record({
      is: fc.constant('test' as const),
      column: word,
      operator: fc.constantFrom('=', '!=', '~', '!~', '<', '<=', '>', '>='),
      value: word,
      columnAt: fc.constant(0),
      valueAt: fc.constant(0),
    }),
  ),
  any: fc.oneof(
    { maxDepth: 4 },
    tie('leaf'),
    fc.record({ is: fc.constant('not' as const), inner: tie('any') }),
    fc.record({
      is: fc.constantFrom('and' as const, 'or' as const),
      left: tie('any'),
      right: tie('any'),
    }),
  ),
})).any as fc.Arbitrary<Filter>;

describe('the language', () => {
  test('what is written is what is read', () => {
    fc.assert(
      fc.property(filters, (filter) => {
        // Brackets make even a single text more than a text to look for.
        expect(bare(parseFilter(`(${write(filter)})`))).toEqual(bare(filter));
      }),
    );
  });

  test('any text is read or refused with a place inside it, never anything else', () => {
    const pieces = fc.constantFrom(
      'and',
      'or',
      'not',
      '(',
      ')',
      '>',
      '~',
      '!',
      '"',
      "'",
      'kavg',
      '2',
      ' ',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(pieces).map((all) => all.join(' ')),
        ),
        (text) => {
          try {
            parseFilter(text);
          } catch (error) {
            expect(error).toBeInstanceOf(FilterError);
            expect((error as FilterError).at).toBeGreaterThanOrEqual(0);
            expect((error as FilterError).at).toBeLessThanOrEqual(text.length);
          }
        },
      ),
    );
  });

  test('a text without operators is looked for as it is', () => {
    fc.assert(
      fc.property(fc.array(word, { minLength: 1 }), (words) => {
        const text = words.join(' ');
        expect(isPlain(text)).toBe(true);
        expect(parseFilter(text)).toEqual({ is: 'text', text });
      }),
    );
  });

  test('and binds closer than or, not closer than both', () => {
    expect(bare(parseFilter('a=1 or b=2 and not c=3'))).toEqual(
      bare(parseFilter('a=1 or (b=2 and (not (c=3)))')),
    );
  });

  test.each([
    ['kavg>', 5, /value after kavg >/],
    ['(kavg>2', 0, /never closed/],
    ['kavg>2)', 6, /never opened/],
    ['kavg>2 lat>3', 7, /expected and, or/],
    ['kavg>2 and', 10, /before the end/],
    ['vm="web', 3, /no end/],
    ['> 2', 0, /expected a column/],
  ])('%s is told at %i', (text, at, message) => {
    const refuse = (): unknown => parseFilter(text);
    expect(refuse).toThrow(message);
    try {
      refuse();
    } catch (error) {
      expect((error as FilterError).at).toBe(at);
    }
  });

  test('brackets without end are refused, not followed', () => {
    expect(() => parseFilter('('.repeat(5000))).toThrow(/too many brackets/);
  });
});

describe('rows', () => {
  const slow = { [`device ${NAA[1]}`]: { readNs: 1e12 } };

  test('numbers by column, short names and units', () => {
    // 700 reads/s x 1.5 and 300 writes/s x 1.5 per device; 4.6 ms each; one reads far more slowly.
    expect(names('device', 'kavg>2')).toEqual(NAA);
    expect(names('device', 'KAVG/cmd > 100', world(slow))).toEqual([NAA[1]]);
    expect(names('device', 'lat>5ms', world(slow))).toEqual([NAA[1]]);
    expect(names('device', 'gavg<=4700us', world(slow))).toEqual([NAA[0]]);
    expect(names('device', 'cmds>=1.5k')).toEqual(NAA);
    expect(names('device', 'cmds>1.5k')).toEqual([]);
    expect(names('device', 'reads/s=1050')).toEqual(NAA);
    expect(names('virtual-disk', 'lat>=5 and cmds>999')).toHaveLength(3);
    // 100 x 2^21 blocks of 512 bytes are 100 GB.
    expect(names('datastore', 'capacity=100GB and free<21GB')).toEqual(['ds1', 'ds2']);
    expect(names('datastore', 'capacity=102400')).toEqual(['ds1', 'ds2']);
  });

  test('a number with a mark is a number: what is asked on the QoS screen', () => {
    // The fake clients are asked for 1,000 units per second each; all of them wait.
    expect(names('qos', 'asked>=1000')).toHaveLength(3);
    expect(names('qos', 'asked>1000')).toEqual([]);
  });

  test('texts by column and label, whatever the case', () => {
    expect(names('virtual-disk', 'vm=DB1')).toEqual(['db1:scsi0:0']);
    expect(names('virtual-disk', 'vm~web')).toHaveLength(2);
    expect(names('virtual-disk', 'vm!~web')).toEqual(['db1:scsi0:0']);
    expect(names('virtual-disk', 'not (vm=web1 or datastore=ds2)')).toEqual(['web2:scsi0:0']);
    expect(names('path', 'state=active and adapter=vmhba1')).toHaveLength(2);
    expect(names('device', 'lun = "lun1"')).toEqual([NAA[1]]);
  });

  test('a device has the machines and datastores on it', () => {
    expect(names('device', 'kavg>2 and datastore~DS2')).toEqual([NAA[1]]);
    expect(names('device', 'vm=web2')).toEqual([NAA[0]]);
    // != holds where no machine of that name is on the device.
    expect(names('device', 'vm!=web2')).toEqual([NAA[1]]);
    expect(names('datastore', `device~${NAA[0]}`)).toEqual(['ds1']);
    expect(names('adapter', `device=${NAA[0]}`)).toEqual(['vmhba1', 'vmhba2']);
  });

  test('what does not apply is neither above nor below', () => {
    expect(names('virtual-disk', 'host=esx1')).toHaveLength(3);
    expect(names('device', 'blksz>0 or not blksz>0')).toEqual(NAA);
    const noDepth = world({ [`device ${NAA[0]}`]: { slots: 4_294_967_295 } });
    expect(names('device', 'dqlen<1000000', noDepth)).toEqual([NAA[1]]);
    expect(names('device', 'dqlen!=5', noDepth)).toEqual([NAA[1]]);
  });

  test('a row whose parts match stays above them; one that matches has all its parts', () => {
    const key = `device\nesx1\n\n${NAA[0]}`;
    expect(names('device', 'vm=web2 and shares=1000', world(), [key])).toEqual([NAA[0], 'web2']);
    expect(names('device', 'dqlen=64 and vm=web2', world(), [key])).toEqual([
      NAA[0],
      'web1',
      'web2',
    ]);
  });

  test.each([
    ['foo>3', 'at character 1: no column "foo" here'],
    ['cmds>1 and kavk>3', 'at character 12: no column "kavk" here; there is KAVG/cmd'],
    ['kavg~3', 'at character 5: KAVG/cmd is a number'],
    ['vm>3', 'at character 3: vm is a text'],
    ['kavg>fast', 'at character 6: "fast" is no number for KAVG/cmd; such as 5, 5ms or 500us'],
    ['kavg>5GB', 'at character 6: "5GB" is no number for KAVG/cmd'],
  ])('%s: %s', (text, problem) => {
    expect(filterProblem(text, 'device', world())).toContain(problem);
  });

  test('lines of the log are only searched', () => {
    expect(filterProblem('kavg>', 'events', world())).toBeUndefined();
  });

  test('every column of every screen can be asked for by its title', () => {
    const on = world();
    for (const each of views) {
      for (const field of each.fields) {
        const { id } = field;
        const text = isText(field) ? `"${id}"!="x"` : `"${id}">=0`;
        expect(() => compileFilter(text, each, on), `${each.name} ${id}`).not.toThrow();
      }
    }
  });
});
