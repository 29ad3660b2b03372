/**
 * Reports about calls (P14). An administrator sees everybody's; everyone else their own, and is told
 * nothing about others, not even whether they exist.
 */
import { formatInstant } from '../../../gatekeeper/src/lib/instant.ts'
import type { Installation } from '../../../gatekeeper/src/operations/installation.ts'
import {
  type CallQuestion,
  type CallSums,
  type RecentCall,
  readRecentCalls,
  type SumsBy,
  sumCalls,
  sumCallsByHour,
  totalOf,
} from '../../../gatekeeper/src/operations/usage/analytics.ts'
import {
  queryUsage,
  type UsageQueries,
} from '../../../gatekeeper/src/operations/usage/read-usage.ts'
import { analyticsQuery } from '../../../gatekeeper/src/wire/analytics.ts'
import { type Answer, RefusedError } from './answer.ts'
import { type HandedOver, type Routes, readQuery } from './handed-over.ts'
import { type Period, readPeriod } from './period.ts'

const topUsersMax = 10
const recentMax = 20

type Place = Pick<Installation, 'stateDir' | 'timeZone' | 'clock'>

/** Returns the functions that answer `/analytics`. */
export function analyticsRoutes(place: Place): Routes {
  return {
    'GET /analytics/overview': (...asked) => answerAll(asked, place, overviewOf),
    'GET /analytics/costs': (...asked) => answerAll(asked, place, costsOf),
    'GET /analytics/errors': (...asked) => answerAll(asked, place, errorsOf),
    'GET /analytics/my-stats': (...asked) => answerAbout(asked, ownCaller(asked[0]), place),
    'GET /analytics/user/{+id}': (...asked) => answerAbout(asked, askedCaller(asked[0]), place),
  }
}

type Asking = Parameters<Routes[string]>

type Asked = { readonly queries: UsageQueries; readonly question: CallQuestion } & Place & {
    readonly period: Period
  }

type Report = (asked: Asked) => Promise<object>

/** Answers about all callers to an administrator, and about its own calls to everyone else. */
async function answerAll(asking: Asking, place: Place, report: Report): Promise<Answer> {
  const [handed] = asking
  const principalId = isAdministrator(handed) ? null : handed.principal.id
  return await answer(asking, principalId, place, report)
}

/** Who a report is about: the id of the principal, and its names in the answer. */
type Caller = { readonly principalId: string; readonly user: object }

async function answerAbout(asking: Asking, caller: Caller, place: Place): Promise<Answer> {
  return await answer(asking, caller.principalId, place, (asked) => userReport(asked, caller))
}

async function answer(
  [handed, signal]: Asking,
  principalId: string | null,
  place: Place,
  report: Report,
): Promise<Answer> {
  const period = readPeriod(readQuery(analyticsQuery, handed), place)
  const question = { ...period, principalId, signal }
  const data = await queryUsage(place.stateDir, (queries) =>
    report({ ...place, queries, question, period }),
  )
  // The gatekeeper creates the database before it admits anything.
  if (data === null) throw new Error('there is no usage database')
  return { status: 200, body: { success: true, data } }
}

/** Administration is granted by its literal name, with the role admin. */
function isAdministrator({ principal }: HandedOver): boolean {
  return principal.role === 'admin' && principal.services.includes('control')
}

function ownCaller({ principal }: HandedOver): Caller {
  return { principalId: principal.id, user: namesOf(principal.id, principal.user) }
}

/** Returns the caller that the path names. Another's is refused like one that does not exist. */
function askedCaller(handed: HandedOver): Caller {
  const id = handed.params['id'] ?? ''
  const principalId = `app:${id}`
  if (principalId !== handed.principal.id && !isAdministrator(handed)) {
    throw new RefusedError(403, 'You may see your own calls only: /analytics/my-stats.')
  }
  return { principalId, user: namesOf(principalId, id) }
}

