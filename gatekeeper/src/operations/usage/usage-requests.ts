/**
 * The requests of the usage log, the newest first, in pages. Where few requests match, a page looks at
 * a bounded number of them and says where the next one goes on.
 */
import type { Kysely } from 'kysely'
import type { Tables } from '../../usage/journal/sqlite/tables.ts'
import { queryUsage } from './read-usage.ts'

/** Where a page ends: requests before it follow. Lines that are written meanwhile come before it. */
export type RequestPlace = { readonly at: number; readonly id: number }

export type RequestFilter = {
  readonly service?: string | undefined
  readonly model?: string | undefined
  readonly status?: number | undefined
  readonly isFailed?: boolean | undefined
}

export type RequestsQuestion = {
  readonly stateDir: string
  /** Whose requests are wanted: principals (`key:ID`), or those for one user alone; null for all. */
  readonly callers: readonly { readonly key: string; readonly user: string | null }[] | null
  readonly filter: RequestFilter
  /** Null begins with the newest. */
  readonly before: RequestPlace | null
  readonly sinceAt: number
  /** Not included. */
  readonly untilAt: number
  readonly countMax: number
}

export type LoggedRequest = {
  readonly id: number
  readonly at: number
  readonly requestId: string
  readonly key: string
  readonly user: string | null
  readonly service: string
  readonly model: string | null
  readonly endpoint: string | null
  readonly status: number
  readonly outcome: string
  readonly tokensIn: number
  readonly tokensOut: number
  readonly microUsd: number
  readonly durationMs: number
  readonly queueMs: number
}

export type RequestsPage = {
  readonly requests: readonly LoggedRequest[]
  /** Null at the end. */
  readonly next: RequestPlace | null
}

/** Lines that one query looks at: some 30 ms. */
const sliceLines = 10_000
/** Lines that a page looks at. */
const slicesMax = 4

/** Reads a page. A page with few requests, or none, is not the last one while `next` is not null. */
export async function readRequests(question: RequestsQuestion): Promise<RequestsPage> {
  const page = await queryUsage(question.stateDir, async (queries) => {
    const { callers } = question
    return callers === null
      ? await readSlices(queries, question)
      : await readOfCallers(queries, question, callers)
  })
  return page ?? { requests: [], next: null }
}

/** Each key has its requests in an index, newest last. */
async function readOfCallers(
  queries: Kysely<Tables>,
  question: RequestsQuestion,
  callers: NonNullable<RequestsQuestion['callers']>,
): Promise<RequestsPage> {
  const { countMax } = question
  const found: LoggedRequest[] = []
  for (const { key, user } of callers) {
    const lines = await linesOf(queries, question)
      .where('principal_id', '=', key)
      .$if(user !== null, (query) => query.where('user', '=', user ?? ''))
      .execute()
    found.push(...lines)
  }
  found.sort((one, other) => other.at - one.at || other.id - one.id)
  const requests = found.slice(0, countMax)
  return { requests, next: found.length >= countMax ? placeOf(requests) : null }
}

async function readSlices(
  queries: Kysely<Tables>,
  question: RequestsQuestion,
): Promise<RequestsPage> {
  const { countMax } = question
  const requests: LoggedRequest[] = []
  let before = question.before
  for (let slice = 0; slice < slicesMax; slice++) {
    const end = await endOfSlice(queries, { ...question, before })
    const sinceAt = Math.max(question.sinceAt, end?.at ?? 0)
    const asked = { ...question, before, sinceAt, countMax: countMax - requests.length }
    const lines = await linesOf(queries, asked).execute()
    requests.push(...lines)
    if (requests.length >= countMax) return { requests, next: placeOf(requests) }
    if (end === null) return { requests, next: null }
    before = { at: end.at, id: 0 }
  }
  return { requests, next: before }
}

const placeOf = (requests: readonly LoggedRequest[]): RequestPlace | null => {
  const last = requests.at(-1)
  return last === undefined ? null : { at: last.at, id: last.id }
}

/** Returns the last line of the next slice; null if the slice has the rest. */
async function endOfSlice(queries: Kysely<Tables>, question: RequestsQuestion) {
  const line = await inPeriod(queries, question)
    .select(['at', 'id'])
    .offset(sliceLines)
    .limit(1)
    .executeTakeFirst()
  return line ?? null
}

const linesOf = (queries: Kysely<Tables>, question: RequestsQuestion) => {
  const { filter, countMax } = question
  const { service, model, status, isFailed } = filter
  return inPeriod(queries, question)
    .select(['id', 'at', 'request_id as requestId', 'principal_id as key', 'user', 'service'])
    .select(['model', 'endpoint', 'status', 'outcome', 'micro_usd as microUsd'])
    .select(['input_tokens as tokensIn', 'output_tokens as tokensOut'])
    .select(['duration_ms as durationMs', 'queue_ms as queueMs'])
    .$if(service !== undefined, (query) => query.where('service', '=', service ?? ''))
    .$if(model !== undefined, (query) => query.where('model', '=', model ?? ''))
    .$if(status !== undefined, (query) => query.where('status', '=', status ?? 0))
    .$if(isFailed === true, (query) =>
      query.where(({ eb, or }) => or([eb('outcome', '<>', 'answered'), eb('status', '>=', 400)])),
    )
    .limit(countMax)
}

/** Of two bounds on the same side SQLite uses one for its index, so there is one of each. */
const inPeriod = (
  queries: Kysely<Tables>,
  { before, sinceAt, untilAt }: Pick<RequestsQuestion, 'before' | 'sinceAt' | 'untilAt'>,
) =>
  queries
    .selectFrom('usage_log')
    .where('at', '>=', sinceAt)
    .where('at', '<=', Math.min(untilAt - 1, before?.at ?? untilAt))
    .$if(before !== null, (query) =>
      query.where(({ eb, or }) =>
        or([eb('at', '<', before?.at ?? 0), eb('id', '<', before?.id ?? 0)]),
      ),
    )
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
