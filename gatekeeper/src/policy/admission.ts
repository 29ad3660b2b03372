import type { Obligation } from './decision.ts'
import type { RequestFacts } from './facts.ts'
import type { Principal } from './principal.ts'

/** How an admitted request ended. */
export type Outcome = {
  readonly status: number
  readonly kind: 'answered' | 'aborted' | 'failed'
  /** Bytes of the answer's content that were passed on. */
  readonly answerBytes: number
  /** Code of the error that ended it, for the log: `ECONNRESET`, `UND_ERR_SOCKET`. */
  readonly cause?: string
}

/** What was charged for an admitted request, until it is settled. */
export type Reservation = {
  /** Ends the reservation; a second call changes nothing. */
  settle(outcome: Outcome): void
}

/**
 * The proof that a request was admitted. Only `admission/admit.ts` makes one (the architecture test
 * holds that), and forwarding takes nothing else: the private member makes the type nominal.
 */
export class Admission {
  readonly #proof = true
  readonly facts: RequestFacts
  readonly principal: Principal
  readonly obligations: readonly Obligation[]
  readonly reservation: Reservation

  constructor(parts: {
    facts: RequestFacts
    principal: Principal
    obligations: readonly Obligation[]
    reservation: Reservation
  }) {
    this.facts = parts.facts
    this.principal = parts.principal
    this.obligations = parts.obligations
    this.reservation = parts.reservation
  }

  static isAdmission(value: unknown): value is Admission {
    return typeof value === 'object' && value !== null && #proof in value && value.#proof
  }
}
