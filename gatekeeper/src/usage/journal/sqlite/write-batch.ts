import type { Insertable, Kysely } from 'kysely'
import { addBalance, type BalanceMap } from '../add-balance.ts'
import type { Operation } from '../operation.ts'
import type { Balance, OpenReservation, UsageRecord } from '../usage-journal.ts'
import type { Tables, UsageRow } from './tables.ts'

/** SQLite takes 32,766 values in a statement, and a row of the log has 16 of them. */
const rowsMax = 1000

/**
 * Writes operations, inside of the caller's transaction, a statement a table. What is opened is
 * written before anything is closed, so that both may come together.
 */
export async function writeBatch(
  queries: Kysely<Tables>,
  operations: readonly Operation[],
): Promise<void> {
  const sorted = sort(operations)
  await inSteps(sorted.opened, (rows) =>
    queries.insertInto('open_reservations').values(rows.map(toOpenRow)).execute(),
  )
  await inSteps(sorted.closed, (ids) =>
    queries.deleteFrom('open_reservations').where('id', 'in', ids).execute(),
  )
  await inSteps(sorted.records, (rows) =>
    queries.insertInto('usage_log').values(rows.map(toUsageRow)).execute(),
  )
  await inSteps([...sorted.balances.values()], (rows) => addBalances(queries, rows))
  await inSteps([...sorted.lastUsed], (rows) => moveLastUsed(queries, rows))
}

type Sorted = {
  readonly opened: OpenReservation[]
  readonly closed: string[]
  readonly records: UsageRecord[]
  readonly balances: BalanceMap
  readonly lastUsed: Map<string, number>
}

function sort(operations: readonly Operation[]): Sorted {
  const sorted: Sorted = {
    ...{ opened: [], closed: [], records: [] },
    balances: new Map(),
    lastUsed: new Map(),
  }
  for (const operation of operations) place(operation, sorted)
  return sorted
}

function place(operation: Operation, sorted: Sorted): void {
  switch (operation.kind) {
    case 'open':
      sorted.opened.push(operation.reservation)
      return
    case 'cancel':
      sorted.closed.push(operation.id)
      return
    case 'charge':
      for (const charge of operation.charges) addBalance(sorted.balances, charge)
      return
    case 'record': {
      const { reservationId, record, charges } = operation.settled
      if (reservationId !== null) sorted.closed.push(reservationId)
      sorted.records.push(record)
      for (const charge of charges) addBalance(sorted.balances, charge)
      const { principalId, at } = record
      sorted.lastUsed.set(principalId, Math.max(at, sorted.lastUsed.get(principalId) ?? at))
    }
  }
}

async function inSteps<T>(all: readonly T[], write: (some: T[]) => Promise<unknown>) {
  for (let at = 0; at < all.length; at += rowsMax) await write(all.slice(at, at + rowsMax))
}

const toOpenRow = (reservation: OpenReservation) => ({
  id: reservation.id,
  reservation: JSON.stringify(reservation),
})

function toUsageRow(record: UsageRecord): Insertable<UsageRow> {
  return {
    at: record.at,
    request_id: record.requestId,
    principal_id: record.principalId,
    user: record.user,
    service: record.service,
    model: record.model,
    endpoint: record.endpoint,
    status: record.status,
    outcome: record.outcome,
    input_tokens: record.inputTokens,
    output_tokens: record.outputTokens,
    micro_usd: record.microUsd,
    is_estimated: record.isEstimated ? 1 : 0,
    duration_ms: Math.round(record.durationMs),
    queue_ms: Math.round(record.queueMs),
    answer_bytes: record.answerBytes,
  }
}

/** Added by the database itself: read here and written there, two writers would lose a charge. */
async function addBalances(queries: Kysely<Tables>, charges: readonly Balance[]): Promise<void> {
  const rows = charges.map(({ startAt, ...charge }) => ({ ...charge, start_at: startAt }))
  await queries
    .insertInto('balances')
    .values(rows)
    .onConflict((conflict) =>
      conflict.columns(['subject', 'unit', 'period', 'start_at']).doUpdateSet(({ ref, eb }) => ({
        amount: eb(ref('balances.amount'), '+', ref('excluded.amount')),
      })),
    )
    .execute()
}

async function moveLastUsed(
  queries: Kysely<Tables>,
  uses: readonly (readonly [string, number])[],
): Promise<void> {
  await queries
    .insertInto('last_used')
    .values(uses.map(([principal_id, at]) => ({ principal_id, at })))
    .onConflict((conflict) =>
      conflict
        .column('principal_id')
        .doUpdateSet(({ ref }) => ({ at: ref('excluded.at') }))
        .whereRef('excluded.at', '>', 'last_used.at'),
    )
    .execute()
}
