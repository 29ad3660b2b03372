import { controlName } from '../model/known-services.ts'
import type { Client } from './client.ts'
import type { TokenRequest } from './issue-token.ts'
import { type OAuthError, oauthError } from './oauth-error.ts'
import { type Parameters, readWords } from './parameters.ts'

/** Who has one may change everything that the console can, so it is for one task and not for a day. */
const adminSecondsMax = 900

export type ClientCredentialsDeps = {
  readonly ttlSeconds: number
  /** The origin of the console: the resource (RFC 8707) for which tokens of class admin are given. */
  readonly consoleOrigin: string
}

/** The grant of RFC 6749 §4.4: a client requests a token for itself. */
export function grantClientCredentials(
  parameters: Parameters,
  client: Client,
  { ttlSeconds, consoleOrigin }: ClientCredentialsDeps,
): TokenRequest | OAuthError {
  const isForConsole = parameters.get('resource')?.replace(/\/$/, '') === consoleOrigin
  if (isForConsole && !mayAdminister(client)) {
    return oauthError('invalid_target', 'The client may not administer: it needs control as admin.')
  }
  const scopes = readWords(parameters, 'scope') ?? client.scopes
  if (scopes.some((scope) => !client.scopes.includes(scope))) {
    return oauthError('invalid_scope', 'The client may not ask for this scope.')
  }
  const seconds = client.tokenSeconds ?? ttlSeconds
  return {
    tokenClass: isForConsole ? 'admin' : 'house',
    subject: client.id,
    clientId: client.id,
    role: client.role,
    scopes,
    ttlSeconds: isForConsole ? Math.min(seconds, adminSecondsMax) : seconds,
    narrowing: null,
  }
}

/** Administration is granted by its literal name; `*` never includes it, and no team has it. */
function mayAdminister({ role, services, team }: Client): boolean {
  return role === 'admin' && services.includes(controlName) && team === null
}
