/**
 * Sums up calls for administrators and for one caller. A report is many short reads, one for each few
 * hours, so that none holds a snapshot of the database for long while the gatekeeper writes it.
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

const sliceMs = 6 * 3_600_000
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
  for (const slice of await slicesOf(queries, question)) {
    for (const [value, row] of await readSlice(slice)) {
      found.set(value, add(found.get(value) ?? nothing, row))
    }
    // The database reads in the thread that answers; others get their turn in between.
    await nextTurn()
  }
  return found
}

/** Returns the parts of the period in which there are calls; one for a caller, who has few. */
async function slicesOf(queries: Kysely<Tables>, question: CallQuestion): Promise<CallQuestion[]> {
  if (question.principalId !== null) return [question]
  const { fromAt, toAt } = question
  const ends = await queries
    .selectFrom('usage_log')
    .select(({ fn }) => [fn.min('at').as('first'), fn.max('at').as('last')])
    .where('at', '>=', fromAt)
    .where('at', '<', toAt)
    .executeTakeFirstOrThrow()
  const slices: CallQuestion[] = []
  // Both are null where there is no call.
  for (let at = ends.first ?? toAt; at <= (ends.last ?? -1); at += sliceMs) {
    const slice = { fromAt: at, toAt: Math.min(at + sliceMs, toAt) }
    slices.push({ ...slice, principalId: null })
  }
  return slices
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
