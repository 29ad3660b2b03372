import type { Found } from '../finding.ts'

const begin = /-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----/g
const end = /-----END (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----/
/** What a body has: base64, the fields of an older form, line ends also as a JSON text writes them. */
const body = /(?:[A-Za-z0-9+/=\s:,-]|\\[nr])*/y
/** A PGP key of 16 KiB is the longest that is used. */
const charsMax = 16_384

/** Finds private keys in PEM form, with their body, also where the end is missing. */
export function findPrivateKeys(text: string): Found<'private_key'>[] {
  const found: Found<'private_key'>[] = []
  for (const { 0: match, index } of text.matchAll(begin)) {
    // A beginning within the body of another key is part of it.
    if (index < (found.at(-1)?.end ?? 0)) continue
    const from = index + match.length
    const end = from + lengthOfRest(text.slice(from, from + charsMax))
    found.push({ type: 'private_key', start: index, end, confidence: 1 })
  }
  return found
}

function lengthOfRest(rest: string): number {
  const closing = end.exec(rest)
  return closing === null ? lengthOfBody(rest) : closing.index + closing[0].length
}

function lengthOfBody(rest: string): number {
  body.lastIndex = 0
  return body.exec(rest)?.[0].trimEnd().length ?? 0
}
