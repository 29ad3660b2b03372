/**
 * Finds hours in which a key was used far more than usual: more than 100 requests, and more than 10
 * times the mean of the same hour of the 14 days before, by requests or by money. For a report: no
 * decision depends on it.
 */
import { type Kysely, sql } from 'kysely'
import { formatInstant } from '../../lib/instant.ts'
import type { Tables } from '../../usage/journal/sqlite/tables.ts'

export const anomalyRules = { factor: 10, requestsMin: 100, days: 14 } as const

/** One hour of a key. Means may be fractions; a key without earlier use has means of 0. */
export type Anomaly = {
  /** `key:ID` */
  readonly key: string
  /** Its beginning, ISO 8601. */
  readonly hour: string
  readonly requests: number
  readonly meanRequests: number
  readonly microUsd: number
  readonly meanMicroUsd: number
}

const hourMs = 3_600_000
const dayHours = 24

/** As a literal: a bound number is a float for SQLite, and so would be the quotient. */
const hourOf = sql<number>`at / ${sql.lit(hourMs)}`

type Sums = { readonly requests: number; readonly microUsd: number }
const nothing: Sums = { requests: 0, microUsd: 0 }

/** What a key did in an hour, counted in hours since 1970. */
export type KeyHour = Sums & { readonly key: string; readonly hour: number }

/** Returns the hours from that of `sinceAt` on, by time. */
export async function findAnomalies(queries: Kysely<Tables>, sinceAt: number): Promise<Anomaly[]> {
  const firstHour = Math.floor(sinceAt / hourMs)
  return judgeHours(await readHours(queries, firstHour), firstHour)
}

/** Returns the unusual ones of these hours from `firstHour` on; the others are what they are compared with. */
export function judgeHours(all: readonly KeyHour[], firstHour: number): Anomaly[] {
  const hours = new Map<string, Sums>()
  const busy: { readonly key: string; readonly hour: number }[] = []
  for (const { key, hour, ...sums } of all) {
    hours.set(`${key} ${hour}`, sums)
    if (hour >= firstHour && sums.requests > anomalyRules.requestsMin) busy.push({ key, hour })
  }
  return busy.flatMap((one) => judgeHour(one, hours))
}

function judgeHour(
  { key, hour }: { readonly key: string; readonly hour: number },
  hours: ReadonlyMap<string, Sums>,
): Anomaly[] {
  const sumsOf = (at: number) => hours.get(`${key} ${at}`) ?? nothing
  const before = Array.from({ length: anomalyRules.days }, (_, day) =>
    sumsOf(hour - (day + 1) * dayHours),
  )
  const mean = (name: keyof Sums) =>
    before.reduce((sum, one) => sum + one[name], 0) / anomalyRules.days
  const { requests, microUsd } = sumsOf(hour)
  const [meanRequests, meanMicroUsd] = [mean('requests'), mean('microUsd')]
  const isUnusual =
    requests > anomalyRules.factor * meanRequests || microUsd > anomalyRules.factor * meanMicroUsd
  const at = formatInstant(hour * hourMs)
  return isUnusual ? [{ key, hour: at, requests, meanRequests, microUsd, meanMicroUsd }] : []
}

/** Returns the hours of those keys that had a busy one; all others need not be read. */
async function readHours(queries: Kysely<Tables>, firstHour: number) {
  const fromDays = firstHour - anomalyRules.days * dayHours
  const hourly = (fromHour: number) =>
    queries
      .selectFrom('usage_log')
      .where('at', '>=', fromHour * hourMs)
      .where('principal_id', 'like', 'key:%')
      .groupBy(['principal_id', hourOf])
  const busy = hourly(firstHour)
    .select('principal_id')
    .having(({ fn }) => fn.countAll<number>(), '>', anomalyRules.requestsMin)
  return await hourly(fromDays)
    .where('principal_id', 'in', busy)
    .select(({ fn }) => [
      'principal_id as key',
      hourOf.as('hour'),
      fn.countAll<number>().as('requests'),
      fn.sum<number>('micro_usd').as('microUsd'),
    ])
    .orderBy('hour')
    .orderBy('key')
    .execute()
}
