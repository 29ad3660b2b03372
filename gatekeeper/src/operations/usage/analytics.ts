/**
 * Sums up calls for administrators and for one caller. A report is many short reads of some thousand
 * calls each, so that none holds a snapshot of the database for long while the gatekeeper writes it,
 * nor the thread that answers others.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Kysely, sql } from 'kysely'
import { ownServices } from '../../kinds/own/own-services.ts'
import type { Tables } from '../../usage/journal/sqlite/tables.ts'
import { sums } from './usage-report.ts'

/** What is asked about; instants in epoch ms, the second excluded. */
export type CallQuestion = {
  readonly fromAt: number
  readonly toAt: number
  /** Whose calls; null for everybody's. */
  readonly principalId: string | null
  /** Ends the report when nobody waits for it any more: it rejects with the reason. */
  readonly signal?: AbortSignal
}

export type CallSums = {
  readonly requests: number
  /** Requests without a complete and successful answer. */
  readonly failed: number
  readonly inputTokens: number
  readonly outputTokens: number
  readonly microUsd: number
  readonly durationMs: number
}

/** Sums by each value of one column. */
export type SumsBy<Value> = ReadonlyMap<Value, CallSums>

const columns = { api: 'service', caller: 'principal_id', status: 'status' } as const
type ColumnName = keyof typeof columns

/** The calls that one read sums up. Measured: 40 ms. */
const sliceRows = 10_000
/** No time zone's offset is finer, so no quarter lies in two hours of a day. */
const quarterMs = 900_000

/** Calls of the gatekeeper's own endpoints are no calls of an API. */
const ownNames = ownServices.map(({ name }) => name)

/** Sums up the calls by service, by the principal's id, or by status. */
export async function sumCalls(
  queries: Kysely<Tables>,
  by: ColumnName,
  question: CallQuestion,
): Promise<SumsBy<string>> {
  return await sumSlices(queries, question, async (slice) => {
    const column = columns[by]
    const rows = await callsOf(queries, slice)
      .select(sql<string | number>`${sql.ref(column)}`.as('value'))
      .groupBy(column)
      .execute()
    return rows.map(({ value, ...row }) => [String(value), row] as const)
  })
}

/** Sums up the calls by the hour of the day in a time zone, 0 to 23. */
export async function sumCallsByHour(
  queries: Kysely<Tables>,
  question: CallQuestion & { readonly timeZone: string },
): Promise<SumsBy<number>> {
  const format = new Intl.DateTimeFormat('en-US', {
    ...{ timeZone: question.timeZone, hour: '2-digit', hourCycle: 'h23' },
  })
  return await sumSlices(queries, question, async (slice) => {
    const rows = await callsOf(queries, slice)
      .select(({ eb }) => eb('at', '/', quarterMs).as('quarter'))
      .groupBy('quarter')
      .execute()
    return rows.map(({ quarter, ...row }) => {
      return [Number(format.format(Number(quarter) * quarterMs)), row] as const
    })
  })
}

export type RecentCall = {
  readonly at: number
  readonly api: string
  readonly endpoint: string | null
  readonly model: string | null
  readonly status: number
  readonly inputTokens: number
  readonly outputTokens: number
  readonly microUsd: number
  readonly durationMs: number
  readonly splitKey: string | null
}

/** Returns the newest calls of one caller within the question's period. */
export async function readRecentCalls(
  queries: Kysely<Tables>,
  question: CallQuestion,
  countMax: number,
): Promise<readonly RecentCall[]> {
  return await whereAsked(queries, question)
    .select(['at', 'service as api', 'endpoint', 'model', 'status'])
    .select(['input_tokens as inputTokens', 'output_tokens as outputTokens'])
    .select(['micro_usd as microUsd', 'duration_ms as durationMs', 'split_key as splitKey'])
    .orderBy('at', 'desc')
    .limit(countMax)
    .execute()
}

/** Returns the sum of all values. */
export function totalOf(by: SumsBy<unknown>): CallSums {
  return [...by.values()].reduce(add, nothing)
}

const whereAsked = (queries: Kysely<Tables>, { fromAt, toAt, principalId }: CallQuestion) =>
  queries
    .selectFrom('usage_log')
    .where('at', '>=', fromAt)
    .where('at', '<', toAt)
    .where('service', 'not in', ownNames)
    .$if(principalId !== null, (query) => query.where('principal_id', '=', principalId))

const callsOf = (queries: Kysely<Tables>, slice: CallQuestion) =>
  whereAsked(queries, slice)
    .select(sums)
    .select(({ fn }) => fn.sum<number>('duration_ms').as('durationMs'))

type Rows<Value> = readonly (readonly [Value, CallSums])[]

async function sumSlices<Value>(
  queries: Kysely<Tables>,
  question: CallQuestion,
  readSlice: (slice: CallQuestion) => Promise<Rows<Value>>,
): Promise<SumsBy<Value>> {
  const found = new Map<Value, CallSums>()
  const { toAt, signal } = question
  for (let { fromAt } = question; fromAt < toAt; ) {
    const slice = { ...question, fromAt, toAt: await endOfSlice(queries, { ...question, fromAt }) }
    for (const [value, row] of await readSlice(slice)) {
      found.set(value, add(found.get(value) ?? nothing, row))
    }
    // The database reads in the thread that answers; others get their turn in between.
    await nextTurn()
    signal?.throwIfAborted()
    fromAt = slice.toAt
  }
  return found
}

/** Returns where the next read ends, at the latest with the period. */
async function endOfSlice(
  queries: Kysely<Tables>,
  { fromAt, toAt, principalId }: CallQuestion,
): Promise<number> {
  const next = await queries
    .selectFrom('usage_log')
    .select('at')
    .where('at', '>=', fromAt)
    .where('at', '<', toAt)
    .$if(principalId !== null, (query) => query.where('principal_id', '=', principalId))
    .orderBy('at')
    .offset(sliceRows)
    .limit(1)
    .executeTakeFirst()
  return Math.max(next?.at ?? toAt, fromAt + 1)
}

const nothing: CallSums = {
  ...{ requests: 0, failed: 0, inputTokens: 0, outputTokens: 0, microUsd: 0, durationMs: 0 },
}

function add(one: CallSums, other: CallSums): CallSums {
  return {
    requests: one.requests + other.requests,
    failed: one.failed + other.failed,
    inputTokens: one.inputTokens + other.inputTokens,
    outputTokens: one.outputTokens + other.outputTokens,
    microUsd: one.microUsd + other.microUsd,
    durationMs: one.durationMs + other.durationMs,
  }
}
