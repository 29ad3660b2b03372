/**
 * The forms by which credentials are told apart before anything is looked up. One text has one form,
 * so that a token is never looked for among the keys, nor a key among the tokens.
 */

/** The most characters that a key or a token may have: a Keycloak token with 400 groups has 21 KB. */
export const credentialCharsMax = 32 * 1024

/** Whether the text can only be meant as a key of ours, well-formed or not. */
export function hasApiKeyForm(text: string): boolean {
  return text.startsWith('gk_')
}

/** Whether the credential can only be meant as an access token. */
export function isToken(credential: string): boolean {
  return !hasApiKeyForm(credential) && hasTokenForm(credential)
}

/** Whether the text has the form of a JWT: three base64url parts (RFC 7519 §3). */
export function hasTokenForm(text: string): boolean {
  return /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*$/.test(text)
}
