import type { Kysely } from 'kysely'
import { bookInterrupted } from '../book-interrupted.ts'
import type { Operation } from '../operation.ts'
import type { Balance, LoadedUsage, OpenReservation } from '../usage-journal.ts'
import type { UsageDatabase } from './open-database.ts'
import type { Tables } from './tables.ts'
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

async function readBalances(queries: Kysely<Tables>, now: number): Promise<Balance[]> {
  const rows = await queries
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
    .execute()
  return rows.map(({ start_at, ...row }) => ({ ...row, startAt: start_at }))
}
