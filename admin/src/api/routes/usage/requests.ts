import type { z } from 'zod'
import { formatInstant } from '../../../../../gatekeeper/src/lib/instant.ts'
import {
  isInUsage,
  type UsageScope,
} from '../../../../../gatekeeper/src/operations/usage/sums/read-sums.ts'
import { usageSumsOf } from '../../../../../gatekeeper/src/operations/usage/sums/usage-sums.ts'
import {
  type LoggedRequest,
  type RequestPlace,
  type RequestsQuestion,
  readRequests,
} from '../../../../../gatekeeper/src/operations/usage/usage-requests.ts'
import type { ApiDeps } from '../../api-deps.ts'
import { readCursor, writeCursor } from '../../cursor.ts'
import { readPeriod } from './period.ts'
import type { exportQuery, requestsQuery } from './schema.ts'

type Filters = Omit<z.output<typeof exportQuery>, 'by'>

/** Returns the question about requests that a caller may ask; the page is left out. */
export async function questionOf(
  { key, user, service, model, status, failed, since, until }: Filters,
  scope: UsageScope | null,
  { installation, clock }: Pick<ApiDeps, 'installation' | 'clock'>,
): Promise<Omit<RequestsQuestion, 'before' | 'countMax'>> {
  const { stateDir, timeZone } = installation
  const period = readPeriod({ since, until }, { now: clock(), timeZone }, 400)
  return {
    stateDir,
    callers: await callersOf({ key, user }, scope, installation),
    filter: { service, model, status, isFailed: failed === 'true' },
    ...{ sinceAt: period.fromAt, untilAt: period.toAt },
  }
}

/** With a user or a scope: the callers that had requests, since the log finds those of each quickly. */
async function callersOf(
  { key, user }: { readonly key: string | undefined; readonly user: string | undefined },
  scope: UsageScope | null,
  installation: ApiDeps['installation'],
): Promise<RequestsQuestion['callers']> {
  if (scope === null && user === undefined) return key === undefined ? null : [{ key, user: null }]
  const known = await usageSumsOf(installation).callers()
  const wanted = known.filter(
    (one) =>
      (key === undefined || one.key === key) &&
      (user === undefined || one.user === user) &&
      (scope === null || isInUsage(scope, one)),
  )
  const isWhole = (one: { readonly key: string }) => user === undefined && scope?.keys.has(one.key)
  const distinct = new Map(
    wanted.map((one) => {
      const caller = { key: one.key, user: isWhole(one) ? null : one.user }
      return [JSON.stringify(caller), caller]
    }),
  )
  return [...distinct.values()]
}

/** Answers a page of requests. */
export async function pageOfRequests(
  { limit, cursor, ...filters }: z.output<typeof requestsQuery>,
  scope: UsageScope | null,
  deps: Pick<ApiDeps, 'installation' | 'clock'>,
) {
  const question = await questionOf(filters, scope, deps)
  const before = cursor === undefined ? null : placeIn(cursor, filters)
  const { requests, next } = await readRequests({ ...question, before, countMax: limit })
  return {
    items: requests.map(describeRequest),
    next: next === null ? null : writeCursor({ by: next.at, id: next.id }, filters),
  }
}

function placeIn(cursor: string, filters: object): RequestPlace {
  const { by, id } = readCursor(cursor, filters)
  return { at: Number(by), id: Number(id) }
}

function describeRequest({ at, microUsd, ...request }: LoggedRequest) {
  return { ...request, at: formatInstant(at), microUsd: String(microUsd) }
}
