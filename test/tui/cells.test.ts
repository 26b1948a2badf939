/** What is written to turn one screen into another, judged by a terminal parser. */
import xterm from '@xterm/headless';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BLANK, type Cells, difference, RowBuilder } from '../../src/tui/cells.js';

/** Wider than any row made here. */
const WIDTH = 64;

function cellsOf(row: string, width = WIDTH): Cells {
  const builder = new RowBuilder();
  builder.add(row, 0, width);
  return builder.cells;
}

function terminal() {
  const term = new xterm.Terminal({ cols: WIDTH, rows: 2, allowProposedApi: true, scrollback: 0 });
  const write = (text: string): Promise<void> => new Promise((done) => term.write(text, done));
  /** Character and all of its attributes, by column of the second row. */
  const row = (): string[] => {
    const line = term.buffer.active.getLine(1);
    return Array.from({ length: WIDTH }, (_, x) => {
      const cell = line?.getCell(x);
      if (cell === undefined) return '';
      const looks = [
        cell.getFgColorMode(),
        cell.getFgColor(),
        cell.getBgColorMode(),
        cell.getBgColor(),
        cell.isBold(),
        cell.isDim(),
        cell.isItalic(),
        cell.isUnderline(),
        cell.isInverse(),
      ];
      return `${cell.getChars() || ' '} ${looks.join()}`;
    });
  };
  return { write, row };
}

const CODES = [
  ...['0', '', '1', '2', '22', '4', '24', '7', '27', '31', '92', '39', '44', '103', '49'],
  ...['38;5;81', '48;5;17', '38;2;1;2;3', '1;33', '0;36'],
];
const piece = fc.oneof(
  fc.constantFrom(...CODES).map((code) => `\u001B[${code}m`),
  fc.stringMatching(/^[a-c ]{1,5}$/),
);
const row = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));

/** Printable characters of an output: cursor movements and styles are not. */
function printed(output: string): number {
  return output.replace(/\u001B\[[\d;]*[A-Za-z]/g, '').length;
}

describe('difference', () => {
  test('leaves the terminal as if the row had been written whole', async () => {
    await fc.assert(
      fc.asyncProperty(row, row, async (before, now) => {
        const stepwise = terminal();
        await stepwise.write(difference(BLANK, cellsOf(before), 1));
        await stepwise.write(difference(cellsOf(before), cellsOf(now), 1));
        const whole = terminal();
        const { text } = cellsOf(now);
        expect(text).toHaveLength(WIDTH);
        await whole.write(`\u001B[2;1H\u001B[?7l${now}`);
        expect(stepwise.row().map((cell, x) => (x < printed(now) ? cell : cell[0]))).toEqual(
          whole.row().map((cell, x) => (x < printed(now) ? cell : cell[0])),
        );
      }),
      { numRuns: 60, seed: 5 },
    );
  });

  test('writes the cells that differ, and no others', () => {
    const letters = fc.array(fc.constantFrom('a', 'b', '\u001B[31mc\u001B[0m'), {
      minLength: WIDTH,
      maxLength: WIDTH,
    });
    fc.assert(
      fc.property(letters, letters, (before, now) => {
        const output = difference(cellsOf(before.join('')), cellsOf(now.join('')), 0);
        const differing = now.filter((cell, x) => cell !== before[x]).length;
        expect(printed(output)).toBe(differing);
        if (differing === 0) expect(output).toBe('');
      }),
      { numRuns: 60, seed: 5 },
    );
  });

  test('a colour that changes is a change, and styles do not leak', () => {
    const output = difference(
      cellsOf('\u001B[31mab\u001B[0m'),
      cellsOf('a\u001B[32mb\u001B[0m'),
      0,
    );
    expect(output).toBe('\u001B[1;1Ha\u001B[32mb\u001B[0m');
  });

  test('blanks of a cleared screen are there already', () => {
    expect(difference(BLANK, cellsOf('   x   '), 0)).toBe('\u001B[1;4Hx');
  });

  test('what ends a single attribute leaves no style behind', () => {
    const row = '\u001B[1m\u001B[31ma\u001B[39m\u001B[22mb';
    expect(difference(BLANK, cellsOf(row), 0)).toBe('\u001B[1;1H\u001B[1m\u001B[31ma\u001B[0mb');
  });
});
