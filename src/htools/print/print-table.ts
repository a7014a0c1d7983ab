/**
 * Rows in columns, as Ganeti's programs print them: two cells a space apart, a space before each row.
 * @param numeric by column: aligned to the right
 */
export function printTable(indent: string, rows: readonly (readonly string[])[], numeric: readonly boolean[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => length(row[column] ?? ''))));
  const align = (text: string, column: number) => {
    const filler = ' '.repeat((widths[column] as number) - length(text));
    return numeric[column] ? filler + text : text + filler;
  };
  return rows.map((row) => `${indent} ${row.map(align).join(' ')}\n`).join('');
}

/** In characters, not in UTF-16 units. */
const length = (text: string): number => Array.from(text).length;
