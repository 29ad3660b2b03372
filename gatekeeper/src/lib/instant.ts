// ISO 8601 with a zone (RFC 3339 §5.6): without one, the same text means another moment on
// another machine.
const form = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)$/

/** Reads an ISO 8601 instant with its zone as epoch milliseconds; null where it is none. */
export function parseInstant(text: string): number | null {
  const at = form.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(at) || !hasItsDay(text) ? null : at
}

/** Date.parse takes 31 February for 3 March. */
function hasItsDay(text: string): boolean {
  if (text < `${text.slice(0, 8)}29`) return true
  const lastDay = new Date(Date.UTC(Number(text.slice(0, 4)), Number(text.slice(5, 7)), 0))
  return Number(text.slice(8, 10)) <= lastDay.getUTCDate()
}

/** Epoch milliseconds as people and files write them: `2026-11-22T07:00:00.000Z`. */
export function formatInstant(at: number): string {
  return new Date(at).toISOString()
}

/** The same in whole seconds, rounded up, for people: `2026-11-22T07:00:00Z`. */
export function formatSecond(at: number): string {
  return formatInstant(Math.ceil(at / 1000) * 1000).replace('.000Z', 'Z')
}
