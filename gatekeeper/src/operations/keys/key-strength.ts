/**
 * Returns whether a person chose the key. A fast hash protects a key only if it cannot be guessed:
 * 256 random bits are safe behind one SHA-256, `ada-tts-2024` is not.
 */

const charsMin = 20
const bitsMin = 80
/** The bits of a word against an attacker with a word list, for each six letters. */
const wordBits = 9
const wordChars = 6

/** A lower bound: some random keys of lower-case letters count as chosen. */
export function isChosenByPerson(key: string): boolean {
  return key.length < charsMin || isRepetition(key) || estimateBits(key) < bitsMin
}

function isRepetition(key: string): boolean {
  return /^(.{1,16})\1+.{0,15}$/s.test(key)
}

function estimateBits(key: string): number {
  const letterBits = /[a-z]/.test(key) && /[A-Z]/.test(key) ? 5.7 : 4.7
  let bits = 0
  let last = ''
  for (const part of splitWords(key)) {
    if (part.length > 2) bits += Math.ceil(part.length / wordChars) * wordBits
    else bits += charBits(part, last, letterBits)
    last = part
  }
  return bits
}

/** Single characters, and probable words between them; hexadecimal digits are not words. */
function splitWords(key: string): readonly string[] {
  const isHex = /^[0-9A-Fa-f-]+$/.test(key)
  return isHex ? [...key] : (key.match(/[A-Za-z]?[a-z]{3,}|[A-Z]{4,}|./gsu) ?? [])
}

function charBits(char: string, last: string, letterBits: number): number {
  // Repetitions and rows: aaaa, 1234, 9876.
  const step = last === '' ? 9 : Math.abs((char.codePointAt(0) ?? 0) - (last.codePointAt(0) ?? 0))
  if (step <= 1) return 1
  if (/[0-9]/.test(char)) return 3.3
  // The same separator between all words.
  return /[A-Za-z]/.test(char) ? letterBits : 1
}
