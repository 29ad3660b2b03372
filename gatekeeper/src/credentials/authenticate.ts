import { isToken } from '../model/credential-form.ts'
import type { Principal } from '../model/principal.ts'
import type { Reason } from '../model/reason.ts'
import type { TokenClass } from '../model/token-class.ts'
import type { Authenticate } from './attempts.ts'

export type AuthenticateDeps = {
  readonly authenticateKey: (credential: string) => Principal | Reason
  readonly authenticateToken: (
    credential: string,
    tokenClass: TokenClass,
  ) => Promise<Principal | Reason>
}

/**
 * Tells credentials apart by their form alone: what has the form of a token is never
 * looked for among the keys, nor the other way round.
 */
export function createAuthenticate(deps: AuthenticateDeps): Authenticate {
  const { authenticateKey, authenticateToken } = deps
  return (credential, { tokenClass }) => {
    if (isToken(credential)) return authenticateToken(credential, tokenClass)
    // A key in a page would be everybody's, so the widget takes none.
    return tokenClass === 'widget' ? 'malformed-token' : authenticateKey(credential)
  }
}
