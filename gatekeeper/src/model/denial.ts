import type { Refusal } from './admission.ts'
import type { Detail } from './detail.ts'
import type { RequestFacts } from './facts.ts'
import type { Principal } from './principal.ts'
import type { Reason } from './reason.ts'

/**
 * A refused request: the reason, the check that refused, and what is known of the request and its
 * caller.
 */
export type Denial = {
  readonly reason: Reason
  readonly check: string
  readonly facts: RequestFacts
  readonly principal: Principal | null
  /** Values for the answer's fields about the limit that refused, if one did. */
  readonly refusal?: Refusal
  /** A more precise text than that of the reason, if the check has one. */
  readonly detail?: Detail | null
}
