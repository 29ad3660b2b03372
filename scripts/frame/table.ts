/**
 * Lines with aligned columns, for people; the first row is the heading. Columns of figures, by their
 * places, are aligned on the right.
 */
export function formatTable(
  rows: readonly (readonly string[])[],
  options: { readonly right: readonly number[] } = { right: [] },
): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => printable(row[column] ?? '').length)),
  )
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0
        const text = printable(cell)
        return options.right.includes(column) ? text.padStart(width) : text.padEnd(width)
      })
      .join('  ')
      .trimEnd(),
  )
}

/** A file can contain control characters that move the cursor of a terminal; a table must not. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, '?')
}
