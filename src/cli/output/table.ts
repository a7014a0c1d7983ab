import { stripVTControlCharacters } from 'node:util';

export interface TableColumn {
  readonly title: string;
  /** Numbers stand to the right. */
  readonly right?: boolean;
}

export interface TableOptions {
  readonly headers?: boolean;
  /** Cells joined by this instead of being aligned. */
  readonly separator?: string;
  /** How the line of titles looks. */
  readonly paintTitle?: (text: string) => string;
}

const gap = '  ';

/** Lines of a table: columns aligned, two blanks between, no borders, no blanks at the end of a line. */
export function renderTable(columns: readonly TableColumn[], rows: readonly (readonly string[])[], options: TableOptions = {}): string[] {
  const { headers = true, separator, paintTitle = (text) => text } = options;
  const titles = columns.map(({ title }) => title);
  if (separator !== undefined) return [...(headers ? [titles] : []), ...rows].map((row) => row.join(separator));
  const widths = titles.map((title) => (headers ? width(title) : 0));
  for (const row of rows) {
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, width(cell));
  }
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, index) => align(cell, widths[index] ?? 0, columns[index]?.right ?? false))
      .join(gap)
      .trimEnd();
  return [...(headers ? [paintTitle(line(titles))] : []), ...rows.map(line)];
}

function align(cell: string, to: number, right: boolean): string {
  const blanks = ' '.repeat(Math.max(0, to - width(cell)));
  return right ? blanks + cell : cell + blanks;
}

const width = (text: string): number => Array.from(stripVTControlCharacters(text)).length;
