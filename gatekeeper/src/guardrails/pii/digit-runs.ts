import { isDigit, isWordUnit } from '../characters.ts'

/** Digits with at most one separator between two of them: `4111 1111 1111 1111`. */
export type DigitRun = {
  readonly start: number
  /** The digits alone. */
  readonly digits: string
  /** The place of each digit in the text. */
  readonly places: readonly number[]
}

/** Longer runs are numbers of something else. */
const digitsMax = 64

/** The separators within numbers that people write: blank, no-break blank, hyphen, dot, en dash. */
const separators = new Set([0x20, 0xa0, 0x2d, 0x2e, 0x2010, 0x2011, 0x2013])

/** Returns every run of digits of a text. A group that a word touches is in none. */
export function digitRunsOf(text: string): DigitRun[] {
  const runs: DigitRun[] = []
  for (let at = 0; at < text.length; at++) {
    if (!isDigit(text.charCodeAt(at))) continue
    if (at > 0 && isWordUnit(text.charCodeAt(at - 1))) continue
    const run = readRun(text, at)
    runs.push(run)
    at = run.places.at(-1) ?? at
  }
  return runs
}

function readRun(text: string, start: number): DigitRun {
  const places: number[] = []
  let at = start
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (isDigit(code)) {
      if (places.length < digitsMax) places.push(at)
      else break
    } else if (!separators.has(code) || !isDigit(text.charCodeAt(at + 1))) break
  }
  // Letters right after the last group belong to it: `12ab` is no number.
  return { start, digits: places.map((place) => text[place]).join(''), places }
}

/** The indexes of digits at which a group begins; 0 is one. */
export function groupStarts({ places }: DigitRun): number[] {
  return [...places.keys()].filter(
    (at) => at === 0 || (places[at] ?? 0) - (places[at - 1] ?? 0) > 1,
  )
}
