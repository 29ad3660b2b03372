import type { Obligation } from './decision.ts'
import type { RequestFacts } from './facts.ts'
import type { Standing } from './limit.ts'
import type { Principal } from './principal.ts'
import type { Reason } from './reason.ts'
import type { Charge, Estimate, Usage } from './usage.ts'

/** How an admitted request ended. */
export type Outcome = {
  readonly status: number
  readonly kind: 'answered' | 'aborted' | 'failed'
  /** Bytes of the answer's content that were forwarded. */
  readonly answerBytes: number
  /**
   * Code of the error that ended the request, for the log: `CONNECTION_RESET`, `UND_ERR_SOCKET`.
   */
  readonly cause?: string
  /** How long it waited for a slot of its service. */
  readonly waitedMs?: number
  /** From forwarding to the first byte of the answer's content; absent if none arrived. */
  readonly firstByteMs?: number
}

/** A limit that refused a request, with the values for the fields of the answer. */
export type Refusal = {
  readonly reason: Reason
  /** Null if no limit of the caller caused it, as with a full queue. */
  readonly limit: Standing | null
  /** When a repetition can succeed; null if waiting does not help. */
  readonly retryAfterMs: number | null
  /** The same as an instant (epoch ms). */
  readonly againAt?: number | null
  /** What the request may use, if that is more than is left. */
  readonly asked?: Asked
  /** All quotas of an app's user, if one of them or one of the app refused. */
  readonly quotas?: readonly Standing[]
}

/** What a request may use of a limit, in the limit's unit, and how much of its tokens is output. */
export type Asked = {
  readonly units: number
  readonly inputTokens: number
  readonly outputTokens: number
}

/** What was charged for an admitted request, until it is settled. */
export type Reservation = {
  /** Charges what the request is expected to use, all or nothing, in one synchronous step. */
  extend(estimate: Estimate): Refusal | null
  /** Returns how much still fits into every limit; Infinity if there is no limit. */
  room(): Charge
  /**
   * Makes the charge durable if a limit must survive a restart: called once, before the request is
   * forwarded. Refuses if the journal fails. The record has the endpoint of these facts.
   */
  open(facts: RequestFacts): Promise<Refusal | null>
  /**
   * The state of the quotas that apply to the request, including all reservations; with `used`, as if
   * that had been used instead of what this request reserved.
   */
  standings(used?: Charge | null): readonly Standing[]
  /**
   * Ends the reservation: releases the concurrency and replaces the estimate by the actual usage.
   * Later calls have no effect and return the first promise. It resolves when the record is
   * durable, or at once if nothing is stored; it never rejects.
   */
  settle(outcome: Outcome, usage?: Usage | null): Promise<void>
}

const always = () => true

/**
 * Proof that a request was admitted. Only `admission/admit.ts` creates one (the architecture test
 * checks this), and forwarding accepts nothing else: the private member makes the type nominal.
 */
export class Admission {
  readonly #proof = true
  readonly facts: RequestFacts
  readonly principal: Principal
  readonly obligations: readonly Obligation[]
  readonly reservation: Reservation
  /** How long it waited for a slot of its service; null if there is no queue. */
  readonly waitedMs: number | null
  /** Called for each chunk of the answer: false after the credential was revoked. */
  readonly isStanding: () => boolean

  constructor(parts: {
    facts: RequestFacts
    principal: Principal
    obligations: readonly Obligation[]
    reservation: Reservation
    waitedMs?: number | null
    isStanding?: () => boolean
  }) {
    this.facts = parts.facts
    this.principal = parts.principal
    this.obligations = parts.obligations
    this.reservation = parts.reservation
    this.waitedMs = parts.waitedMs ?? null
    this.isStanding = parts.isStanding ?? always
  }

  static isAdmission(value: unknown): value is Admission {
    return typeof value === 'object' && value !== null && #proof in value && value.#proof
  }
}
