/** Who did what: acts and requests, whether the record was changed, and what is unusual. */
import { z } from 'zod'
import { formatInstant } from '../../../../../gatekeeper/src/lib/instant.ts'
import { verificationOf } from '../../../../../gatekeeper/src/operations/audit/background-verification.ts'
import { readRecords } from '../../../../../gatekeeper/src/operations/audit/read-records.ts'
import { readAnomalies } from '../../../../../gatekeeper/src/operations/usage/read-anomalies.ts'
import { usageSumsOf } from '../../../../../gatekeeper/src/operations/usage/sums/usage-sums.ts'
import type { ApiDeps } from '../../api-deps.ts'
import { type Call, defineEndpoint, type Endpoint } from '../../endpoint.ts'
import { readPeriod } from '../usage/period.ts'
import { anomalies, auditPage, auditQuery, exportQuery, verification } from './schema.ts'
import { createAuditFilter, createAuditSearch, createScopeFilter, isChainOf } from './search.ts'

const seers = ['owner', 'admin', 'auditor'] as const

/** Returns the rows of `/audit`. */
export function auditEndpoints(deps: ApiDeps): readonly Endpoint[] {
  const search = createAuditSearch(deps)
  return [
    defineEndpoint({
      method: 'GET',
      path: '/audit',
      summary: 'Lists acts and requests on record, the newest first.',
      roles: 'any',
      query: auditQuery,
      answers: { 200: auditPage },
      handle: async ({ caller, query, signal }) => ({
        status: 200,
        body: await search.page(caller, query, signal),
      }),
    }),
    defineEndpoint({
      method: 'GET',
      path: '/audit/verify',
      summary: 'Says up to which record the chains are verified; verifies them in the background.',
      roles: seers,
      answers: { 200: verification },
      handle: async () => ({ status: 200, body: describeVerification(deps) }),
    }),
    defineEndpoint({
      method: 'GET',
      path: '/audit/anomalies',
      summary: 'Lists hours of the last week in which a key was used far more than usual.',
      roles: seers,
      answers: { 200: anomalies },
      handle: async () => ({ status: 200, body: await describeAnomalies(deps) }),
    }),
    defineEndpoint({
      method: 'GET',
      path: '/audit/export',
      summary: 'Streams records as they are shown, the oldest first, one JSON object a line.',
      roles: seers,
      stepUp: 'audit.export',
      event: 'audit.exported',
      query: exportQuery,
      answers: { 200: z.string().meta({ description: 'application/x-ndjson' }) },
      handle: (call) => exportRecords(call, deps),
    }),
  ]
}

function describeVerification({ installation }: ApiDeps) {
  const { verified, verifiedAt, isRunning } = verificationOf(installation).look()
  const chains = (verified ?? []).map(({ chain, records, head, faults, notes }) => ({
    ...{ name: chain, records, faults: faults.length, notes },
    head: { sequence: head.sequence, hash: head.hash.slice(0, 16) },
    problem: faults[0] === undefined ? null : describeFault(faults[0]),
  }))
  return {
    isIntact: verified === null ? null : chains.every(({ problem }) => problem === null),
    verifiedAt: verifiedAt === null ? null : formatInstant(verifiedAt),
    ...{ isRunning, chains },
  }
}

function describeFault({ file, line, what }: { file: string; line: number | null; what: string }) {
  const name = file.slice(file.lastIndexOf('/') + 1)
  return `${name}${line === null ? '' : `:${line}`}: ${what}`
}

async function describeAnomalies({ installation, clock }: ApiDeps) {
  const { rules, found } = await readAnomalies(usageSumsOf(installation), clock())
  const items = found.map(({ microUsd, meanMicroUsd, ...one }) => ({
    ...{ ...one, microUsd: String(microUsd), meanMicroUsd: String(Math.round(meanMicroUsd)) },
  }))
  return { rules, items }
}

async function exportRecords(
  { query, caller, record, signal }: Call<unknown, z.output<typeof exportQuery>, unknown>,
  { installation, clock }: ApiDeps,
) {
  const { auditFolder: folder, timeZone } = installation
  const { fromAt, toAt } = readPeriod(query, { now: clock(), timeZone })
  const [isSeen, isAsked] = [createScopeFilter(caller), createAuditFilter(query)]
  const isWanted: ReturnType<typeof createAuditFilter> = (one, line) =>
    isSeen(one) && isAsked(one, line)
  // Without the searched texts: they may be a name, which only some members may have.
  const filters = Object.keys(query).sort()
  const period = { since: formatInstant(fromAt), until: formatInstant(toAt) }
  await record([{ event: 'audit.exported', ...period, filters }])
  const question = { folder, sinceAt: Math.max(0, fromAt), untilAt: toAt - 1 }
  return {
    status: 200,
    stream: {
      type: 'application/x-ndjson',
      chunks: exportLines({ ...question, chain: query.chain }, isWanted, signal),
    },
    fields: { 'content-disposition': 'attachment; filename="audit.ndjson"' },
  }
}

type ExportQuestion = {
  readonly folder: string
  readonly sinceAt: number
  readonly untilAt: number
  readonly chain: z.output<typeof exportQuery>['chain']
}

async function* exportLines(
  { chain, ...question }: ExportQuestion,
  isWanted: ReturnType<typeof createAuditFilter>,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const isChain = isChainOf(chain)
  for await (const block of readRecords({ ...question, onUnreadable: () => {} })) {
    if (signal.aborted) return
    const lines = block.filter(
      (found) => isChain(found.chain) && isWanted(found.record, found.line),
    )
    if (lines.length > 0) yield lines.map(({ line }) => `${line}\n`).join('')
  }
}
