/**
 * Reports usage from the journal's database while another process writes it. The database computes
 * the sums; only days are combined here, because it knows no time zones.
 */
import { type ExpressionBuilder, type Kysely, sql } from 'kysely'
import type { Tables } from '../../usage/journal/sqlite/tables.ts'

export const groupings = ['key', 'user', 'model', 'service', 'day'] as const
export type Grouping = (typeof groupings)[number]

/** Sums over requests, including the tokens and money of estimated ones. */
export type UsageSums = {
  readonly requests: number
  /** Requests without a complete and successful answer. */
  readonly failed: number
  readonly inputTokens: number
  readonly outputTokens: number
  readonly microUsd: number
  /** How many of the requests have estimated figures. */
  readonly estimated: number
}

/** `name` is null if there is none: a request without a model, a caller without a user. */
export type UsageRow = UsageSums & { readonly name: string | null }

export type UsageReport = { readonly rows: readonly UsageRow[]; readonly total: UsageSums }

export type ReportQuestion = {
  readonly by: Grouping
  /** From this instant on. */
  readonly sinceAt: number
  /** The time zone of `day`. */
  readonly timeZone: string
}

/** Sums up the usage log; the most expensive first, days in their order. */
export async function readUsageReport(
  queries: Kysely<Tables>,
  question: ReportQuestion,
): Promise<UsageReport> {
  const rows =
    question.by === 'day' ? await readDays(queries, question) : await read(queries, question)
  return { rows, total: rows.reduce(add, nothing) }
}

const columns = { key: 'principal_id', user: 'user', model: 'model', service: 'service' } as const

async function read(queries: Kysely<Tables>, question: ReportQuestion): Promise<UsageRow[]> {
  const by = columns[question.by as keyof typeof columns]
  const rows = await queries
    .selectFrom('usage_log')
    .select(`${by} as name`)
    .select(sums)
    .where('at', '>=', question.sinceAt)
    .groupBy(by)
    .execute()
  const weight = (row: UsageRow) => row.inputTokens + row.outputTokens
  return rows
    .map((row) => ({ ...row }))
    .sort((a, b) => b.microUsd - a.microUsd || weight(b) - weight(a) || b.requests - a.requests)
}

/** No time zone's offset is finer than a quarter of an hour, so no quarter lies in two days. */
const quarterMs = 900_000

async function readDays(queries: Kysely<Tables>, question: ReportQuestion): Promise<UsageRow[]> {
  const rows = await queries
    .selectFrom('usage_log')
    // As a literal: a bound number is a float for SQLite, and each request a quarter of its own.
    .select(sql<number>`at / ${sql.lit(quarterMs)}`.as('quarter'))
    .select(sums)
    .where('at', '>=', question.sinceAt)
    .groupBy('quarter')
    .orderBy('quarter')
    .execute()
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone: question.timeZone })
  const days = new Map<string, UsageSums>()
  for (const { quarter, ...row } of rows) {
    const day = format.format(quarter * quarterMs)
    days.set(day, add(days.get(day) ?? nothing, row))
  }
  return [...days].map(([name, day]) => ({ name, ...day }))
}

/** Columns with the sums of a query on the usage log. */
export function sums({ fn, eb }: ExpressionBuilder<Tables, 'usage_log'>) {
  const isFailed = eb.or([eb('outcome', '<>', 'answered'), eb('status', '>=', 400)])
  return [
    fn.countAll<number>().as('requests'),
    fn.sum<number>(eb.case().when(isFailed).then(1).else(0).end()).as('failed'),
    fn.sum<number>('input_tokens').as('inputTokens'),
    fn.sum<number>('output_tokens').as('outputTokens'),
    fn.sum<number>('micro_usd').as('microUsd'),
    fn.sum<number>('is_estimated').as('estimated'),
  ] as const
}

const nothing: UsageSums = {
  requests: 0,
  failed: 0,
  inputTokens: 0,
  outputTokens: 0,
  microUsd: 0,
  estimated: 0,
}

export const nothingUsed: UsageReport = { rows: [], total: nothing }

function add(one: UsageSums, other: UsageSums): UsageSums {
  return {
    requests: one.requests + other.requests,
    failed: one.failed + other.failed,
    inputTokens: one.inputTokens + other.inputTokens,
    outputTokens: one.outputTokens + other.outputTokens,
    microUsd: one.microUsd + other.microUsd,
    estimated: one.estimated + other.estimated,
  }
}
