import type { Kysely } from 'kysely'
import { chosenForms } from '../../../model/subject.ts'
import { bookInterrupted } from '../book-interrupted.ts'
import type { Operation } from '../operation.ts'
import type { Balance, LoadedUsage, OpenReservation } from '../usage-journal.ts'
import type { UsageDatabase } from './open-database.ts'
import type { BalanceRow, Tables } from './tables.ts'
import { writeBatch } from './write-batch.ts'

const dayMs = 86_400_000

/**
 * How long ago a period may have begun to be still useful: its length, plus a margin for a clock
 * that was set back.
 */
const reachMs = {
  minute: 3_600_000,
  hour: 3 * 3_600_000,
  window: 8 * dayMs,
  day: 3 * dayMs,
  month: 63 * dayMs,
}

/**
 * Charges the requests that a dead process left open, and returns the balances at the instant
 * `now`. Runs within the caller's transaction: a crash here must not charge anything twice.
 */
export async function loadUsage(opened: UsageDatabase, now: number): Promise<LoadedUsage> {
  const { queries } = opened
  const open = await queries.selectFrom('open_reservations').select('reservation').execute()
  const bookings = open.map(({ reservation }): Operation => {
    const settled = bookInterrupted(JSON.parse(reservation) as OpenReservation)
    return { kind: 'record', settled }
  })
  writeBatch(opened, bookings)
  return { balances: await readBalances(queries, now), interrupted: open.length }
}

/** Returns the balances of these subjects at the instant `now`. */
export async function readBalancesOf(
  queries: Kysely<Tables>,
  { subjects, now }: { readonly subjects: readonly string[]; readonly now: number },
): Promise<Balance[]> {
  const rows = await recentBalances(queries, now).where('subject', 'in', subjects).execute()
  return rows.map(toBalance)
}

/** Reads all but those of subjects that callers name: there may be millions. */
async function readBalances(queries: Kysely<Tables>, now: number): Promise<Balance[]> {
  let query = recentBalances(queries, now)
  for (const form of chosenForms) query = query.where('subject', 'not like', form)
  return (await query.execute()).map(toBalance)
}

const recentBalances = (queries: Kysely<Tables>, now: number) =>
  queries
    .selectFrom('balances')
    .selectAll()
    .where(({ eb, or, and }) =>
      or([
        eb('period', '=', 'lifetime'),
        ...(['minute', 'hour', 'window', 'day', 'month'] as const).map((period) =>
          and([eb('period', '=', period), eb('start_at', '>=', now - reachMs[period])]),
        ),
      ]),
    )

function toBalance({ start_at, ...row }: BalanceRow): Balance {
  return { ...row, startAt: start_at }
}
