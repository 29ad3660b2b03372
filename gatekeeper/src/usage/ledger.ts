/**
 * What was used, by whom. For now it counts requests and those under way; limits, tokens and money
 * are charged in the same two steps later. It must never be read and then written: `reserve` tests
 * and charges in one synchronous step.
 */
import type { Outcome, Reservation } from '../policy/admission.ts'

export type Use = {
  readonly requests: number
  readonly running: number
}

export type Ledger = {
  /** Charges one request to the principal and holds a running one until it is settled. */
  readonly reserve: (principalId: string) => Reservation
  readonly useOf: (principalId: string) => Use
  /** How many admitted requests are not settled yet. */
  readonly running: () => number
}

type Account = { requests: number; running: number }

/** A ledger in memory, which starts empty at every start of the process. */
export function createLedger(): Ledger {
  const accounts = new Map<string, Account>()
  let running = 0
  const accountOf = (principalId: string): Account => {
    const known = accounts.get(principalId)
    if (known) return known
    const opened = { requests: 0, running: 0 }
    accounts.set(principalId, opened)
    return opened
  }
  return {
    reserve: (principalId) => {
      const account = accountOf(principalId)
      account.requests++
      account.running++
      running++
      return createReservation(() => {
        account.running--
        running--
      })
    },
    useOf: (principalId) => ({ ...(accounts.get(principalId) ?? { requests: 0, running: 0 }) }),
    running: () => running,
  }
}

function createReservation(release: (outcome: Outcome) => void): Reservation {
  let isOpen = true
  return {
    settle: (outcome) => {
      if (!isOpen) return
      isOpen = false
      release(outcome)
    },
  }
}
