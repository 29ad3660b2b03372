/**
 * The journal makes the ledger durable. Memory is the truth while the process runs; the journal
 * stores usage so that a killed process does not lose it. It never decides, and never contains a
 * credential, query or prompt. SQLite is one implementation; others implement the same type and
 * pass the same conformance suite (gatekeeper/test/support/describe-journal.ts).
 */
import type { Problem } from '../../lib/problem.ts'
import type { LimitPeriod, LimitUnit } from '../../model/limit.ts'

/** The periods of limits; `window` has the slices of all rates whose window is above an hour. */
export type KeptPeriod = LimitPeriod | 'window'

/**
 * One counter: its owner (`key:ID`, `user:ada`, `service:ollama`, `global`), its unit, and its
 * period.
 */
export type BalanceKey = {
  readonly subject: string
  readonly unit: LimitUnit
  readonly period: KeptPeriod
  /** When the period began, epoch ms in whatever time zone the ledger uses; 0 for `lifetime`. */
  readonly startAt: number
}

/**
 * A counter with a whole number of requests, tokens or micro-USD, 0 or more: the usage so far, or
 * what a request adds. A journal adds and never sets.
 */
export type Balance = BalanceKey & { readonly amount: number }

/** One line of the usage log: an admitted request and how it ended. */
export type UsageRecord = {
  /** When it was admitted. */
  readonly at: number
  readonly requestId: string
  readonly principalId: string
  readonly user: string | null
  readonly service: string
  readonly model: string | null
  /** The endpoint's pattern, `/api/chat`: never the path or query of a client. */
  readonly endpoint: string | null
  /** 0 if no answer's head arrived. */
  readonly status: number
  readonly outcome: 'answered' | 'aborted' | 'failed' | 'interrupted'
  readonly inputTokens: number
  readonly outputTokens: number
  readonly microUsd: number
  /** The figures are the gatekeeper's estimate, because the upstream gave none. */
  readonly isEstimated: boolean
  readonly durationMs: number
  readonly queueMs: number
  readonly answerBytes: number
  /** The id of the caller's split key that was used instead of the server's key. */
  readonly splitKey: string | null
}

/** What is charged if the process dies before the request is settled. */
export type OpenReservation = {
  /** Unique forever, so not from a client or a proxy: `randomUUID()`. */
  readonly id: string
  /**
   * The record as it would then be written; the journal sets `outcome` and `isEstimated` itself.
   */
  readonly record: Omit<UsageRecord, 'outcome' | 'isEstimated'>
  readonly charges: readonly Balance[]
}

export type SettledRequest = {
  /** The open reservation that this ends; null if none was opened. */
  readonly reservationId: string | null
  readonly record: UsageRecord
  /** The final total cost of the request, not the difference from what was opened. */
  readonly charges: readonly Balance[]
}

/** `at-once` if the end of an answer waits for it, `soon` if no caller does. */
export type Urgency = 'at-once' | 'soon'

/** The initial state of the ledger. */
export type LoadedUsage = {
  /**
   * Of the current periods and the ones just before, in case the clock is set back a little; without
   * those of subjects that callers name (`model/subject.ts`).
   */
  readonly balances: readonly Balance[]
  /**
   * How many requests a dead process had left open; they are charged, and included in `balances`.
   */
  readonly interrupted: number
}

export type JournalState =
  | { readonly status: 'healthy' }
  | {
      readonly status: 'failing'
      readonly sinceAt: number
      readonly problem: Problem
    }

export type UsageJournal = {
  /**
   * Returns everything that is counted for these subjects, with all that was recorded before this
   * call; null if that cannot be read now. For subjects whose balances `load` leaves out. Never
   * rejects.
   */
  readonly balancesOf: (subjects: readonly string[]) => Promise<readonly Balance[] | null>
  /**
   * Charges the requests that a dead process left open, as estimated, and returns the balances.
   * Called once, before anything else. Rejects with a ProblemsError if the store is not usable:
   * starting from zero would reset every limit.
   */
  readonly load: () => Promise<LoadedUsage>
  /**
   * Records a request before it is forwarded; for limits that outlive the process. Resolves once
   * that is durable; with `unavailable` if it cannot be, and then the request must be refused
   * (`ledger-unavailable`) and nothing of it stays. Resolves immediately while the journal is
   * failing.
   */
  readonly open: (reservation: OpenReservation) => Promise<'open' | 'unavailable'>
  /**
   * Records how a request ended. Resolves with `durable` once it is; with `deferred` if the store
   * fails: it is retried until it works, and an opened reservation is charged by the next start.
   * Never rejects. A record that no caller waits for may be written `soon`, within a tenth of a
   * second.
   */
  readonly record: (settled: SettledRequest, urgency?: Urgency) => Promise<'durable' | 'deferred'>
  /**
   * Gives the calls of a principal another name, in the log alone. Resolves with whether that is
   * durable.
   */
  readonly rename: (from: string, to: string) => Promise<boolean>
  /** For a refusal before anything is charged, and for `/readyz`. */
  readonly state: () => JournalState
  /** Writes what waits, as far as possible, and closes the store. */
  readonly close: () => Promise<void>
}
