import type { Refusal } from './admission.ts'
import type { Detail } from './detail.ts'
import type { RequestFacts } from './facts.ts'
import type { Principal } from './principal.ts'
import type { Reason } from './reason.ts'

/** A request that was refused: why, by which check, and what is known of it and of its caller. */
export type Denial = {
  readonly reason: Reason
  readonly check: string
  readonly facts: RequestFacts
  readonly principal: Principal | null
  /** What the answer's fields tell of the limit that refused, where one did. */
  readonly refusal?: Refusal
  /** What the answer's text names, where the check that refused can tell more than its reason. */
  readonly detail?: Detail | null
}
