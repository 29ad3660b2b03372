import { isAlphanumeric, isWordUnit } from '../characters.ts'
import type { Found } from '../finding.ts'

const localMax = 64
const domainMax = 255

/** Finds e-mail addresses around each `@`. */
export function findEmails(text: string): Found<'email'>[] {
  const found: Found<'email'>[] = []
  for (let at = text.indexOf('@'); at !== -1; at = text.indexOf('@', at + 1)) {
    const start = startOf(text, at)
    const end = endOf(text, at + 1)
    if (start < at && end > at + 1) found.push({ type: 'email', start, end, confidence: 1 })
  }
  return found
}

const localSigns = ".!#$%&'*+/=?^_`{|}~-"

/** Where the name before the `@` begins; quotes and brackets around an address are no part of it. */
function startOf(text: string, at: number): number {
  let start = at
  for (; start > 0 && at - start < localMax; start--) {
    const unit = text.charCodeAt(start - 1)
    if (!isWordUnit(unit) && !localSigns.includes(text[start - 1] ?? '')) break
  }
  while (start < at && !isWordUnit(text.charCodeAt(start))) start++
  return text[at - 1] === '.' ? at : start
}

/** Where the domain ends: labels with a last one of two letters or more; the place itself if none. */
function endOf(text: string, from: number): number {
  let end = from
  for (; end < text.length && end - from < domainMax; end++) {
    const unit = text.charCodeAt(end)
    if (!isWordUnit(unit) && unit !== 45 && unit !== 46) break
  }
  const domain = /^[^._-][^._]*(?:\.[^._-][^._]*)*\.\p{L}[\p{L}\d-]*\p{L}/u.exec(
    text.slice(from, end),
  )
  const length = domain?.[0].length ?? 0
  // A longer word, such as a path, is no domain of two letters.
  return length > 0 && !isAlphanumeric(text.charCodeAt(from + length)) ? from + length : from
}
