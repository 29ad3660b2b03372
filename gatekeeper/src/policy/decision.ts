import type { BodyFacts, RequestFacts } from './facts.ts'
import type { Principal } from './principal.ts'
import type { Reason } from './reason.ts'

/** Everything that a check may look at. `body` is null until the head checks have passed. */
export type Question = {
  readonly facts: RequestFacts
  readonly caller: Principal | Reason
  readonly body: BodyFacts | null
}

/** What an enforcement point must do with an admitted request; one that cannot refuses it. */
export type Obligation = {
  readonly kind: 'set-subprotocols'
  readonly subprotocols: readonly string[]
}

/** One rule of admission. It returns why it refuses, or null. */
export type Check = {
  readonly name: string
  readonly needs: 'head' | 'body'
  readonly examine: (question: Question) => Reason | null
  readonly oblige?: (question: Question) => Obligation | null
}

export type Decision =
  | { readonly allowed: true; readonly obligations: readonly Obligation[] }
  | { readonly allowed: false; readonly reason: Reason; readonly check: string }
