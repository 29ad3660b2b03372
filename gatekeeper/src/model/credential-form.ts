/**
 * Distinguishes credentials by their form alone, before any look-up. One text has one form, so a
 * token is never looked up as a key, nor a key as a token.
 */

/** The most characters that a key or a token may have: a Keycloak token with 400 groups has 21 KB. */
export const credentialCharsMax = 32 * 1024

/** RFC 6749 §2.2 leaves the form of a client id to us: no colon, since Basic ends the id at the first. */
export const clientIdForm = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/

/** Returns whether the text can only be meant as an API key of Gatekeeper, well-formed or not. */
export function hasApiKeyForm(text: string): boolean {
  return text.startsWith('gk_')
}

/** Returns whether the credential can only be meant as an access token. */
export function isToken(credential: string): boolean {
  return !hasApiKeyForm(credential) && hasTokenForm(credential)
}

/** Returns whether the text has the form of a JWT: three base64url parts (RFC 7519 §3). */
export function hasTokenForm(text: string): boolean {
  return /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*$/.test(text)
}
