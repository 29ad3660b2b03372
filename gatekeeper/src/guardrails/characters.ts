/** Classes of characters, for detectors that walk a text and cannot backtrack. */

const isBetween = (code: number, first: number, last: number) => code >= first && code <= last

export const isDigit = (code: number) => isBetween(code, 48, 57)

const isAsciiLetter = (code: number) => isBetween(code | 32, 97, 122)

/** An ASCII letter or digit. */
export const isAlphanumeric = (code: number) => isDigit(code) || isAsciiLetter(code)

/** A letter of any script, as far as one UTF-16 unit tells: everything beyond ASCII but spaces and signs. */
export const isWordUnit = (code: number) =>
  isAlphanumeric(code) || code === 95 || (code > 0xbf && !isBetween(code, 0x2000, 0x206f))

/** Whether no word goes on at this place: the text begins, ends, or has another character. */
export function isBorder(text: string, at: number): boolean {
  return at < 0 || at >= text.length || !isWordUnit(text.charCodeAt(at))
}

/** Whether the text has one of the words shortly before a place. The pattern has no `g`. */
export function hasBefore(
  text: string,
  { at, chars }: { at: number; chars: number },
  word: RegExp,
) {
  return word.test(text.slice(Math.max(0, at - chars), at))
}