/** A user of an app is `app:APP:USER`; no id of an app has a colon. */
function namesOf(principalId: string, user: string | null) {
  const [, appId, userId] = /^app:([^:]+):(.+)$/s.exec(principalId) ?? []
  return appId === undefined ? { userId: user ?? principalId, appId: null } : { userId, appId }
}

async function overviewOf({ queries, question, period, timeZone }: Asked): Promise<object> {
  const byApi = await sumCalls(queries, 'api', question)
  const byCaller = await sumCalls(queries, 'caller', question)
  const byHour = await sumCallsByHour(queries, { ...question, timeZone })
  const top = [...byCaller].sort(([, a], [, b]) => b.requests - a.requests).slice(0, topUsersMax)
  return {
    period: { startDate: formatInstant(period.fromAt), endDate: formatInstant(period.toAt) },
    totals: describeTotals(totalOf(byApi)),
    byApi: describeApis(byApi),
    topUsers: top.map(([id, sums]) => ({
      ...namesOf(id, null),
      requests: sums.requests,
      tokens: tokensOf(sums),
      costUsd: toUsd(sums.microUsd),
    })),
    byHour: Array.from({ length: 24 }, (_, hour) => ({
      hour,
      requests: byHour.get(hour)?.requests ?? 0,
    })),
  }
}

async function costsOf({ queries, question }: Asked): Promise<object> {
  const byApi = await sumCalls(queries, 'api', question)
  const { microUsd: all } = totalOf(byApi)
  return {
    totalUsd: toUsd(all),
    byApi: [...byApi].map(([api, { microUsd }]) => ({
      ...{ api, costUsd: toUsd(microUsd), percent: toPercent(microUsd, all) },
    })),
  }
}

async function errorsOf({ queries, question }: Asked): Promise<object> {
  const byApi = await sumCalls(queries, 'api', question)
  const byStatus = await sumCalls(queries, 'status', question)
  const describe = ({ requests: total, failed }: CallSums) => ({
    ...{ total, failed, rate: toPercent(failed, total) },
  })
  const failing = [...byStatus].filter(([, { failed }]) => failed > 0)
  return {
    ...describe(totalOf(byApi)),
    byApi: [...byApi].map(([api, sums]) => ({ api, ...describe(sums) })),
    byStatus: Object.fromEntries(failing.map(([status, { failed }]) => [status, failed])),
  }
}

async function userReport({ queries, question }: Asked, { user }: Caller): Promise<object> {
  const byApi = await sumCalls(queries, 'api', question)
  const recent = await readRecentCalls(queries, question, recentMax)
  return {
    user,
    totals: describeTotals(totalOf(byApi)),
    byApi: describeApis(byApi),
    recent: recent.map(describeCall),
  }
}

function describeTotals(sums: CallSums) {
  const { requests, failed } = sums
  const successful = requests - failed
  return {
    ...{ requests, successful, failed },
    ...{ tokens: tokensOf(sums), costUsd: toUsd(sums.microUsd) },
  }
}

function describeApis(byApi: SumsBy<string>) {
  return [...byApi].map(([api, sums]) => ({
    ...{ api, requests: sums.requests, tokens: tokensOf(sums), costUsd: toUsd(sums.microUsd) },
    averageMs: Math.round(sums.durationMs / sums.requests),
  }))
}

function describeCall(call: RecentCall) {
  const { api, endpoint, model, status, inputTokens, outputTokens, durationMs, splitKey } = call
  return {
    ...{ at: formatInstant(call.at), api, endpoint, model, status },
    ...{ tokensIn: inputTokens, tokensOut: outputTokens, costUsd: toUsd(call.microUsd) },
    ...{ durationMs, splitKey },
  }
}

const tokensOf = ({ inputTokens, outputTokens }: CallSums) => inputTokens + outputTokens
const toUsd = (microUsd: number) => microUsd / 1_000_000

/** Percent with two digits; 0 of nothing. */
function toPercent(part: number, all: number): number {
  return all === 0 ? 0 : Math.round((part / all) * 10_000) / 100
}
