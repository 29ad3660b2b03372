/**
 * The audit (P15): acts, and requests with their refusals, the newest first. The chains may have a
 * gigabyte: the newest part of each is read, and an answer says from when on it is complete.
 */
import { readNewestRecords } from '../../../gatekeeper/src/operations/audit/read-newest.ts'
import type { FoundRecord } from '../../../gatekeeper/src/operations/audit/read-records.ts'
import { createRecordFilter } from '../../../gatekeeper/src/operations/audit/record-filter.ts'
import type { Installation } from '../../../gatekeeper/src/operations/installation.ts'
import {
  auditFailedQuery,
  auditQuery,
  auditStatsQuery,
} from '../../../gatekeeper/src/wire/audit-logs.ts'
import type { Answer } from './answer.ts'
import { describeRecord, isSuccess, type Request } from './audit-record.ts'
import { type HandedOver, type Routes, readQuery } from './handed-over.ts'
import { type Period, readPeriod } from './period.ts'

const dayMs = 86_400_000

/** Names of older callers. */
const olderActions: Readonly<Record<string, string>> = {
  'user.create': 'user.created',
  'user.update_quota': 'user.quota_changed',
  'user.delete': 'user.removed',
  'ip_rule.add': 'address_rule.added',
  'ip_rule.remove': 'address_rule.removed',
  'webhook.create': 'webhook.created',
  'webhook.test': 'webhook.tested',
  'webhook.delete': 'webhook.removed',
}

type Place = Pick<Installation, 'auditFolder' | 'timeZone' | 'clock'>
type Wanted = (record: FoundRecord['record']) => boolean

/** Returns the functions that answer `/admin/audit-logs`. */
export function auditLogRoutes(place: Place, bytesMax?: number): Routes {
  const inTurn = createTurns()
  const answerBy =
    (answer: (handed: HandedOver, place: Place, scan: Scan) => Promise<Answer>): Routes[string] =>
    (handed, signal) => {
      const scan: Scan = ({ fromAt, toAt }, take) => {
        const period = { sinceAt: fromAt, untilAt: toAt - 1 }
        const question = { folder: place.auditFolder, ...period, bytesMax, signal }
        return readNewestRecords(question, take)
      }
      return inTurn(() => answer(handed, place, scan))
    }
  return {
    'GET /admin/audit-logs': answerBy(list),
    'GET /admin/audit-logs/stats': answerBy(sum),
    'GET /admin/audit-logs/failed': answerBy(listFailed),
  }
}

/** Calls `take` with each record in the order of their times; returns since when none is missing. */
type Scan = (period: Period, take: (found: FoundRecord) => void) => Promise<string | null>

async function list(handed: HandedOver, place: Place, scan: Scan): Promise<Answer> {
  const { skip, take, action, success, ...dates } = readQuery(auditQuery, handed)
  const event = action === undefined ? undefined : (olderActions[action] ?? action)
  const isAsked = createRecordFilter({ event })
  const isWanted: Wanted = (record) =>
    isAsked(record) && (success === undefined || String(isSuccess(record)) === success)
  const found = await readNewest(scan, { period: readPeriod(dates, place), isWanted, skip, take })
  const { data, total, incomplete } = found
  return answer({ success: true, data, pagination: { skip, take, total }, ...incomplete })
}

async function listFailed(handed: HandedOver, place: Place, scan: Scan): Promise<Answer> {
  const { limit } = readQuery(auditFailedQuery, handed)
  const isWanted: Wanted = (record) => !isSuccess(record)
  const asked = { period: readPeriod({}, place), isWanted, skip: 0, take: limit }
  const { data, incomplete } = await readNewest(scan, asked)
  return answer({ success: true, data, ...incomplete })
}

async function sum(handed: HandedOver, { clock, timeZone }: Place, scan: Scan): Promise<Answer> {
  const { days } = readQuery(auditStatsQuery, handed)
  const toAt = clock()
  const all = { total: 0, successful: 0, failed: 0 }
  const byAction = new Map<string, number>()
  const byDay = new Map<string, typeof all>()
  const dayOf = createDayFinder(timeZone)
  const since = await scan({ fromAt: toAt - days * dayMs, toAt }, ({ record }) => {
    const action = String(record['event'])
    byAction.set(action, (byAction.get(action) ?? 0) + 1)
    const day = dayOf(record.at)
    const sums = byDay.get(day) ?? { total: 0, successful: 0, failed: 0 }
    byDay.set(day, sums)
    for (const each of [all, sums]) {
      each.total++
      each[isSuccess(record) ? 'successful' : 'failed']++
    }
  })
  const described = [...byDay].map(([date, sums]) => ({ date, ...sums }))
  const data = { ...all, byAction: Object.fromEntries(byAction), byDay: described }
  return answer({ success: true, data, ...describeCut(since) })
}

type Newest = {
  readonly period: Period
  readonly isWanted: Wanted
  readonly skip: number
  readonly take: number
}

/**
 * Reads the newest records, after those that are skipped. The record of a request comes after its
 * acts, and has the caller's name, address and program.
 */
async function readNewest(scan: Scan, { period, isWanted, skip, take }: Newest) {
  // Lines are a tenth of the parsed records.
  const kept: Pick<FoundRecord, 'chain' | 'line'>[] = []
  const requests = new Map<unknown, Request | null>()
  let total = 0
  const since = await scan(period, (found) => {
    const { record } = found
    const { event, requestId } = record
    if (event !== 'request' && requestId !== undefined) requests.set(requestId, null)
    if (event === 'request' && requests.has(requestId)) requests.set(requestId, requestOf(record))
    if (!isWanted(record)) return
    total++
    kept.push({ chain: found.chain, line: found.line })
    if (kept.length > 2 * (skip + take) + 100) kept.splice(0, kept.length - skip - take)
  })
  const page = kept.reverse().slice(skip, skip + take)
  const data = page.map(({ chain, line }) => {
    const record = JSON.parse(line) as FoundRecord['record']
    return describeRecord({ chain, record }, requests.get(record['requestId']) ?? null)
  })
  return { data, total, incomplete: describeCut(since) }
}

function requestOf({ user, clientAddress, userAgent }: FoundRecord['record']): Request {
  return { user, clientAddress, userAgent }
}

/** Older records of the period exist and were not read: the answer is complete from `since` on. */
const describeCut = (since: string | null) => (since === null ? {} : { incomplete: { since } })

const answer = (body: object): Answer => ({ status: 200, body })

/** Returns a function that gives the day of an instant; the days of one minute are alike. */
function createDayFinder(timeZone: string): (at: string) => string {
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone })
  let [minute, day] = ['', '']
  return (at) => {
    if (at.slice(0, 16) !== minute) {
      minute = at.slice(0, 16)
      day = format.format(Date.parse(at))
    }
    return day
  }
}

/** One reader at a time: several would need their memory at once. */
function createTurns() {
  let last: Promise<unknown> = Promise.resolve()
  return (read: () => Promise<Answer>): Promise<Answer> => {
    const turn = last.then(read)
    last = turn.catch(() => {})
    return turn
  }
}
