import { type Kysely, sql } from 'kysely'
import { addressForms, chosenCallers, chosenForms } from '../../../model/subject.ts'
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

/** Addresses are personal data, and nobody needs their counts after the day. */
const addressesKeptMs = 3 * dayMs

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
  if ((await pruneBalances(queries, now)) >= stepRowsMax) return true
  return (await pruneLastUsed(queries, order)) >= stepRowsMax
}

/** Of subjects that callers name, which would otherwise stay for ever. */
async function pruneLastUsed(
  queries: Kysely<Tables>,
  { now, retainDays }: PruneOrder,
): Promise<bigint> {
  const old = queries
    .selectFrom('last_used')
    .select('principal_id')
    .where(({ eb, or }) => or(chosenCallers.map((form) => eb('principal_id', 'like', form))))
    .where('at', '<', now - retainDays * dayMs)
    .limit(stepRowsMax)
  const { numDeletedRows } = await queries
    .deleteFrom('last_used')
    .where('principal_id', 'in', old)
    .executeTakeFirstOrThrow()
  return numDeletedRows
}

/**
 * The three newest of each counter stay, whatever the clock says: a clock that was far ahead must
 * not remove the balance of the current period, which would reset its limit. Not those of subjects
 * that callers name: there is no end of them.
 */
async function pruneBalances(queries: Kysely<Tables>, now: number): Promise<bigint> {
  const periods = ['minute', 'hour', 'window', 'day', 'month'] as const
  const rowId = sql<number>`balances.rowid`
  const old = queries
    .selectFrom('balances')
    .select(rowId.as('row'))
    .where(({ eb, or, and }) =>
      or([
        ...periods.map((period) =>
          and([eb('period', '=', period), eb('start_at', '<', now - keptMs[period])]),
        ),
        and([
          or(addressForms.map((form) => eb('balances.subject', 'like', form))),
          eb('start_at', '<', now - addressesKeptMs),
        ]),
      ]),
    )
    .where(({ selectFrom, eb, or }) => {
      const newer = selectFrom('balances as newer')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .whereRef('newer.subject', '=', 'balances.subject')
        .whereRef('newer.unit', '=', 'balances.unit')
        .whereRef('newer.period', '=', 'balances.period')
        .whereRef('newer.start_at', '>', 'balances.start_at')
      return or([
        ...chosenForms.map((form) => eb('balances.subject', 'like', form)),
        eb(newer, '>=', 3),
      ])
    })
    .limit(stepRowsMax)
  const { numDeletedRows } = await queries
    .deleteFrom('balances')
    .where(rowId, 'in', old)
    .executeTakeFirstOrThrow()
  return numDeletedRows
}
