import { isToken } from '../model/credential-form.ts'
import type { Principal } from '../model/principal.ts'
import type { Reason } from '../model/reason.ts'

export type AuthenticateDeps = {
  readonly authenticateKey: (credential: string) => Principal | Reason
  readonly authenticateToken: (credential: string) => Promise<Principal | Reason>
}

/**
 * Tells credentials apart by their form alone: what has the form of a token is never
 * looked for among the keys, nor the other way round.
 */
export function createAuthenticate({ authenticateKey, authenticateToken }: AuthenticateDeps) {
  return (credential: string): Principal | Reason | Promise<Principal | Reason> =>
    isToken(credential) ? authenticateToken(credential) : authenticateKey(credential)
}
