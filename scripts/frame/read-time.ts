import { parseDuration } from '../../gatekeeper/src/lib/duration.ts'
import { parseInstant } from '../../gatekeeper/src/lib/instant.ts'
import { startOfDay } from '../../gatekeeper/src/lib/start-of-day.ts'
import { UsageError } from './words.ts'

/**
 * Reads the value of an option such as `--since`: `7d` before now, `2026-11-01` (its beginning in the
 * time zone), or a whole instant. Throws a UsageError for anything else.
 */
export function readTime(
  option: string,
  text: string,
  { clock, timeZone }: { readonly clock: () => number; readonly timeZone: string },
): number {
  const durationMs = parseDuration(text)
  if (durationMs !== null) return clock() - durationMs
  const instant = parseInstant(text) ?? startOfDay(text, timeZone)
  if (instant !== null) return instant
  throw new UsageError(
    `--${option} must be a duration such as 7d or 12h, a date such as 2026-11-01, or an instant such as 2026-11-01T08:00:00Z`,
  )
}
