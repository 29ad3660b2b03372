import { hash, timingSafeEqual } from 'node:crypto'

/**
 * Returns whether a text equals a secret of known form, in a time that does not depend on where
 * they differ. The length is not secret: it is the same in every installation. Does not hash,
 * because every request of both points calls this first.
 */
export function isSameSecret(text: string, secret: string): boolean {
  // As UTF-8: in Latin-1 a character above U+00FF would lose a byte and could equal another
  // character.
  const given = Buffer.from(text)
  const expected = Buffer.from(secret)
  return given.length === expected.length && timingSafeEqual(given, expected)
}

/** Returns the SHA-256 of the text's UTF-8 bytes. */
export function sha256(text: string): Buffer {
  // By way of hex: this takes a third of the time that Node needs to create its own buffer.
  return Buffer.from(hash('sha256', text, 'hex'), 'hex')
}
