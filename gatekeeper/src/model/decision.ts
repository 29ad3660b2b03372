import type { Detail } from './detail.ts'
import type { BodyFacts, RequestFacts } from './facts.ts'
import type { ScopedLimit } from './limit.ts'
import type { Principal } from './principal.ts'
import type { Reason } from './reason.ts'

/** Everything that a check may look at. `body` is null until the head checks have passed. */
export type Question = {
  readonly facts: RequestFacts
  readonly caller: Principal | Reason
  /** Every limit that applies to the caller at the service; none if there is no principal. */
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
export type Check = {
  readonly name: string
  readonly needs: 'head' | 'body'
  readonly examine: (question: Question) => Reason | null
  readonly oblige?: (question: Question) => Obligation | null
  /** Called after `examine` refused; null if the text of the reason is enough. */
  readonly describe?: (question: Question) => Detail | null
}

export type Decision =
  | { readonly allowed: true; readonly obligations: readonly Obligation[] }
  | {
      readonly allowed: false
      readonly reason: Reason
      readonly check: string
      readonly detail: Detail | null
    }
