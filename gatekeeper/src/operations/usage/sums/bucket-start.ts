import { startOfDay } from '../../../lib/start-of-day.ts'

/** Sizes of buckets, from the smallest. */
export const bucketSizes = ['15min', 'hour', 'day'] as const
export type BucketSize = (typeof bucketSizes)[number]

export const quarterMs = 900_000
const hourMs = 4 * quarterMs
const dayMs = 24 * hourMs

/** Finds the buckets of a time zone: hours and days begin as its clocks show them. */
export type Buckets = {
  /** Returns when the bucket of an instant begins. */
  readonly startOf: (size: BucketSize, at: number) => number
  /** Returns when the bucket after the one of an instant begins. */
  readonly nextOf: (size: BucketSize, at: number) => number
}

type Starts = { readonly hour: number; readonly day: number }

/** Beyond this the memory of known quarters is cleared: 100 days. */
const knownMax = 9_600

/**
 * Returns the buckets of a time zone. No zone's offset is finer than a quarter of an hour, so each
 * quarter lies in exactly one hour and one day.
 */
export function createBuckets(timeZone: string): Buckets {
  const known = new Map<number, Starts>()
  const days = new Map<string, number>()
  const time = new Intl.DateTimeFormat('sv-SE', {
    ...{ timeZone, year: 'numeric', month: '2-digit', day: '2-digit', minute: '2-digit' },
  })
  const find = (quarter: number): Starts => {
    const text = time.format(quarter)
    const day = text.slice(0, 10)
    const minutes = Number(/(\d+)\D*$/.exec(text)?.[1])
    let dayStart = days.get(day)
    if (dayStart === undefined) {
      dayStart = startOfDay(day, timeZone) ?? quarter
      days.set(day, dayStart)
    }
    return { hour: quarter - minutes * 60_000, day: dayStart }
  }
  const startOf = (size: BucketSize, at: number) => {
    const quarter = Math.floor(at / quarterMs) * quarterMs
    if (size === '15min') return quarter
    let starts = known.get(quarter)
    if (starts === undefined) {
      if (known.size >= knownMax) known.clear()
      starts = find(quarter)
      known.set(quarter, starts)
    }
    return size === 'hour' ? starts.hour : starts.day
  }
  return { startOf, nextOf: (size, at) => nextStart(startOf, size, at) }
}

/** 36 hours after its start is within the next day, which has 23 to 25 hours as every day has. */
function nextStart(startOf: Buckets['startOf'], size: BucketSize, at: number): number {
  const start = startOf(size, at)
  if (size === '15min') return start + quarterMs
  if (size === 'day') return startOf('day', start + 1.5 * dayMs)
  let next = start + hourMs
  // Where clocks change by half an hour, an hour has more or fewer than four quarters.
  while (startOf('hour', next) <= start) next += quarterMs
  return startOf('hour', next)
}
