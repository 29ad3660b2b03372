/**
 * The shape of credentials that Gatekeeper issues or accepts, anywhere in a text. Shape only: no
 * rule about validity, so that logging can hide credentials without knowing any.
 */

// Wider than the form: a key with a missing letter, or with its underscore percent-encoded, is
// still most of a secret. The group is the id, which is public.
const keyShape = /gk(_|%5[Ff])([0-9A-Za-z]{10})(?:_|%5[Ff])[0-9A-Za-z_%]{16,}/
/** A client's part of a split key: its id and its share, or most of them. */
const clientPartShape = /gkp1(_|%5[Ff])[0-9A-Za-z_%-]{24,}/
/** The secret of an OAuth client: `gs_` and 43 letters and digits, or most of them. */
const clientSecretShape = /gs(_|%5[Ff])[0-9A-Za-z]{24,}/

/**
 * Returns whether the text contains something like an API key, a client secret or the part of a split
 * key of Gatekeeper.
 */
export function hasKeyShape(text: string): boolean {
  // Called for every path, where a plain search takes a third of the time.
  return (
    (text.includes('gk') && (keyShape.test(text) || clientPartShape.test(text))) ||
    (text.includes('gs') && clientSecretShape.test(text))
  )
}

/**
 * Replaces the secret part of everything that looks like a key, client secret or part of a split key
 * of Gatekeeper, or like any JWT; the id of a key stays readable.
 */
export function scrubKeys(text: string): string {
  // Called for every log line, where a plain search takes a third of the time.
  const withoutKeys = text.includes('gk')
    ? text.replaceAll(everyKey, 'gk$1$2$1***').replaceAll(everyClientPart, 'gkp1$1***')
    : text
  const withoutSecrets = text.includes('gs')
    ? withoutKeys.replaceAll(everyClientSecret, 'gs$1***')
    : withoutKeys
  return withoutSecrets.replaceAll(everyToken, '***')
}

const everyKey = new RegExp(keyShape, 'g')
const everyClientPart = new RegExp(clientPartShape, 'g')
const everyClientSecret = new RegExp(clientSecretShape, 'g')

/**
 * A JWT: base64url of `{"` or of `{` and white space, a dot, and more. It begins a word, or follows
 * an escape of a URL or of JSON; so each word is examined once, whatever its content.
 */
const everyToken =
  /(?:(?<![\w-])|(?<=%[0-9A-Fa-f]{2}|\\[bfnrt]))e[wy][\w-]{14,}(?:\.|%2[Ee])[\w-]{4,}(?:(?:\.|%2[Ee])[\w-]*)*/g

/**
 * Returns the part between the first and the second dot of everything with the form of a token.
 */
export function spellingsOfTokens(text: string): string[] {
  if (!text.includes('.')) return []
  const words = text.split(/[^\w.-]+/).map((word) => word.split('.'))
  return words.flatMap((parts) => parts.slice(1, -1)).filter((part) => part.length >= 8)
}
