/** Searches the audit for a caller: what is out of scope is not found. */
import type { z } from 'zod'
import { isAddressRange } from '../../../../../gatekeeper/src/lib/net/cidr.ts'
import type { FoundRecord } from '../../../../../gatekeeper/src/operations/audit/read-records.ts'
import { createRecordFilter } from '../../../../../gatekeeper/src/operations/audit/record-filter.ts'
import {
  type RecordSearch,
  type SearchPlace,
  searchRecords,
} from '../../../../../gatekeeper/src/operations/audit/search-records.ts'
import { createSubjectNames } from '../../../../../gatekeeper/src/operations/audit/subject-names.ts'
import { isSuccess } from '../../../handed-over/audit-record.ts'
import type { ApiDeps } from '../../api-deps.ts'
import { ApiError } from '../../api-error.ts'
import type { Caller } from '../../caller.ts'
import { readCursor, writeCursor } from '../../cursor.ts'
import { isInScope, isOwnUse, scopeOf } from '../../scope.ts'
import { readPeriod } from '../usage/period.ts'
import { describeAudited, textOf } from './describe.ts'
import type { auditQuery, exportQuery } from './schema.ts'

export type AuditFilters = z.output<typeof exportQuery>
type AuditQuery = z.output<typeof auditQuery>
type AuditRecord = FoundRecord['record']

/** How much of the files a page reads: some 100 ms. With an id most of it is passed over. */
const bytesMax = 6 * 1024 * 1024
const bytesMaxById = 96 * 1024 * 1024
/** Acts are kept for ever. */
const daysMax = 36_500

/** Returns a test of records for the filters. Throws an ApiError for one that is not valid. */
export function createAuditFilter(
  filters: AuditFilters,
): (record: AuditRecord, line: string) => boolean {
  const { event, user, key, service, reason, address, q, request, success } = filters
  if (address !== undefined && !isAddressRange(address)) {
    const problems = [{ path: 'address', message: 'must be an address or a range' }]
    throw new ApiError('invalid', 'The address is not valid.', { problems })
  }
  const isAsked = createRecordFilter({ event, user, key, service, reason, address })
  const text = q?.toLowerCase()
  return (record, line) =>
    isAsked(record) &&
    (request === undefined || record['requestId'] === request) &&
    (success === undefined || String(isSuccess(record)) === success) &&
    (text === undefined || line.toLowerCase().includes(text))
}

/**
 * Returns whether a record is in the scope of the caller: within a team those of the team; else of
 * requests those of the own user in the own team, and of acts the own.
 */
export function createScopeFilter(caller: Caller): (record: AuditRecord) => boolean {
  const scope = scopeOf(caller)
  const { seesAll, personId, team: within } = scope
  if (seesAll) return () => true
  if (within !== null) return ({ team }) => isInScope(scope, { team: textOf(team) })
  return ({ event, user, team, principal }) =>
    event === 'request'
      ? isOwnUse(scope, { user: textOf(user), team: textOf(team) })
      : personId !== null && principal === `person:${personId}`
}

export function isChainOf(chain: AuditFilters['chain']): (name: string) => boolean {
  if (chain === undefined) return () => true
  return (name) => (name === 'acts') === (chain === 'acts')
}

/** Returns functions that search the audit of the installation. */
export function createAuditSearch({
  installation,
  clock,
}: Pick<ApiDeps, 'installation' | 'clock'>) {
  const names = createSubjectNames(installation.auditFolder)
  const times = () => ({ now: clock(), timeZone: installation.timeZone })
  const search = async (
    over: Pick<RecordSearch, 'isChain' | 'isWanted' | 'needles' | 'countMax' | 'bytesMax'> &
      Partial<RecordSearch>,
  ) =>
    await searchRecords({
      ...{ folder: installation.auditFolder, names: await names.now(), from: null },
      ...{ sinceAt: 0, untilAt: clock() + 60_000, ...over },
    })
  return {
    page: async (caller: Caller, query: AuditQuery, signal: AbortSignal) => {
      const { limit, cursor, ...filters } = query
      const { fromAt, toAt } = readPeriod(filters, times(), daysMax)
      const isAsked = createAuditFilter(filters)
      const isSeen = createScopeFilter(caller)
      const { request } = filters
      const page = await search({
        from: cursor === undefined ? null : placeIn(cursor, filters),
        isChain: isChainOf(request === undefined ? filters.chain : undefined),
        isWanted: (record, line) => isSeen(record) && isAsked(record, line),
        needles: request === undefined ? [] : [[`"requestId":${JSON.stringify(request)}`]],
        bytesMax: request === undefined ? bytesMax : bytesMaxById,
        ...{ countMax: limit, signal, sinceAt: Math.max(0, fromAt) },
        untilAt: filters.until === undefined ? toAt + 60_000 : toAt,
      })
      const { found, next, lookedBackTo } = page
      return {
        items: found.map(describeAudited),
        next: next === null ? null : writeCursor({ by: writePlaces(next), id: '' }, filters),
        ...{ total: null, lookedBackTo },
      }
    },
    /** The newest refused requests in the scope of the caller. */
    refusals: async (caller: Caller, asked: { countMax: number; signal: AbortSignal }) => {
      const isSeen = createScopeFilter(caller)
      const { found } = await search({
        isChain: isChainOf('requests'),
        isWanted: (record) => isRefusal(record) && isSeen(record),
        needles: [['"outcome":"deny"']],
        bytesMax,
        ...asked,
      })
      return found.map(({ record }) => describeRefusal(record))
    },
  }
}

const isRefusal = ({ event, outcome }: AuditRecord) => event === 'request' && outcome === 'deny'

function describeRefusal(record: AuditRecord) {
  const { at, requestId, user, principal, method, path, service, reason, status } = record
  return {
    ...{ at, requestId: textOf(requestId) ?? '', user: textOf(user), key: textOf(principal) },
    ...{ method: textOf(method) ?? '', path: textOf(path) ?? '', service: textOf(service) },
    ...{ reason: textOf(reason) ?? '', status: Number(status) },
  }
}

/** `acts.2.1234,requests-1.7.0`: short, since there may be a chain for each of 16 processes. */
function writePlaces(places: SearchPlace): string {
  const all = Object.entries(places)
  return all.map(([chain, { segment, byte }]) => `${chain}.${segment}.${byte}`).join(',')
}

/** A cursor says no more than places in files; others than our own are refused. */
function placeIn(cursor: string, filters: object): SearchPlace {
  const parts = String(readCursor(cursor, filters).by).split(',')
  const places = parts.map((part) => {
    const [, chain, segment, byte] =
      /^([a-z]+(?:-\d{1,2})?)\.(\d{1,10})\.(\d{1,15})$/.exec(part) ?? []
    if (chain === undefined) {
      throw new ApiError('invalid', 'The cursor is not one of this list. Begin without it.')
    }
    return [chain, { segment: Number(segment), byte: Number(byte) }] as const
  })
  return Object.fromEntries(places)
}
