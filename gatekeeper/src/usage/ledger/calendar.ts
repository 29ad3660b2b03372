/**
 * Days and months of a time zone as instants. Uses Intl only, whose data include every change of
 * the clock; the bounds are computed once per period and cached.
 */
import type { LimitPeriod } from '../../model/limit.ts'

/** Epoch milliseconds: from the first, inclusive, to the second, exclusive. Null is never. */
export type Span = { readonly startAt: number; readonly endAt: number | null }

/** The periods that begin and end by the calendar, or never. */
export type CalendarPeriod = Exclude<LimitPeriod, 'minute' | 'hour'>

export type Calendar = (period: CalendarPeriod, now: number) => Span

const lifetime: Span = { startAt: 0, endAt: null }
const dayMs = 86_400_000

/** Longer than any local day or month, including every change of the clock and skipped date. */
const reachMs = { day: 3 * dayMs, month: 34 * dayMs } as const

export function createCalendar(timeZone: string): Calendar {
  const dateOf = createDateReader(timeZone)
  const kept: Record<'day' | 'month', Span> = {
    day: { startAt: 0, endAt: 0 },
    month: { startAt: 0, endAt: 0 },
  }
  return (period, now) => {
    if (period === 'lifetime') return lifetime
    const last = kept[period]
    if (now >= last.startAt && now < (last.endAt ?? 0)) return last
    const nameOf = (at: number) => (period === 'day' ? dateOf(at) : Math.floor(dateOf(at) / 100))
    const name = nameOf(now)
    const reach = reachMs[period]
    // If clocks go back over midnight, a date occurs twice; each search still ends beside `now`.
    const startAt = firstInstant(now - reach, now, (at) => nameOf(at) >= name)
    const endAt = firstInstant(now, now + reach, (at) => nameOf(at) > name)
    kept[period] = { startAt, endAt }
    return kept[period]
  }
}

/**
 * Returns the first instant after `before` at which it is true; it is false there, and true at
 * `after`.
 */
function firstInstant(before: number, after: number, isTrue: (at: number) => boolean): number {
  let low = before
  let high = after
  while (high - low > 1) {
    const middle = low + Math.floor((high - low) / 2)
    if (isTrue(middle)) high = middle
    else low = middle
  }
  return high
}

/** Local dates as increasing numbers: 20261122. */
function createDateReader(timeZone: string): (at: number) => number {
  const create = () =>
    new Intl.DateTimeFormat('en-US', {
      ...{ timeZone, calendar: 'gregory', numberingSystem: 'latn' },
      ...{ year: 'numeric', month: '2-digit', day: '2-digit' },
    })
  // At the first limit that needs it: the first one in a process takes 15 ms.
  let format: Intl.DateTimeFormat | undefined
  return (at) => {
    format ??= create()
    const parts: Partial<Record<Intl.DateTimeFormatPartTypes, string>> = {}
    for (const { type, value } of format.formatToParts(at)) parts[type] = value
    return Number(`${parts.year}${parts.month}${parts.day}`)
  }
}
