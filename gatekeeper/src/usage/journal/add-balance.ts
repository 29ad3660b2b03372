import type { Balance } from './usage-journal.ts'

/** Balances by counter; several charges of one counter are added up. */
export type BalanceMap = Map<string, Balance>

/** Adds a charge to its counter, which is created if it is missing. */
export function addBalance(balances: BalanceMap, charge: Balance): void {
  const { subject, unit, period, startAt } = charge
  const key = `${unit} ${period} ${startAt} ${subject}`
  const amount = (balances.get(key)?.amount ?? 0) + charge.amount
  balances.set(key, { subject, unit, period, startAt, amount })
}
