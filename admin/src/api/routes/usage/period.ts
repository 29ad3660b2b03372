/** Periods of reports: whole buckets in the time zone of the installation. */
import { parseInstant } from '../../../../../gatekeeper/src/lib/instant.ts'
import { startOfDay } from '../../../../../gatekeeper/src/lib/start-of-day.ts'
import type {
  BucketSize,
  Buckets,
} from '../../../../../gatekeeper/src/operations/usage/sums/bucket-start.ts'
import { keptFrom } from '../../../../../gatekeeper/src/operations/usage/sums/count-lines.ts'
import { ApiError } from '../../api-error.ts'

const dayMs = 86_400_000
const usualDays = 30
/** So that an answer is ready at once, and small. */
const bucketsMax: Readonly<Record<BucketSize, number>> = { '15min': 400, hour: 250, day: 800 }
const bucketMs: Readonly<Record<BucketSize, number>> = {
  ...{ '15min': 900_000, hour: 3_600_000, day: dayMs },
}

export type AskedPeriod = {
  readonly since?: string | undefined
  readonly until?: string | undefined
}

export type Times = { readonly now: number; readonly timeZone: string }

/** Epoch ms; the second is not in it. */
export type Period = { readonly fromAt: number; readonly toAt: number }

/**
 * Reads a period: instants of RFC 3339, or days of the time zone. Without a beginning it has 30 days,
 * without an end it ends now. Throws an ApiError for anything else.
 */
export function readPeriod(
  { since, until }: AskedPeriod,
  { now, timeZone }: Times,
  days = usualDays,
): Period {
  const read = (text: string, name: string) => {
    const at = parseInstant(text) ?? startOfDay(text, timeZone)
    if (at === null) throw invalid(name, 'is not a day such as 2026-11-01, or an instant')
    return at
  }
  const toAt = until === undefined ? now + 1 : read(until, 'until')
  const fromAt = since === undefined ? toAt - days * dayMs : read(since, 'since')
  if (fromAt >= toAt) throw invalid('until', 'is not after since')
  return { fromAt, toAt }
}

export type BucketedPeriod = Period & { readonly size: BucketSize }

/** Returns the period in whole buckets, of a fitting size if none is asked for. */
export function readBuckets(
  asked: AskedPeriod & { readonly bucket?: BucketSize | undefined },
  buckets: Buckets,
  times: Times,
): BucketedPeriod {
  const period = readPeriod(asked, times)
  const size = asked.bucket ?? sizeFor(period)
  const fromAt = buckets.startOf(size, period.fromAt)
  const toAt = buckets.nextOf(size, period.toAt - 1)
  if ((toAt - fromAt) / bucketMs[size] > bucketsMax[size] + 1) {
    throw invalid('bucket', `gives more than ${bucketsMax[size]} buckets: ask for longer ones`)
  }
  if (fromAt < keptFrom(size, times.now)) {
    throw invalid('bucket', 'is kept for days only, so far back')
  }
  return { fromAt, toAt, size }
}

function sizeFor({ fromAt, toAt }: Period): BucketSize {
  const days = (toAt - fromAt) / dayMs
  return days <= 1.5 ? '15min' : days <= 8 ? 'hour' : 'day'
}

/** Returns the period of the same length that ends where this one begins. */
export function periodBefore({ fromAt, toAt, size }: BucketedPeriod, buckets: Buckets): Period {
  // Half a bucket more, for days that are an hour longer or shorter.
  const before = buckets.startOf(size, fromAt - (toAt - fromAt) + bucketMs[size] / 2)
  return { fromAt: before, toAt: fromAt }
}

/** Returns where each bucket of the period begins. */
export function startsOf({ fromAt, toAt, size }: BucketedPeriod, buckets: Buckets): number[] {
  const starts: number[] = []
  for (let at = fromAt; at < toAt; at = buckets.nextOf(size, at)) starts.push(at)
  return starts
}

function invalid(path: string, message: string): ApiError {
  return new ApiError('invalid', `${path} ${message}.`, { problems: [{ path, message }] })
}
