import { formatInstant } from '../../../../../gatekeeper/src/lib/instant.ts'
import type {
  GroupSums,
  Sums,
  SumsReport,
  UsageScope,
} from '../../../../../gatekeeper/src/operations/usage/sums/read-sums.ts'
import type { UsageSums } from '../../../../../gatekeeper/src/operations/usage/sums/usage-sums.ts'
import { type BucketedPeriod, periodBefore, startsOf } from './period.ts'
import type { Grouping } from './schema.ts'

/** Groups of which the buckets have figures of their own; a chart shows fewer. */
const ownSeriesMax = 8
const groupsMax = 500

type Asked = {
  readonly period: BucketedPeriod
  readonly by: Grouping
  readonly scope: UsageScope | null
  readonly timeZone: string
}

/** Returns a report as the API answers it. */
export async function reportUsage(asked: Asked, sums: UsageSums) {
  const { period, by, scope, timeZone } = asked
  const column = by === 'day' ? 'service' : by
  const read = await sums.read({ ...period, by: column, scope })
  const before = await sums.read({
    ...{ ...periodBefore(period, sums.buckets), size: period.size },
    ...{ by: 'service', scope },
  })
  const groups = by === 'day' ? groupsOfDays(read, asked, sums) : read.groups
  return {
    period: {
      since: formatInstant(period.fromAt),
      until: formatInstant(period.toAt),
      ...{ bucket: period.size, timeZone },
    },
    totals: totalsOf(read),
    before: totalsOf(before),
    buckets: bucketsOf(read, startsOf(period, sums.buckets)),
    groups: groups.slice(0, groupsMax).map(describeGroup),
    groupCount: groups.length,
    isComplete: read.isComplete,
  }
}

/** Describes all buckets of a period, also those without a request. */
export function bucketsOf({ groups, buckets, refusals }: SumsReport, starts: readonly number[]) {
  const own = new Set(ownSeries(groups))
  return starts.map((at) => {
    const described: Record<string, ReturnType<typeof figuresOf>> = {}
    let others: Sums | null = null
    for (const [name, sums] of buckets.get(at) ?? []) {
      if (own.has(name)) described[name ?? ''] = figuresOf(sums)
      else others = others === null ? sums : addUp(others, sums)
    }
    if (others !== null) described['others'] = figuresOf(others)
    return { at: formatInstant(at), refused: refusals.get(at) ?? 0, groups: described }
  })
}

/** The largest by money, by tokens and by requests: a chart may show any of the three. */
function ownSeries(groups: readonly GroupSums[]): (string | null)[] {
  if (groups.length <= ownSeriesMax) return groups.map(({ name }) => name)
  const weights = [({ microUsd }: Sums) => microUsd, tokensOf, ({ requests }: Sums) => requests]
  return weights.flatMap((weight) =>
    groups
      .toSorted((one, other) => weight(other) - weight(one))
      .slice(0, 4)
      .map(({ name }) => name),
  )
}

function groupsOfDays(read: SumsReport, { timeZone }: Asked, { buckets }: UsageSums): GroupSums[] {
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone })
  const days = new Map<number, Sums>()
  for (const [at, groups] of read.buckets) {
    const day = buckets.startOf('day', at)
    for (const sums of groups.values()) {
      const known = days.get(day)
      days.set(day, known === undefined ? sums : addUp(known, sums))
    }
  }
  const sorted = [...days].sort(([one], [other]) => one - other)
  return sorted.map(([at, sums]) => ({
    ...{ ...sums, name: format.format(at), user: null, mostly: null },
  }))
}

function describeGroup({ name, user, mostly, durationMs, ...sums }: GroupSums) {
  const { requests, failed, inputTokens, outputTokens, microUsd } = sums
  return {
    ...{ name, user, requests, failed, tokensIn: inputTokens, tokensOut: outputTokens },
    microUsd: String(microUsd),
    averageMs: requests === 0 ? 0 : Math.round(durationMs / requests),
    mostly,
  }
}

export function totalsOf({ total, refused }: SumsReport) {
  const { requests, failed, inputTokens, outputTokens, microUsd } = total
  const tokens = { tokensIn: inputTokens, tokensOut: outputTokens }
  return { requests, failed, refused, ...tokens, microUsd: String(microUsd) }
}

/** Figures of a group in a bucket. */
export function figuresOf(sums: Sums) {
  const { requests, microUsd } = sums
  return { requests, tokens: tokensOf(sums), microUsd: String(microUsd) }
}

const tokensOf = ({ inputTokens, outputTokens }: Sums) => inputTokens + outputTokens

function addUp(one: Sums, other: Sums): Sums {
  return {
    requests: one.requests + other.requests,
    failed: one.failed + other.failed,
    inputTokens: one.inputTokens + other.inputTokens,
    outputTokens: one.outputTokens + other.outputTokens,
    microUsd: one.microUsd + other.microUsd,
    durationMs: one.durationMs + other.durationMs,
  }
}
