/**
 * The list of everything that may refuse a request after the checks on its head. Requests and
 * `explain` both use it, so that the two cannot differ.
 */
import type { Refusal, Reservation } from '../model/admission.ts'
import type { RequestFacts } from '../model/facts.ts'
import type { ScopedLimit } from '../model/limit.ts'
import type { Principal } from '../model/principal.ts'

export type ReserveQuestion = {
  readonly facts: RequestFacts
  readonly principal: Principal
  /** Every limit that applies to the principal at the service. */
  readonly limits: readonly ScopedLimit[]
}

type Answer = Reservation | Refusal

/** Both members return null if the next reserver decides. */
export type Reserver<None = null> = {
  /** Tests and charges in one step, all or nothing. */
  readonly reserve: (question: ReserveQuestion) => Answer | None
  /** Returns what `reserve` would answer now. Charges nothing, and neither does its reservation. */
  readonly rehearse: (question: ReserveQuestion) => Answer | None
}

/** Returns a reserver that gives the first answer; the last one always has one. */
export function inOrder(first: readonly Reserver[], last: Reserver<never>): Reserver<never> {
  const ask =
    (way: keyof Reserver) =>
    (question: ReserveQuestion): Answer => {
      for (const reserver of first) {
        const answer = reserver[way](question)
        if (answer !== null) return answer
      }
      return last[way](question)
    }
  return { reserve: ask('reserve'), rehearse: ask('rehearse') }
}

/** Refuses while requests cannot be recorded. */
export function refuseUnrecorded(isBlocked: (facts: RequestFacts) => boolean): Reserver {
  const test: Reserver['reserve'] = ({ facts }) =>
    isBlocked(facts) ? { reason: 'audit-unavailable', limit: null, retryAfterMs: null } : null
  return { reserve: test, rehearse: test }
}
