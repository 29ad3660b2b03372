import type { Detail } from './detail.ts'
import type { BodyFacts, RequestFacts } from './facts.ts'
import type { ScopedLimit } from './limit.ts'
import type { Principal } from './principal.ts'
import type { Reason } from './reason.ts'
import type { WrittenPlace } from './written-place.ts'

/** What the first checks may look at: who asks is not known yet. */
export type FactsQuestion = { readonly facts: RequestFacts }

/** What authentication found: a principal, or why there is none. */
export type CallerQuestion = FactsQuestion & { readonly caller: Principal | Reason }

/** Everything that a check may look at. `body` is null until the checks on the head have passed. */
export type Question = FactsQuestion & {
  readonly principal: Principal
  /** Every limit that applies to the principal at the service. */
  readonly limits: readonly ScopedLimit[]
  readonly body: BodyFacts | null
}

/**
 * What an enforcement point must do with an admitted request; a point that cannot do it refuses the
 * request.
 */
export type Obligation =
  | { readonly kind: 'set-subprotocols'; readonly subprotocols: readonly string[] }
  /** Caps the output of the request: the body is changed before it is sent. */
  | { readonly kind: 'cap-output'; readonly outputTokens: number }
  /**
   * Adds `stream_options.include_usage` to the body and hides the resulting event from the client.
   */
  | { readonly kind: 'ask-usage' }
  /** Filters a list of models to those that the caller may use. */
  | { readonly kind: 'filter-models' }
  /** Cuts the answer after this many seconds. */
  | { readonly kind: 'end-stream'; readonly seconds: number }

/** One rule of admission. It returns why it refuses, or null. */
export type Check<Asked = Question> = {
  readonly name: string
  readonly examine: (question: Asked) => Reason | null
  readonly oblige?: (question: Asked) => Obligation | null
  /** Called after `examine` refused; null if the text of the reason is enough. */
  readonly describe?: (question: Asked) => Detail | null
  /** Where the rule that refused is written; left out if no file of an operator has it. */
  readonly written?: (question: Asked, refused: RefusedBy) => readonly WrittenPlace[]
}

/**
 * Why a check refused. `keyId` is the key that was asked about, if it has no principal, and `madeBy`
 * the id of the person who made it.
 */
export type RefusedBy = {
  readonly reason: Reason
  readonly keyId: string | null
  readonly madeBy: string | null
}

/** All checks, in the order in which they run: each list when all lists before it have passed. */
export type Checks = {
  readonly facts: readonly Check<FactsQuestion>[]
  readonly caller: readonly Check<CallerQuestion>[]
  readonly head: readonly Check[]
  readonly body: readonly Check[]
}

export type Decision =
  | { readonly allowed: true; readonly obligations: readonly Obligation[] }
  | {
      readonly allowed: false
      readonly reason: Reason
      readonly check: string
      readonly detail: Detail | null
    }
