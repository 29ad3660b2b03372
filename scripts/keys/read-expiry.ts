import { parseDuration } from '../../gatekeeper/src/lib/duration.ts'
import { parseInstant } from '../../gatekeeper/src/lib/instant.ts'

/** Reads `30d`, `2027-01-31` (its beginning in UTC) or a whole instant. Returns what is wrong. */
export function readExpiry(text: string, now: number): number | string {
  const durationMs = parseDuration(text)
  const day = /^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text
  const at = durationMs === null ? parseInstant(day) : now + durationMs
  if (at === null) {
    return '--expires is neither a duration such as 30d or 12h nor a date such as 2027-01-31'
  }
  return at > now ? at : '--expires lies in the past'
}
