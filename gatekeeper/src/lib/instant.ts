// ISO 8601 with a zone (RFC 3339 §5.6): without a zone, the text means different moments on
// different machines.
const form = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)$/

/** Reads an ISO 8601 instant with its zone as epoch milliseconds; null if the text is not one. */
export function parseInstant(text: string): number | null {
  const at = form.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(at) || !hasItsDay(text) ? null : at
}

/** Date.parse reads 31 February as 3 March. */
function hasItsDay(text: string): boolean {
  if (text < `${text.slice(0, 8)}29`) return true
  const lastDay = new Date(Date.UTC(Number(text.slice(0, 4)), Number(text.slice(5, 7)), 0))
  return Number(text.slice(8, 10)) <= lastDay.getUTCDate()
}

/** Formats epoch milliseconds for people and files: `2026-11-22T07:00:00.000Z`. */
export function formatInstant(at: number): string {
  return new Date(at).toISOString()
}

/** Formats epoch milliseconds in whole seconds, rounded up: `2026-11-22T07:00:00Z`. */
export function formatSecond(at: number): string {
  return formatInstant(Math.ceil(at / 1000) * 1000).replace('.000Z', 'Z')
}
