import type { Clock } from '../lib/clock.ts'
import type { Principal } from '../model/principal.ts'
import { lineageOf } from '../model/principal.ts'
import type { Reason } from '../model/reason.ts'
import type { Shown } from './attempts.ts'

type Judged = Principal | Reason

/** Follows a valid credential: the returned function tells whether it is still not revoked. */
export type FollowCredential = (
  credential: string,
  principal: Principal,
  shown: Shown,
) => () => boolean

export type FollowerDeps = {
  /** Changes whenever a key, a client or a token was changed or revoked. */
  readonly version: () => number
  readonly clock: Clock
  /** Checks the credential again; a token as of the instant of its admission. */
  readonly judge: (credential: string, shown: Shown, admittedAt: number) => Judged | Promise<Judged>
}

/**
 * Reasons that end an answer in progress. Not `token-expired`, because a token is checked at the
 * beginning of a request and answers may be long; and not changes of an issuer's keys, which do not
 * concern this token.
 */
const endings: readonly Reason[] = [
  ...(['unknown-key', 'wrong-secret', 'disabled-key', 'expired-key'] as const),
  ...(['token-revoked', 'token-not-granted'] as const),
  ...(['unknown-person', 'disabled-person', 'person-without-access'] as const),
]

/**
 * Creates followers that are cheap to call for every chunk of an answer: two numbers are compared,
 * and the credential is checked again only after a change, or when a key expires.
 */
export function createFollower({ version, clock, judge }: FollowerDeps): FollowCredential {
  return (credential, principal, shown) => {
    const admittedAt = clock()
    let seen = version()
    let isGood = true
    let looksAgainAt = endOfKeys(principal)
    const look = async () => {
      // If the check itself fails, the answer ends too.
      const judged = await Promise.resolve(judge(credential, shown, admittedAt)).catch(() => null)
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

/** Returns when the first key of the principal or its parent expires. Epoch milliseconds. */
function endOfKeys(principal: Principal): number {
  const ends = lineageOf(principal).map(({ kind, expiresAt }) =>
    kind === 'key' ? (expiresAt ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY,
  )
  return Math.min(...ends)
}
