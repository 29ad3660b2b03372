/**
 * The journal: what makes the ledger survive. Memory is the truth while the process runs; the
 * journal holds what was used where a killed process cannot lose it. It never decides, and no
 * credential, query or prompt is ever written. SQLite is one implementation; others stand behind
 * the same type and the same conformance suite (gatekeeper/test/support/describe-journal.ts).
 */
import type { Problem } from '../../lib/problem.ts'
import type { LimitPeriod, LimitUnit } from '../../model/limit.ts'

/** One counter: of whom (`key:ID`, `user:ada`, `service:ollama`, `global`), of what, since when. */
export type BalanceKey = {
  readonly subject: string
  readonly unit: LimitUnit
  readonly period: LimitPeriod
  /** When the period began, epoch ms in whatever time zone the ledger uses; 0 for `lifetime`. */
  readonly startAt: number
}

/**
 * A counter with a whole number of requests, tokens or micro-USD, 0 or more: how much of it is used,
 * or how much a request adds to it. A journal adds and never sets.
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
  /** The endpoint's pattern, `/api/chat`: never the path or query that a client chose. */
  readonly endpoint: string | null
  /** 0 where no answer's head came. */
  readonly status: number
  readonly outcome: 'answered' | 'aborted' | 'failed' | 'interrupted'
  readonly inputTokens: number
  readonly outputTokens: number
  readonly microUsd: number
  /** The figures are the gatekeeper's own guess, because the upstream gave none. */
  readonly isEstimated: boolean
  readonly durationMs: number
  readonly queueMs: number
  readonly answerBytes: number
}

/** What is booked, should the process die before the request is settled. */
export type OpenReservation = {
  /** Unique for ever, so not a client's or a proxy's: `randomUUID()`. */
  readonly id: string
  /** As it would be written then; the journal sets `outcome` and `isEstimated` itself. */
  readonly record: Omit<UsageRecord, 'outcome' | 'isEstimated'>
  readonly charges: readonly Balance[]
}

export type SettledRequest = {
  /** The open reservation that this ends; null where none was opened. */
  readonly reservationId: string | null
  readonly record: UsageRecord
  /** Everything that the request costs in the end, not the difference to what was opened. */
  readonly charges: readonly Balance[]
}

/** `at-once` where the end of an answer waits for it, `soon` where nobody does. */
export type Urgency = 'at-once' | 'soon'

/** What the ledger starts with. */
export type LoadedUsage = {
  /** Of the current periods and the ones just before, so that a clock may be set back a little. */
  readonly balances: readonly Balance[]
  /** How many requests a dead process had left open; they are booked, and in `balances`. */
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
   * Books what a dead process left open, as estimated, and gives the balances. Called once, before
   * anything else. Rejects with a ProblemsError where the store cannot be believed: starting from
   * zero would open every limit.
   */
  readonly load: () => Promise<LoadedUsage>
  /**
   * Writes down a request before it is forwarded; for limits that outlive the process. Resolves
   * once that is durable; `unavailable` where it cannot be made so, and then the request is to be
   * refused (`ledger-unavailable`) and nothing of it stays. At once so while the journal is failing.
   */
  readonly open: (reservation: OpenReservation) => Promise<'open' | 'unavailable'>
  /**
   * Writes down how a request ended. Resolves with `durable` once it is; with `deferred` where the
   * store fails: it is tried again until it works, and where a reservation was opened the next start
   * books that. Never rejects. What nobody waits for may come `soon`, within a tenth of a second.
   */
  readonly record: (settled: SettledRequest, urgency?: Urgency) => Promise<'durable' | 'deferred'>
  /** For a refusal before anything is charged, and for `/readyz`. */
  readonly state: () => JournalState
  /** Writes what waits, as far as the store lets it, and frees the store. */
  readonly close: () => Promise<void>
}
