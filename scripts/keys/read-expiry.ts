import { parseDuration } from '../../gatekeeper/src/lib/duration.ts'
import { formatInstant, parseInstant } from '../../gatekeeper/src/lib/instant.ts'

/** Reads `30d`, `30` (days), `2027-01-31` (its beginning in UTC) or a whole instant. Returns what is wrong. */
export function readExpiry(text: string, now: number): number | string {
  const durationMs = parseDuration(/^\d{1,5}$/.test(text) ? `${text}d` : text)
  const day = /^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text
  const at = durationMs === null ? parseInstant(day) : now + durationMs
  if (at === null) {
    return '--expires must be a duration such as 30d or 12h, a number of days, a date such as 2027-01-31, or an instant with its zone such as 2027-01-31T12:00:00Z'
  }
  return at > now ? at : `--expires lies in the past: ${formatInstant(at)}`
}
