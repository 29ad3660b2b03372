/** What was used: sums by time and group, single requests, and both as CSV. */
import { z } from 'zod'
import { usageSumsOf } from '../../../../../gatekeeper/src/operations/usage/sums/usage-sums.ts'
import type { ApiDeps } from '../../api-deps.ts'
import { type Call, defineEndpoint, type Endpoint } from '../../endpoint.ts'
import { exportGroups, exportRequests } from './export.ts'
import { readBuckets } from './period.ts'
import { reportUsage } from './report.ts'
import { pageOfRequests, questionOf } from './requests.ts'
import { exportQuery, requestsPage, requestsQuery, usageQuery, usageReport } from './schema.ts'
import { usageScopeOf } from './usage-scope.ts'

/** Returns the rows of `/usage`. */
export function usageEndpoints(deps: ApiDeps): readonly Endpoint[] {
  return [
    defineEndpoint({
      method: 'GET',
      path: '/usage',
      summary: 'Sums up requests, tokens and money by time and user, key, model, service or day.',
      roles: 'any',
      query: usageQuery,
      answers: { 200: usageReport },
      handle: async (call) => ({ status: 200, body: await report(call, deps) }),
    }),
    defineEndpoint({
      method: 'GET',
      path: '/usage/requests',
      summary: 'Lists admitted requests, the newest first.',
      roles: 'any',
      query: requestsQuery,
      answers: { 200: requestsPage },
      handle: async ({ caller, query }) => {
        const scope = await usageScopeOf(caller, deps)
        return { status: 200, body: await pageOfRequests(query, scope, deps) }
      },
    }),
    defineEndpoint({
      method: 'GET',
      path: '/usage/export',
      summary: 'Streams requests as CSV; with `by` the sums of a period.',
      roles: 'any',
      query: exportQuery,
      answers: { 200: z.string().meta({ description: 'text/csv' }) },
      handle: (call) => exportCsv(call, deps),
    }),
  ]
}

async function report(
  { caller, query }: Call<unknown, z.output<typeof usageQuery>, unknown>,
  deps: ApiDeps,
) {
  const sums = usageSumsOf(deps.installation)
  const { timeZone } = deps.installation
  const period = readBuckets(query, sums.buckets, { now: deps.clock(), timeZone })
  const scope = await usageScopeOf(caller, deps, query.user)
  return await reportUsage({ period, by: query.by, scope, timeZone }, sums)
}

async function exportCsv(
  call: Call<unknown, z.output<typeof exportQuery>, unknown>,
  deps: ApiDeps,
) {
  const { caller, query, signal } = call
  const { by, ...filters } = query
  const chunks =
    by === undefined
      ? exportRequests(await questionOf(filters, await usageScopeOf(caller, deps), deps), signal)
      : exportGroups(await report({ ...call, query: { ...query, by, bucket: 'day' } }, deps), by)
  return {
    status: 200,
    stream: { type: 'text/csv; charset=utf-8', chunks },
    fields: { 'content-disposition': 'attachment; filename="usage.csv"' },
  }
}
