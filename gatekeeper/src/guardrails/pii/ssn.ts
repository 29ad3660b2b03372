import { hasBefore, isBorder } from '../characters.ts'
import type { Found } from '../finding.ts'

const form = /\d{3}([- ]?)\d{2}\1\d{4}/g
const context = /\b(?:ssn|social[ -]security|sozialversicherung|tax(?:payer)?[ -]?id)\b/i

/**
 * Finds US social security numbers: `078-05-1120`. Nine digits without separators are one only after
 * words that say so.
 */
export function findSsns(text: string): Found<'ssn'>[] {
  const found: Found<'ssn'>[] = []
  for (const { 0: match, 1: separator, index } of text.matchAll(form)) {
    const end = index + match.length
    if (!isAlone(text, index, end) || !isAssignable(match.replaceAll(/\D/g, ''))) continue
    const isNamed = hasBefore(text, { at: index, chars: 48 }, context)
    if (separator === '' && !isNamed) continue
    found.push({ type: 'ssn', start: index, end, confidence: isNamed ? 1 : 0.8 })
  }
  return found
}

/** Not within a longer number, whatever separates its parts. */
function isAlone(text: string, start: number, end: number): boolean {
  const isNumber = /^[-.,/]?\d|\d[-.,/]$/
  return (
    isBorder(text, start - 1) &&
    isBorder(text, end) &&
    !isNumber.test(text.slice(end, end + 2)) &&
    !/\d[-.,/]$/.test(text.slice(Math.max(0, start - 2), start))
  )
}

/** Areas, groups and serials that the Social Security Administration never assigns. */
function isAssignable(digits: string): boolean {
  return !/^(?:000|666|9)|^...00|0000$/.test(digits)
}
