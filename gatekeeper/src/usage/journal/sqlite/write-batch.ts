import { addBalance, type BalanceMap } from '../add-balance.ts'
import type { Operation } from '../operation.ts'
import type { OpenReservation, UsageRecord } from '../usage-journal.ts'
import type { UsageDatabase } from './open-database.ts'

/**
 * Writes operations within the caller's transaction, one table after the other. Openings are
 * written before closings, so that both may be in one batch.
 */
export function writeBatch({ writes }: UsageDatabase, operations: readonly Operation[]): void {
  const sorted = sort(operations)
  for (const reservation of sorted.opened) writes.open(reservation)
  for (const id of sorted.closed) writes.close(id)
  for (const record of sorted.records) writes.log(record)
  for (const charge of sorted.balances.values()) writes.charge(charge)
  for (const [principalId, at] of sorted.lastUsed) writes.use({ principalId, at })
  // Last: the calls of the same batch are moved too.
  for (const [from, to] of sorted.renames) writes.rename(from, to)
}

type Sorted = {
  readonly opened: OpenReservation[]
  readonly closed: string[]
  readonly records: UsageRecord[]
  readonly balances: BalanceMap
  readonly lastUsed: Map<string, number>
  readonly renames: Map<string, string>
}

function sort(operations: readonly Operation[]): Sorted {
  const sorted: Sorted = {
    ...{ opened: [], closed: [], records: [] },
    balances: new Map(),
    lastUsed: new Map(),
    renames: new Map(),
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
    case 'rename':
      sorted.renames.set(operation.from, operation.to)
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
