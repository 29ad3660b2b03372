import type { Clock } from '../../../gatekeeper/src/lib/clock.ts'
import { parseInstant } from '../../../gatekeeper/src/lib/instant.ts'
import { startOfDay } from '../../../gatekeeper/src/lib/start-of-day.ts'
import { RefusedError } from './answer.ts'

/** Epoch ms; the second is not in it. */
export type Period = { readonly fromAt: number; readonly toAt: number }

type Dates = { readonly startDate?: string | undefined; readonly endDate?: string | undefined }

const dayMs = 86_400_000
const usualDays = 30
/** What a report may span, so that it ends. */
const daysMax = 800

/**
 * Reads the period of a report: instants of RFC 3339, or days of the time zone, of which the last one
 * counts as a whole. Throws a RefusedError for anything else.
 */
export function readPeriod(
  { startDate, endDate }: Dates,
  { timeZone, clock }: { readonly timeZone: string; readonly clock: Clock },
): Period {
  const toAt = endDate === undefined ? clock() : readEnd(endDate, timeZone)
  if (toAt === null) throw refuse('endDate', noDate)
  const fromAt = startDate === undefined ? toAt - usualDays * dayMs : read(startDate, timeZone)
  if (fromAt === null) throw refuse('startDate', noDate)
  if (fromAt > toAt) throw refuse('endDate', 'is before startDate')
  if (toAt - fromAt > daysMax * dayMs)
    throw refuse('startDate', `is more than ${daysMax} days before endDate`)
  return { fromAt, toAt }
}

const noDate = 'is not a date such as 2026-11-01, or an instant of RFC 3339'
const read = (text: string, timeZone: string) => parseInstant(text) ?? startOfDay(text, timeZone)

function readEnd(text: string, timeZone: string): number | null {
  const instant = parseInstant(text)
  const day = instant === null ? startOfDay(text, timeZone) : null
  if (day === null) return instant
  // 36 hours later is within the next day, which has 23 to 25 hours as every day has.
  const next = new Intl.DateTimeFormat('sv-SE', { timeZone }).format(day + 1.5 * dayMs)
  return startOfDay(next, timeZone)
}

function refuse(path: string, message: string): RefusedError {
  return new RefusedError(400, `${path} ${message}.`, { details: [{ path, message }] })
}
