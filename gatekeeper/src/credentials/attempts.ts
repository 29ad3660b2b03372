import type { Clock } from '../lib/clock.ts'
import { createRateLimiter, type Rate } from '../lib/load/rate-limiter.ts'
import { groupAddress } from '../lib/net/address-group.ts'
import { hasApiKeyForm, hasTokenForm } from '../model/credential-form.ts'
import type { Principal } from '../model/principal.ts'
import type { Reason } from '../model/reason.ts'
import type { TokenClass } from '../model/token-class.ts'

type Judged = Principal | Reason

/** Where a credential was shown, and the class of tokens that counts there. */
export type Shown = { readonly clientAddress: string; readonly tokenClass: TokenClass }

/** Returns the holder of a credential, or the reason why it is refused. */
export type Authenticate = (credential: string, shown: Shown) => Judged | Promise<Judged>

/** One count of bad credentials for every place that accepts credentials. */
export type Attempts = {
  /** Charges each attempt. */
  readonly limit: (authenticate: Authenticate) => Authenticate
  /** Gives the same answers and charges nothing. */
  readonly rehearse: (authenticate: Authenticate) => Authenticate
}

/**
 * Limits bad credentials per client address (IPv6: per /64). Each attempt is charged before the
 * look-up and given back if the credential was good, so that parallel guesses cannot exceed the
 * limit.
 *
 * A caller that shares an address with an attacker is not locked out: our own keys and signed
 * tokens cannot be guessed and are still checked. Keys that people may have chosen are not: an
 * answer would confirm the guess.
 */
export function createAttempts(deps: {
  readonly rate: Rate
  readonly clock?: Clock | undefined
}): Attempts {
  const limiter = createRateLimiter(deps.rate, deps.clock)
  const attempts =
    (authenticate: Authenticate, isCharged: boolean): Authenticate =>
    (credential, shown) => {
      const group = groupAddress(shown.clientAddress)
      const isWithinRate = isCharged ? limiter.take(group) : limiter.hasRoom(group)
      const isGuessable = !hasApiKeyForm(credential) && !hasTokenForm(credential)
      if (!isWithinRate && isGuessable) return 'too-many-attempts'
      const judge = (caller: Judged): Judged => {
        if (typeof caller === 'string') return isWithinRate ? caller : 'too-many-attempts'
        if (isWithinRate && isCharged) limiter.giveBack(group)
        return caller
      }
      const caller = authenticate(credential, shown)
      return caller instanceof Promise ? caller.then(judge) : judge(caller)
    }
  return {
    limit: (authenticate) => attempts(authenticate, true),
    rehearse: (authenticate) => attempts(authenticate, false),
  }
}
