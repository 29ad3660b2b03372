import { type Anomaly, anomalyRules, judgeHours } from './anomalies.ts'
import type { UsageSums } from './sums/usage-sums.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs
const shownDays = 7

export type FoundAnomalies = {
  readonly rules: typeof anomalyRules
  readonly found: readonly (Anomaly & { readonly user: string | null })[]
}

/** Finds the anomalies of the last week in the sums by hour: the newest first. */
export async function readAnomalies(sums: UsageSums, now: number): Promise<FoundAnomalies> {
  const { buckets } = sums
  const sinceAt = buckets.startOf('hour', now - shownDays * dayMs)
  const { buckets: byHour, groups } = await sums.read({
    fromAt: buckets.startOf('hour', sinceAt - anomalyRules.days * dayMs),
    toAt: buckets.nextOf('hour', now),
    ...{ size: 'hour', by: 'key', scope: null },
  })
  const rows = [...byHour].flatMap(([at, keys]) =>
    [...keys].flatMap(([key, { requests, microUsd }]) =>
      key?.startsWith('key:') === true
        ? [{ key, hour: Math.floor(at / hourMs), requests, microUsd }]
        : [],
    ),
  )
  const users = new Map(groups.map(({ name, user }) => [name, user]))
  const found = judgeHours(rows, Math.floor(sinceAt / hourMs)).reverse()
  return {
    rules: anomalyRules,
    found: found.map((one) => ({ ...one, user: users.get(one.key) ?? null })),
  }
}
