import { type Kysely, sql } from 'kysely'
import type { Tables } from './tables.ts'

const dayMs = 86_400_000

/** Balances are needed for their period only; they are kept this much longer for people. */
const keptMs = {
  minute: dayMs,
  hour: 7 * dayMs,
  window: 9 * dayMs,
  day: 62 * dayMs,
  month: 800 * dayMs,
} as const

/** Rows in one step: a step delays the commits behind it. */
const stepRowsMax = 500

export type PruneOrder = { readonly now: number; readonly retainDays: number }

/** Removes one step of old rows; true if more are left. */
export async function prune(queries: Kysely<Tables>, order: PruneOrder): Promise<boolean> {
  const { now, retainDays } = order
  const old = queries
    .selectFrom('usage_log')
    .select('id')
    .where('at', '<', now - retainDays * dayMs)
    .orderBy('at')
    .limit(stepRowsMax)
  const { numDeletedRows } = await queries
    .deleteFrom('usage_log')
    .where('id', 'in', old)
    .executeTakeFirstOrThrow()
  if (numDeletedRows >= stepRowsMax) return true
  return (await pruneBalances(queries, now)) >= stepRowsMax
}

/**
 * The three newest of each counter stay, whatever the clock says: a clock that was a day ahead must
 * not remove the balance of the current period, which would reset its limit.
 */
async function pruneBalances(queries: Kysely<Tables>, now: number): Promise<bigint> {
  const periods = ['minute', 'hour', 'window', 'day', 'month'] as const
  const rowId = sql<number>`balances.rowid`
  const old = queries
    .selectFrom('balances')
    .select(rowId.as('row'))
    .where(({ eb, or, and }) =>
      or(
        periods.map((period) =>
          and([eb('period', '=', period), eb('start_at', '<', now - keptMs[period])]),
        ),
      ),
    )
    .where(
      ({ selectFrom }) =>
        selectFrom('balances as newer')
          .select(({ fn }) => fn.countAll<number>().as('count'))
          .whereRef('newer.subject', '=', 'balances.subject')
          .whereRef('newer.unit', '=', 'balances.unit')
          .whereRef('newer.period', '=', 'balances.period')
          .whereRef('newer.start_at', '>', 'balances.start_at'),
      '>=',
      3,
    )
    .limit(stepRowsMax)
  const { numDeletedRows } = await queries
    .deleteFrom('balances')
    .where(rowId, 'in', old)
    .executeTakeFirstOrThrow()
  return numDeletedRows
}
