import type { Clock } from '../lib/clock.ts'
import { createRateLimiter, type Rate } from '../lib/load/rate-limiter.ts'
import { groupAddress } from '../lib/net/address-group.ts'
import { hasApiKeyForm, hasTokenForm } from '../model/credential-form.ts'
import type { Principal } from '../model/principal.ts'
import type { Reason } from '../model/reason.ts'
import type { TokenClass } from '../model/token-class.ts'
import { type AttemptStanding, createLockOut } from './lock-out.ts'

type Judged = Principal | Reason

/** Where a credential was shown, and the class of tokens that counts there. */
export type Shown = {
  readonly clientAddress: string
  readonly tokenClass: TokenClass
  /** Left out where nothing is administered. */
  readonly control?: { readonly isAdminField: boolean }
}

/** Returns the holder of a credential, or the reason why it is refused. */
export type Authenticate = (credential: string, shown: Shown) => Judged | Promise<Judged>

/** One count of bad credentials for every place that accepts credentials. */
export type Attempts = {
  /** Charges each attempt. */
  readonly limit: (authenticate: Authenticate) => Authenticate
  /** Gives the same answers and charges nothing. */
  readonly rehearse: (authenticate: Authenticate) => Authenticate
  /**
   * Charges a bad proof that is no credential of a caller; returns the reason to refuse it with. Good
   * ones are not asked here, so that nobody is locked out by an attacker at the same address.
   */
  readonly countFailure: (clientAddress: string, reason: Reason) => Reason
  /** Returns what an address has left where administrators are locked out; null elsewhere. */
  readonly standing: (shown: Shown) => AttemptStanding | null
}

/** The proofs of administrators that may fail at an address before it is locked out. */
const adminTerms = { failures: 5, windowMs: 15 * 60_000 }

/**
 * Limits bad credentials per client address (IPv6: per /64). Each attempt is charged before the
 * look-up and given back if the credential was good, so that parallel guesses cannot exceed the
 * limit.
 *
 * A caller that shares an address with an attacker is not locked out: our own keys and signed
 * tokens cannot be guessed and are still checked. Keys that people may have chosen are not: an
 * answer would confirm the guess. The same holds for everything in the field of administrators.
 */
export function createAttempts(deps: {
  readonly rate: Rate
  readonly clock?: Clock | undefined
}): Attempts {
  const usual = createRateLimiter(deps.rate, deps.clock)
  const lockOut = createLockOut(adminTerms, deps.clock)
  const attempts =
    (authenticate: Authenticate, isCharged: boolean): Authenticate =>
    (credential, shown) => {
      const { control } = shown
      const limiter = control === undefined ? usual : lockOut
      const group = groupAddress(shown.clientAddress)
      const isWithinRate = isCharged ? limiter.take(group) : limiter.hasRoom(group)
      const hasOurForm = hasApiKeyForm(credential) || hasTokenForm(credential)
      const isGuessable = !hasOurForm || control?.isAdminField === true
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
    countFailure: (clientAddress, reason) =>
      usual.take(groupAddress(clientAddress)) ? reason : 'too-many-attempts',
    standing: ({ control, clientAddress }) =>
      control === undefined ? null : lockOut.standing(groupAddress(clientAddress)),
  }
}
