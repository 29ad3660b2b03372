/** Is all well: today beside yesterday, the last 24 hours, who used most, and what was refused. */

import { startOfDay } from '../../../../../gatekeeper/src/lib/start-of-day.ts'
import type { UsageScope } from '../../../../../gatekeeper/src/operations/usage/sums/read-sums.ts'
import {
  type UsageSums,
  usageSumsOf,
} from '../../../../../gatekeeper/src/operations/usage/sums/usage-sums.ts'
import type { ApiDeps } from '../../api-deps.ts'
import { defineEndpoint, type Endpoint } from '../../endpoint.ts'
import { createAuditSearch } from '../audit/search.ts'
import { startsOf } from '../usage/period.ts'
import { bucketsOf, figuresOf, totalsOf } from '../usage/report.ts'
import { overview } from '../usage/schema.ts'
import { usageScopeOf } from '../usage/usage-scope.ts'

const dayMs = 86_400_000
const topUsersMax = 8
const refusalsMax = 10

/** Returns the row of `/overview`. */
export function overviewEndpoints(deps: ApiDeps): readonly Endpoint[] {
  const search = createAuditSearch(deps)
  return [
    defineEndpoint({
      method: 'GET',
      path: '/overview',
      summary: 'Shows today beside yesterday, the last 24 hours, and the newest refusals.',
      roles: 'any',
      answers: { 200: overview },
      handle: async ({ caller, signal }) => {
        const scope = await usageScopeOf(caller, deps)
        const refusals = await search.refusals(caller, { countMax: refusalsMax, signal })
        return { status: 200, body: { ...(await readFigures(scope, deps)), refusals } }
      },
    }),
  ]
}

async function readFigures(scope: UsageScope | null, { installation, clock }: ApiDeps) {
  const sums = usageSumsOf(installation)
  const { timeZone } = installation
  const { buckets } = sums
  const now = clock()
  const today = buckets.startOf('day', now)
  const yesterday = buckets.startOf('day', today - dayMs / 2)
  const quarters = {
    fromAt: buckets.startOf('15min', now - dayMs) + 900_000,
    toAt: buckets.nextOf('15min', now),
  }
  const ask = askIn(sums, scope)
  const day = await ask({ fromAt: today, toAt: quarters.toAt }, 'user')
  const month = startOfMonth(now, timeZone)
  const last = await ask(quarters, 'service')
  return {
    timeZone,
    today: describe(day),
    yesterday: describe(
      await ask({ fromAt: yesterday, toAt: sameTimeOf(yesterday, now - today, sums) }, 'user'),
    ),
    month: {
      microUsd: String(
        (await sums.read({ ...daysOf(month, now, sums), by: 'service', scope })).total.microUsd,
      ),
    },
    buckets: bucketsOf(last, startsOf({ ...quarters, size: '15min' }, buckets)),
    topUsers: day.groups
      .toSorted((one, other) => weigh(other) - weigh(one))
      .slice(0, topUsersMax)
      .map((group) => ({ name: group.name ?? 'nobody', ...figuresOf(group) })),
    isComplete: day.isComplete,
  }
}

const weigh = ({ inputTokens, outputTokens, requests }: Parameters<typeof figuresOf>[0]) =>
  inputTokens + outputTokens + requests / 1e9

const askIn =
  (sums: UsageSums, scope: UsageScope | null) =>
  (period: { readonly fromAt: number; readonly toAt: number }, by: 'user' | 'service') =>
    sums.read({ ...period, size: '15min', by, scope })

/** The same time of another day, after the quarter that has begun, as of today. */
function sameTimeOf(day: number, elapsedMs: number, { buckets }: UsageSums): number {
  return Math.min(buckets.nextOf('15min', day + elapsedMs), buckets.nextOf('day', day))
}

function daysOf(fromAt: number, now: number, { buckets }: UsageSums) {
  return { fromAt, toAt: buckets.nextOf('day', now), size: 'day' as const }
}

function startOfMonth(now: number, timeZone: string): number {
  const today = new Intl.DateTimeFormat('sv-SE', { timeZone }).format(now)
  return startOfDay(`${today.slice(0, 8)}01`, timeZone) ?? now
}

function describe(report: Parameters<typeof totalsOf>[0]) {
  const { requests, tokensIn, tokensOut, microUsd, refused } = totalsOf(report)
  return { requests, tokens: tokensIn + tokensOut, microUsd, refused }
}
