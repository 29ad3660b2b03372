import type { Balance } from '../journal/usage-journal.ts'
import { Account } from './account.ts'
import type { Now } from './meter.ts'

export type Accounts = {
  readonly of: (subject: string, now: Now) => Account
  readonly size: () => number
}

const sizeMin = 1_000

/**
 * The accounts of subjects from the configuration and from keys; those that callers name are
 * elsewhere (`chosen-accounts.ts`). Idle accounts are dropped whenever their number has doubled.
 */
export function createAccounts(balances: readonly Balance[]): Accounts {
  const earlier = Map.groupBy(balances, ({ subject }) => subject)
  const accounts = new Map<string, Account>()
  let sweepAt = sizeMin
  const sweep = (now: Now) => {
    for (const [subject, account] of accounts) if (account.isIdle(now)) accounts.delete(subject)
    sweepAt = Math.max(sizeMin, accounts.size * 2)
  }
  return {
    of: (subject, now) => {
      const known = accounts.get(subject)
      if (known !== undefined) return known
      if (accounts.size >= sweepAt) sweep(now)
      const opened = new Account(subject, earlier.get(subject) ?? [])
      accounts.set(subject, opened)
      return opened
    },
    size: () => accounts.size,
  }
}
