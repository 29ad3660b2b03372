import { isBorder } from '../characters.ts'
import type { Found } from '../finding.ts'
import { type DigitRun, digitRunsOf, groupStarts } from './digit-runs.ts'

/** Finds numbers of payment cards: 12 to 19 digits that end in the check digit of ISO/IEC 7812. */
export function findCreditCards(text: string): Found<'credit_card'>[] {
  return digitRunsOf(text).flatMap((run) => findIn(run, text))
}

const lengthMin = 12
const lengthMax = 19

/** A run may have a date, a code or a second number beside one, so each group may begin or end one. */
function findIn(run: DigitRun, text: string): Found<'credit_card'>[] {
  if (run.digits.length < lengthMin || text[run.start - 1] === '+') return []
  const starts = groupStarts(run)
  const ends = [...starts.slice(1), run.digits.length].reverse()
  const found: Found<'credit_card'>[] = []
  for (const from of starts) {
    const start = run.places[from] ?? 0
    if (start < (found.at(-1)?.end ?? 0)) continue
    const to = ends
      .filter((end) => end - from >= lengthMin && end - from <= lengthMax)
      .find((end) => isCard(run.digits.slice(from, end)))
    const end = to === undefined ? 0 : (run.places[to - 1] ?? 0) + 1
    // Letters that follow make it a name of something else.
    if (end > 0 && isBorder(text, end))
      found.push({ type: 'credit_card', start, end, confidence: 1 })
  }
  return found
}

function isCard(digits: string): boolean {
  // 2 to 6 are the first digits of card networks; numbers of one digit are placeholders.
  return /^[2-6]/.test(digits) && !/^(\d)\1*$/.test(digits) && hasCheckDigit(digits)
}

/** The Luhn check (ISO/IEC 7812-1, annex B). */
function hasCheckDigit(digits: string): boolean {
  let sum = 0
  for (let at = 0; at < digits.length; at++) {
    const digit = digits.charCodeAt(digits.length - 1 - at) - 48
    const doubled = digit * 2
    sum += at % 2 === 0 ? digit : doubled > 9 ? doubled - 9 : doubled
  }
  return sum % 10 === 0
}
