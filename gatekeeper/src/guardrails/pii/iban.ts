import { isAlphanumeric, isBorder } from '../characters.ts'
import type { Found } from '../finding.ts'

/** Lengths of account numbers by country: the registry of ISO 13616, release 99. */
const lengths: Readonly<Record<string, number>> = {
  ...{ AD: 24, AE: 23, AL: 28, AT: 20, AZ: 28, BA: 20, BE: 16, BG: 22, BH: 22, BI: 27, BR: 29 },
  ...{ BY: 28, CH: 21, CR: 22, CY: 28, CZ: 24, DE: 22, DJ: 27, DK: 18, DO: 28, EE: 20, EG: 29 },
  ...{ ES: 24, FI: 18, FK: 18, FO: 18, FR: 27, GB: 22, GE: 22, GI: 23, GL: 18, GR: 27, GT: 28 },
  ...{ HN: 28, HR: 21, HU: 28, IE: 22, IL: 23, IQ: 23, IS: 26, IT: 27, JO: 30, KW: 30, KZ: 20 },
  ...{ LB: 28, LC: 32, LI: 21, LT: 20, LU: 20, LV: 21, LY: 25, MC: 27, MD: 24, ME: 22, MK: 19 },
  ...{ MN: 20, MR: 27, MT: 31, MU: 30, NI: 28, NL: 18, NO: 15, OM: 23, PK: 24, PL: 28, PS: 29 },
  ...{ PT: 25, QA: 29, RO: 24, RS: 22, RU: 33, SA: 24, SC: 31, SD: 18, SE: 24, SI: 19, SK: 24 },
  ...{ SM: 27, SO: 23, ST: 25, SV: 28, TL: 23, TN: 24, TR: 26, UA: 29, VA: 22, VG: 24, XK: 20 },
  ...{ YE: 30 },
}

const begin = /[A-Z]{2}[ -]?\d[ -]?\d/gi

/**
 * Finds account numbers by the length of their country and their check digits. Without the table a
 * match would run into the next word.
 */
export function findIbans(text: string): Found<'iban'>[] {
  const found: Found<'iban'>[] = []
  for (const { index } of text.matchAll(begin)) {
    const length = lengths[text.slice(index, index + 2).toUpperCase()]
    if (length === undefined || !isBorder(text, index - 1)) continue
    const end = endOf(text, index, length)
    if (end !== null && isBorder(text, end) && isValid(text.slice(index, end)))
      found.push({ type: 'iban', start: index, end, confidence: 1 })
  }
  return found
}

/** The place after so many letters and digits, with at most one blank or hyphen between two. */
function endOf(text: string, start: number, length: number): number | null {
  let count = 0
  let isSeparated = true
  for (let at = start; at < text.length; at++) {
    if (isAlphanumeric(text.charCodeAt(at))) {
      isSeparated = false
      if (++count === length) return at + 1
    } else if (isSeparated || !' -\u00a0'.includes(text[at] ?? '')) return null
    else isSeparated = true
  }
  return null
}

/** ISO 7064 MOD 97-10 over the number with its first four characters moved to the end. */
function isValid(written: string): boolean {
  const plain = written.replaceAll(/[^0-9A-Z]/gi, '').toUpperCase()
  let rest = 0
  for (const character of plain.slice(4) + plain.slice(0, 4)) {
    const value = Number.parseInt(character, 36)
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97
  }
  return rest === 1
}
