/**
 * The accounts of subjects that callers name (`model/subject.ts`). A bounded number of them is in
 * memory; the counts of all are in the journal, and are read again when their owner comes back. An
 * owner who cannot be read is refused and never counted as a new one.
 */
import type { Balance } from '../journal/usage-journal.ts'
import { Account } from './account.ts'
import type { Now } from './meter.ts'

export type ChosenAccounts = {
  /**
   * Resolves to whether the accounts of the owner are in memory: false if the journal cannot be read
   * or there is no room. Never rejects.
   */
  readonly load: (owner: string, now: () => Now) => Promise<boolean>
  /** Returns an account of an owner; null if it is not loaded. */
  readonly find: (owner: string, subject: string) => Account | null
  /**
   * Returns an account as `load` would find it, without keeping it: naming users must not push out
   * those who call. Null if the journal cannot be read.
   */
  readonly look: (owner: string, subject: string) => Promise<Account | null>
  readonly size: () => number
}

export type ChosenAccountsDeps = {
  /** Returns all that is counted for an owner; null if it cannot be read. Never rejects. */
  readonly read: (owner: string) => Promise<readonly Balance[] | null>
  /** How many owners are in memory at most. */
  readonly ownersMax: number
}

/** As shipped. Measured: an owner with two quotas takes 0.8 KB. */
export const ownersMaxUsual = 200_000

/** The oldest owners that are examined to make room for one more. */
const examinedMax = 100

/** The accounts of one owner that were used, and what the journal has for the others. */
type Owner = { accounts: readonly Account[]; readonly balances: readonly Balance[] }

export function createChosenAccounts({ read, ownersMax }: ChosenAccountsDeps): ChosenAccounts {
  // A map keeps the order of insertion: the owner that was used longest ago is the first.
  const owners = new Map<string, Owner>()
  const loading = new Map<string, Promise<boolean>>()
  const hasRoom = (now: Now): boolean => {
    if (owners.size < ownersMax) return true
    let examined = 0
    for (const [name, { accounts }] of owners) {
      if (accounts.every((account) => account.isKept(now))) return owners.delete(name)
      if (++examined === examinedMax) return false
    }
    return false
  }
  const readIn = async (name: string, now: () => Now): Promise<boolean> => {
    const balances = await read(name)
    if (balances === null || !hasRoom(now())) return false
    owners.set(name, { accounts: [], balances })
    return true
  }
  return {
    load: (name, now) => {
      const known = owners.get(name)
      if (known !== undefined) {
        owners.delete(name)
        owners.set(name, known)
        return Promise.resolve(true)
      }
      // Two loads at once would make two accounts, and one of them would lose its charges.
      const begun = loading.get(name)
      if (begun !== undefined) return begun
      const load = readIn(name, now).finally(() => loading.delete(name))
      loading.set(name, load)
      return load
    },
    find: (name, subject) => {
      const owner = owners.get(name)
      return owner === undefined ? null : accountOf(owner, subject)
    },
    look: async (name, subject) => {
      const owner = owners.get(name)
      if (owner !== undefined) return accountOf(owner, subject)
      const balances = await read(name)
      return balances && accountOf({ accounts: [], balances }, subject)
    },
    size: () => owners.size,
  }
}

function accountOf(owner: Owner, subject: string): Account {
  const known = owner.accounts.find((account) => account.subject === subject)
  if (known !== undefined) return known
  const own = owner.balances.filter((balance) => balance.subject === subject)
  const opened = new Account(subject, own)
  // Not by `push`, which would reserve room for many.
  owner.accounts = owner.accounts.concat(opened)
  return opened
}
