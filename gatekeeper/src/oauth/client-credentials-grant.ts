import type { Client } from './client.ts'
import type { TokenRequest } from './issue-token.ts'
import { type OAuthError, oauthError } from './oauth-error.ts'
import { type Parameters, readWords } from './parameters.ts'

/** The grant of RFC 6749 §4.4: a client requests a token for itself. */
export function grantClientCredentials(
  parameters: Parameters,
  client: Client,
  deps: { readonly ttlSeconds: number },
): TokenRequest | OAuthError {
  const scopes = readWords(parameters, 'scope') ?? client.scopes
  if (scopes.some((scope) => !client.scopes.includes(scope))) {
    return oauthError('invalid_scope', 'The client may not ask for this scope.')
  }
  return {
    tokenClass: 'house',
    subject: client.id,
    clientId: client.id,
    role: client.role,
    scopes,
    ttlSeconds: client.tokenSeconds ?? deps.ttlSeconds,
    narrowing: null,
  }
}
