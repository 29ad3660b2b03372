import { spellingsOfTokens } from '../model/key-shape.ts'

/**
 * Creates a search for access tokens of these issuers in a text, such as a URL. Nothing is
 * verified: an expired or altered token may still be a credential. JWTs of other issuers are left
 * to the service that they are for.
 */
export function createTokenFinder(issuers: readonly string[]): (text: string) => boolean {
  const known = new Set<unknown>(issuers)
  return (text) => spellingsOfTokens(text).some((payload) => known.has(issuerOf(payload)))
}

function issuerOf(payload: string): unknown {
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))
    return typeof claims === 'object' && claims !== null ? (claims as { iss?: unknown }).iss : null
  } catch {
    return null
  }
}
