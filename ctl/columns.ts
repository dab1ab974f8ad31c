/** Characters that a line of the table may take. */
const lineWidth = 79;

/**
 * Lays words out in as few rows as fit, filled column by column, two blanks apart. Every cell is padded
 * to its column, the last included.
 *
 * @see the Python library's cmd.py, `columnize`
 */
export function columns(words: readonly string[]): readonly string[] {
  for (let rows = 1; ; rows += 1) {
    const table = Array.from({ length: Math.ceil(words.length / rows) }, (_, column) =>
      words.slice(column * rows, (column + 1) * rows),
    );
    const widths = table.map((column) => Math.max(...column.map((word) => word.length)));
    const total = widths.reduce((sum, width) => sum + width + 2, -2);
    if (total > lineWidth && rows < words.length) continue;
    return Array.from({ length: Math.min(rows, words.length) }, (_, row) =>
      table
        .filter((column) => row < column.length)
        .map((column, index) => (column[row] ?? '').padEnd(widths[index] ?? 0))
        .join('  '),
    );
  }
}
