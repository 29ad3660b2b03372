import type { Clock } from '../lib/clock.ts'
import { createRateLimiter, type Rate } from '../lib/load/rate-limiter.ts'
import { groupAddress } from '../lib/net/address-group.ts'
import { hasApiKeyForm, hasTokenForm } from '../model/credential-form.ts'
import type { Principal } from '../model/principal.ts'
import type { Reason } from '../model/reason.ts'

type Judged = Principal | Reason
type Authenticate = (credential: string) => Judged | Promise<Judged>

/**
 * Limits bad credentials per client address (IPv6: per /64). Each attempt is charged before it is
 * looked at and given back where it was good, so that parallel guesses cannot outrun the count.
 *
 * Whoever shares an address with a guesser is not locked out: our own keys and signed tokens cannot
 * be guessed and are looked at even then. Keys that people may have chosen are not: to answer them is to be guessed.
 */
export function limitAttempts(
  authenticate: Authenticate,
  deps: { readonly rate: Rate; readonly clock?: Clock | undefined },
): (credential: string, clientAddress: string) => Judged | Promise<Judged> {
  const limiter = createRateLimiter(deps.rate, deps.clock)
  return (credential, clientAddress) => {
    const group = groupAddress(clientAddress)
    const isWithinRate = limiter.take(group)
    const isGuessable = !hasApiKeyForm(credential) && !hasTokenForm(credential)
    if (!isWithinRate && isGuessable) return 'too-many-attempts'
    const judge = (caller: Judged): Judged => {
      if (typeof caller === 'string') return isWithinRate ? caller : 'too-many-attempts'
      if (isWithinRate) limiter.giveBack(group)
      return caller
    }
    const caller = authenticate(credential)
    return caller instanceof Promise ? caller.then(judge) : judge(caller)
  }
}
