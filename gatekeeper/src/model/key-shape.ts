/**
 * What the credentials that Gatekeeper makes or takes look like anywhere in a text. Shape only: here
 * stands no rule about which of them is valid, so that logging can hide them without knowing any.
 */

// Wider than the form: a key with a letter missing, or with its underscore percent-encoded, is
// still most of somebody's secret. The group is the id, which is public.
const keyShape = /gk(_|%5[Ff])([0-9A-Za-z]{10})(?:_|%5[Ff])[0-9A-Za-z_%]{16,}/
/** The secret of an OAuth client: `gs_` and 43 letters and digits, or most of them. */
const clientSecretShape = /gs(_|%5[Ff])[0-9A-Za-z]{24,}/

/** Whether something that looks like a key or a client secret of ours stands in the text. */
export function hasKeyShape(text: string): boolean {
  // Asked of every path, where a plain search is a third of the work.
  return (
    (text.includes('gk') && keyShape.test(text)) ||
    (text.includes('gs') && clientSecretShape.test(text))
  )
}

/**
 * Replaces the secret part of everything that looks like a key or client secret of ours, or like a
 * token of anybody's; the id of a key stays readable.
 */
export function scrubKeys(text: string): string {
  // Asked of every log line, where a plain search is a third of the work.
  const withoutKeys = text.includes('gk') ? text.replaceAll(everyKey, 'gk$1$2$1***') : text
  const withoutSecrets = text.includes('gs')
    ? withoutKeys.replaceAll(everyClientSecret, 'gs$1***')
    : withoutKeys
  return withoutSecrets.replaceAll(everyToken, '***')
}

const everyKey = new RegExp(keyShape, 'g')
const everyClientSecret = new RegExp(clientSecretShape, 'g')

/**
 * A JWT: base64url of `{"` or of `{` and white space, a dot, and more. It begins a word, or stands
 * behind an escape of a URL or of JSON; so each word is looked at once, however it is built.
 */
const everyToken =
  /(?:(?<![\w-])|(?<=%[0-9A-Fa-f]{2}|\\[bfnrt]))e[wy][\w-]{14,}(?:\.|%2[Ee])[\w-]{4,}(?:(?:\.|%2[Ee])[\w-]*)*/g

/** What stands between the first and the second dot of everything that has the form of a token. */
export function spellingsOfTokens(text: string): string[] {
  if (!text.includes('.')) return []
  const words = text.split(/[^\w.-]+/).map((word) => word.split('.'))
  return words.flatMap((parts) => parts.slice(1, -1)).filter((part) => part.length >= 8)
}
