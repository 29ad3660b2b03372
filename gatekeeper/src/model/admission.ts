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
  /** Bytes of the answer's content that were passed on. */
  readonly answerBytes: number
  /** Code of the error that ended it, for the log: `CONNECTION_RESET`, `UND_ERR_SOCKET`. */
  readonly cause?: string
  /** How long it waited for a slot of its service. */
  readonly waitedMs?: number
  /** From sending on to the first byte of the answer's content; absent where none came. */
  readonly firstByteMs?: number
}

/** A limit that said no, with what the answer's fields tell of it. */
export type Refusal = {
  readonly reason: Reason
  /** Null where no limit of the caller is meant, as with a full queue. */
  readonly limit: Standing | null
  /** When a repetition can succeed; null where time alone does not help. */
  readonly retryAfterMs: number | null
  /** The same as an instant (epoch ms). */
  readonly againAt?: number | null
  /** What the request may use, where that is more than is left. */
  readonly asked?: Asked
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
  /** How much still fits into every limit; Infinity where there is none. */
  room(): Charge
  /**
   * Makes durable what is charged, where a limit has to outlive the process: called once, before the
   * request is sent on. A journal that fails refuses.
   */
  open(): Promise<Refusal | null>
  /** How the quotas stand that apply to the request, with everything that is reserved. */
  standings(): readonly Standing[]
  /**
   * Ends the reservation: what runs is released, and the estimate replaced by what was used. Later
   * calls change nothing and give the first promise. It resolves when the record is durable, or at
   * once where nothing is kept; it never rejects.
   */
  settle(outcome: Outcome, usage?: Usage | null): Promise<void>
}

const always = () => true

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
  /** How long it waited for a slot of its service; null where there is no queue. */
  readonly waitedMs: number | null
  /** Asked for each piece of the answer: false from when the credential was revoked. */
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
