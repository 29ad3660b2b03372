import type { Detail } from './detail.ts'
import type { BodyFacts, RequestFacts } from './facts.ts'
import type { ScopedLimit } from './limit.ts'
import type { Principal } from './principal.ts'
import type { Reason } from './reason.ts'

/** Everything that a check may look at. `body` is null until the head checks have passed. */
export type Question = {
  readonly facts: RequestFacts
  readonly caller: Principal | Reason
  /** Every limit that applies to the caller at the service; none where there is no principal. */
  readonly limits: readonly ScopedLimit[]
  readonly body: BodyFacts | null
}

/** What an enforcement point must do with an admitted request; one that cannot refuses it. */
export type Obligation =
  | { readonly kind: 'set-subprotocols'; readonly subprotocols: readonly string[] }
  /** The request may ask for no more output than this: its body is changed before it is sent. */
  | { readonly kind: 'cap-output'; readonly outputTokens: number }
  /** Its body also asks for `stream_options.include_usage`, and the answer to that is hidden. */
  | { readonly kind: 'ask-usage' }
  /** The answer lists models, of which the caller sees its own only. */
  | { readonly kind: 'filter-models' }
  /** The answer is cut after so many seconds. */
  | { readonly kind: 'end-stream'; readonly seconds: number }

/** One rule of admission. It returns why it refuses, or null. */
export type Check = {
  readonly name: string
  readonly needs: 'head' | 'body'
  readonly examine: (question: Question) => Reason | null
  readonly oblige?: (question: Question) => Obligation | null
  /** Asked after `examine` refused; null where the reason's own text says everything. */
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
