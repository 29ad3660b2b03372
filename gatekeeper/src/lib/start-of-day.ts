import { parseInstant } from './instant.ts'

const hourMs = 3_600_000

/** The first instant of `2026-11-01` in a time zone; null if there is no such day. */
export function startOfDay(text: string, timeZone: string): number | null {
  const noon = /^\d{4}-\d\d-\d\d$/.test(text) ? parseInstant(`${text}T12:00:00Z`) : null
  if (noon === null) return null
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone })
  // Zones are up to 14 hours ahead of UTC and 12 behind; local dates never decrease but by minutes.
  let low = noon - 27 * hourMs
  let high = noon + 13 * hourMs
  while (high - low > 1) {
    const middle = low + Math.floor((high - low) / 2)
    if (format.format(middle) >= text) high = middle
    else low = middle
  }
  return high
}
