/** A column of a text table. */
export interface Column<Row> {
  readonly title: string;
  readonly align?: 'left' | 'right';
  readonly text: (row: Row) => string;
}

/** Rows as aligned text, with a line of titles; two spaces between columns. */
export function formatTable<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string {
  const cells = columns.map(({ text }) => rows.map((row) => text(row)));
  const widths = columns.map(({ title }, index) =>
    Math.max(title.length, ...cells[index]!.map((cell) => cell.length)),
  );
  const line = (texts: readonly string[]): string =>
    texts
      .map((text, index) => {
        const width = widths[index]!;
        return columns[index]!.align === 'left' ? text.padEnd(width) : text.padStart(width);
      })
      .join('  ')
      .trimEnd();
  const titles = line(columns.map(({ title }) => title));
  return [titles, ...rows.map((_, row) => line(cells.map((column) => column[row]!)))].join('\n');
}

/** `1234567` as `1,234,567`; the same on every machine, whatever its locale. */
export function groupDigits(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',');
}
