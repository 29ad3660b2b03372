/**
 * Lines of CSV (RFC 4180). A text that a spreadsheet would take for a formula gets an apostrophe in
 * front: model names and users come from others, and a spreadsheet runs `=WEBSERVICE(…)` in a cell
 * on the machine of the person who opens the file.
 */
export function toCsv(rows: readonly (readonly (string | number)[])[]): string[] {
  return rows.map((row) => row.map(toCell).join(','))
}

/** Also the wide forms, and blanks in front, which spreadsheets drop. */
const formula = /^[\s\p{Cc}\p{Cf}]*[=+\-@＝＋－＠|%]|^[\t\r\n]/u

function toCell(value: string | number): string {
  if (typeof value === 'number') return String(value)
  const text = formula.test(value) ? `'${value}` : value
  return /[",\r\n;\t]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
