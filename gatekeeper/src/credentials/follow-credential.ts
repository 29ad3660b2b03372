import type { Clock } from '../lib/clock.ts'
import type { Principal } from '../model/principal.ts'
import { lineageOf } from '../model/principal.ts'
import type { Reason } from '../model/reason.ts'

type Judged = Principal | Reason

/** Follows a good credential: the function that it gives says whether nobody has revoked it yet. */
export type FollowCredential = (credential: string, principal: Principal) => () => boolean

export type FollowerDeps = {
  /** Another number whenever a key, a client or a token was changed or revoked. */
  readonly version: () => number
  readonly clock: Clock
  /** Judges anew; of a token, at the instant of its admission. */
  readonly judge: (credential: string, admittedAt: number) => Judged | Promise<Judged>
}

/**
 * What ends an answer that is on its way. Not here: `token-expired`, since a token is asked for at
 * the beginning of a request and answers may be long; and what an issuer does to its keys, which is
 * no word about this token.
 */
const endings: readonly Reason[] = [
  ...(['unknown-key', 'wrong-secret', 'disabled-key', 'expired-key'] as const),
  ...(['token-revoked', 'token-not-granted'] as const),
]

/**
 * Makes followers that can be asked for every piece of an answer: two numbers are compared, and only
 * after a change, or at the end of a key's time, is the credential looked at again.
 */
export function createFollower({ version, clock, judge }: FollowerDeps): FollowCredential {
  return (credential, principal) => {
    const admittedAt = clock()
    let seen = version()
    let isGood = true
    let looksAgainAt = endOfKeys(principal)
    const look = async () => {
      // Whoever cannot be judged, by a fault of ours, gets no more of the answer either.
      const judged = await Promise.resolve(judge(credential, admittedAt)).catch(() => null)
      if (judged === null) isGood = false
      else if (typeof judged === 'string') isGood &&= !endings.includes(judged)
      else looksAgainAt = endOfKeys(judged)
    }
    return () => {
      if (version() === seen && clock() < looksAgainAt) return isGood
      seen = version()
      looksAgainAt = Number.POSITIVE_INFINITY
      void look()
      return isGood
    }
  }
}

/** When the first key ends that the principal is, or came from. Epoch milliseconds. */
function endOfKeys(principal: Principal): number {
  const ends = lineageOf(principal).map(({ kind, expiresAt }) =>
    kind === 'key' ? (expiresAt ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY,
  )
  return Math.min(...ends)
}
