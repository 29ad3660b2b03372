import { hasBefore, isBorder, isDigit } from '../characters.ts'
import type { Found } from '../finding.ts'

/** From the first sign to the last digit, each group with at most two signs before it. */
const candidate = /(?:\+|\()?\d{1,4}(?:[ \u00a0.()/-]{0,3}\d{1,5}){1,7}/g
const northAmerican = /^(?:1[ .-]?)?(?:\(\d{3}\) ?|\d{3}[ .-])\d{3}[ .-]\d{4}$/
const context =
  /\b(?:tel(?:e?(?:ph|f)on[eo]?)?|phone|mobile?|cell|call|fax|dial|text|sms|whatsapp|handy|mobil|ruf\w*|numéro|tél|teléfono|llam\w+)\b[^\n\d]{0,24}$/i

/**
 * Finds phone numbers: international ones, those with the area in brackets or in the North American
 * form, and others after a word that says so. Patterns find about two of three.
 */
export function findPhones(text: string): Found<'phone'>[] {
  return [...text.matchAll(candidate)].flatMap(({ 0: match, index }) => {
    const end = index + match.length
    if (!isBorder(text, end) || !isFree(text, index)) return []
    const confidence = confidenceOf(match, text, index)
    return confidence === 0 ? [] : [{ type: 'phone' as const, start: index, end, confidence }]
  })
}

/** No word, number or mark of another form before it. */
function isFree(text: string, start: number): boolean {
  const before = text.slice(Math.max(0, start - 2), start)
  return isBorder(text, start - 1) && !/[\d.,][.,:/-]$|[$€£#=/_@-]$/.test(before)
}

function confidenceOf(match: string, text: string, at: number): number {
  const digits = [...match].filter((character) => isDigit(character.charCodeAt(0))).length
  if (digits < 7 || digits > 15) return 0
  if (match.startsWith('+')) return digits >= 8 ? 0.9 : 0
  if (northAmerican.test(match)) return match.includes('(') ? 0.8 : 0.7
  if (isDateOrAddress(match)) return 0
  return hasBefore(text, { at, chars: 40 }, context) ? 0.6 : 0
}

const isDateOrAddress = (match: string) =>
  /^\d{4}([-/.])\d{1,2}\1\d{1,2}|^\d{1,2}([-/.])\d{1,2}\2\d{4}|^\d{1,3}(?:\.\d{1,3}){3}$/.test(
    match,
  )
