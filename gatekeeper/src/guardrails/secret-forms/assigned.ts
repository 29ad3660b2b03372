import type { Found } from '../finding.ts'

/** A name that says what it holds, then a sign of assignment, then a value without blanks. */
const assignment =
  /((?:aws[_-]?)?(?:secret|passw(?:or)?d|passwd|pwd|passphrase|token|credentials?|api[ _-]?key|access[ _-]?key|private[ _-]?key|client[ _-]?secret|auth[ _-]?key|encryption[ _-]?key|signing[ _-]?key|connection[ _-]?string|bearer)(?:[ _-]?(?:access[ _-]?)?(?:key|id|token|value))?)["'`]?(?:\s{0,4}(?::=|=>|=|:)\s{0,4}|\s{1,2}(?:is|ist|es|est)\s{1,2}:?\s?)["'`]?([^\s"'`<>,;(){}]{8,256})/gi
const bearer = /\bbearer\s{1,4}([A-Za-z0-9._~+/=-]{16,512})/gi

/** Texts that stand for a value, and common words of documentation. */
const placeholder =
  /^(?:\$|%|\{|\[|\*|<)|x{4,}|\*{3,}|\.{3}|(?:^|[_-])(?:your|my|example|sample|dummy|test|fake|placeholder|changeme|change[_-]me|insert|replace|todo|none|null|undefined|redacted|hidden|secret|password)(?:$|[_-])|process\.env|os\.environ|getenv|^(?:true|false)$|^https?:\/\/[^@]*$|^[a-z_]+\.[a-z_.]+$|^\/[\w./-]*$/i

/**
 * Finds values that are assigned to a name such as `password` and have the entropy of a secret.
 * Placeholders are left out.
 */
export function findAssignedSecrets(text: string): Found<'generic'>[] {
  const assigned = [...text.matchAll(assignment)].flatMap((match) => readValue(match, match[2]))
  const shown = [...text.matchAll(bearer)].flatMap((match) => readValue(match, match[1]))
  return [...assigned, ...shown]
}

function readValue({ 0: whole, index }: RegExpExecArray, value = ''): Found<'generic'>[] {
  const trimmed = value.replace(/[.!?:]+$/, '')
  if (!isSecretLike(trimmed)) return []
  const start = index + whole.length - value.length
  return [{ type: 'generic', start, end: start + trimmed.length, confidence: 0.7 }]
}

/** Words have little entropy and no digits; short passwords have several classes of characters. */
function isSecretLike(value: string): boolean {
  if (value.length < 8 || placeholder.test(value)) return false
  const classes = [/[a-z]/, /[A-Z]/, /\d/, /[^A-Za-z0-9]/].filter((one) => one.test(value)).length
  if (!/\d/.test(value) && classes < 3) return false
  return value.length >= 16
    ? entropyOf(value) >= 3
    : classes >= 3 || (classes >= 2 && entropyOf(value) >= 2.75)
}

/** Shannon's entropy of the characters, in bits for each. */
function entropyOf(text: string): number {
  const counts = new Map<string, number>()
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1)
  const shares = [...counts.values()].map((count) => count / text.length)
  return -shares.reduce((sum, share) => sum + share * Math.log2(share), 0)
}
