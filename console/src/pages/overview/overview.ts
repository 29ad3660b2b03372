import type { Bucket } from '../../lib/series.ts'

/** What the API answers for the overview. */
export type Overview = {
  readonly today: Figures
  readonly yesterday: Figures
  readonly month: { readonly microUsd: string }
  readonly buckets: readonly Bucket<Group>[]
  readonly topUsers: readonly TopUser[]
  readonly refusals: readonly Refusal[]
}

export type Figures = {
  readonly requests: number
  readonly tokens: number
  readonly microUsd: string
  readonly refused: number
}

export type Group = {
  readonly requests: number
  readonly tokens: number
  readonly microUsd: string
  readonly refused?: number
}

export type TopUser = {
  readonly name: string
  readonly requests: number
  readonly tokens: number
  readonly microUsd: string
}

export type Refusal = {
  readonly at: string
  readonly requestId: string
  readonly user: string | null
  readonly method: string
  readonly path: string
  readonly service: string | null
  readonly reason: string
}

/** What happened since the last event. */
export type OverviewEvent = Partial<Figures> & {
  readonly at: string
  readonly queue?: { readonly running: number; readonly waiting: number }
}

export const refusalsMax = 10

/** Returns the figures with what just happened. */
export function withEvent(overview: Overview, event: OverviewEvent): Overview {
  const { today, month } = overview
  const microUsd = BigInt(event.microUsd ?? 0)
  return {
    ...overview,
    today: {
      requests: today.requests + (event.requests ?? 0),
      tokens: today.tokens + (event.tokens ?? 0),
      refused: today.refused + (event.refused ?? 0),
      microUsd: String(BigInt(today.microUsd) + microUsd),
    },
    month: { microUsd: String(BigInt(month.microUsd) + microUsd) },
  }
}

/** Returns the overview with a new refusal at the top; one that is there is not added again. */
export function withRefusal(overview: Overview, refusal: Refusal): Overview {
  const others = overview.refusals.filter(({ requestId }) => requestId !== refusal.requestId)
  return { ...overview, refusals: [refusal, ...others].slice(0, refusalsMax) }
}

const bucketsOfPoint = 4

/** Returns a figure of each hour, for a small line: quarters of an hour would be a saw. */
export function lineOf(
  buckets: readonly Bucket<Group>[],
  figureOf: (group: Group) => number,
): readonly number[] {
  const sums = buckets.map(({ groups }) =>
    Object.values(groups).reduce((total, group) => total + figureOf(group), 0),
  )
  const hours = Math.ceil(sums.length / bucketsOfPoint)
  return Array.from({ length: hours }, (_, hour) =>
    sums
      .slice(hour * bucketsOfPoint, (hour + 1) * bucketsOfPoint)
      .reduce((total, one) => total + one, 0),
  )
}
