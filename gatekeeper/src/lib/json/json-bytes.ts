/**
 * Finds where a JSON token ends in UTF-8 bytes, by the grammar of RFC 8259; -1 if it is not valid.
 */

const isDigit = (code: number | undefined) => code !== undefined && code >= 0x30 && code <= 0x39

/**
 * Returns whether the byte is a lower-case letter, a digit or `_`, none of which has another
 * spelling.
 */
export function isNameByte(code: number | undefined): boolean {
  if (code === undefined) return false
  return (code >= 0x61 && code <= 0x7a) || code === 0x5f || (code >= 0x30 && code <= 0x39)
}

/**
 * 1 for each byte that is not an ordinary part of a string: its end, an escape, or a byte that RFC
 * 8259 forbids.
 */
const isSpecial = new Uint8Array(256).fill(1, 0, 0x20)
isSpecial[0x22] = 1
isSpecial[0x5c] = 1

/** Returns the offset after the closing quote of the string whose first byte is at `start`. */
export function textEnd(bytes: Buffer, start: number): number {
  const { length } = bytes
  let at = start
  while (at < length) {
    while (at < length && isSpecial[bytes[at] as number] === 0) at++
    if (at === length) return -1
    if (bytes[at] === 0x22) return at + 1
    if (bytes[at] !== 0x5c) return -1
    at = escapeEnd(bytes, at + 1)
    if (at === -1) return -1
  }
  return -1
}

/** Returns the offset after the escape whose letter, behind the backslash, is at `at`. */
function escapeEnd(bytes: Buffer, at: number): number {
  switch (bytes[at]) {
    case 0x22:
    case 0x5c:
    case 0x2f:
    case 0x62:
    case 0x66:
    case 0x6e:
    case 0x72:
    case 0x74:
      return at + 1
    case 0x75:
      for (let digit = at + 1; digit <= at + 4; digit++) if (!isHex(bytes[digit])) return -1
      return at + 5
    default:
      return -1
  }
}

function isHex(code: number | undefined): boolean {
  if (code === undefined) return false
  const lower = code | 0x20
  return isDigit(code) || (lower >= 0x61 && lower <= 0x66)
}

/** Returns the offset after the number that begins at `start`. */
export function numberEnd(bytes: Buffer, start: number): number {
  let at = bytes[start] === 0x2d ? start + 1 : start
  if (bytes[at] === 0x30) at++
  else {
    const digits = digitsEnd(bytes, at)
    if (digits === at) return -1
    at = digits
  }
  if (bytes[at] === 0x2e) {
    const digits = digitsEnd(bytes, at + 1)
    if (digits === at + 1) return -1
    at = digits
  }
  if (((bytes[at] ?? 0) | 0x20) !== 0x65) return at
  const sign = bytes[at + 1]
  const first = sign === 0x2b || sign === 0x2d ? at + 2 : at + 1
  const digits = digitsEnd(bytes, first)
  return digits === first ? -1 : digits
}

function digitsEnd(bytes: Buffer, start: number): number {
  let at = start
  while (isDigit(bytes[at])) at++
  return at
}

const literals = ['true', 'false', 'null'].map((word) => Buffer.from(word))

/** Returns the offset after `true`, `false` or `null` at `start`. */
export function literalEnd(bytes: Buffer, start: number): number {
  for (const word of literals) {
    const end = start + word.length
    if (bytes[start] === word[0] && word.every((code, at) => bytes[start + at] === code)) return end
  }
  return -1
}
