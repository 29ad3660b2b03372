import { randomBytes, timingSafeEqual } from 'node:crypto'
import { toBase62 } from '../lib/base62.ts'
import { sha256 } from '../lib/constant-time.ts'

const secretBytes = 32
const secretChars = 43

/**
 * Creates the secret of a client: `gs_` and 256 random bits in base 62. Secrets are always
 * generated, never chosen, so that a fast hash of one can be stored, and logs can hide anything in
 * this form.
 */
export function createClientSecret(random: (count: number) => Uint8Array = randomBytes): string {
  const value = BigInt(`0x${Buffer.from(random(secretBytes)).toString('hex')}`)
  return `gs_${toBase62(value, secretChars)}`
}

/** Returns the stored form: SHA-256 of the secret as 64 lower-case hex digits. */
export function hashClientSecret(secret: string): string {
  return sha256(secret).toString('hex')
}

const secretsMax = 2
const noDigest = Buffer.alloc(32)

/**
 * Returns the index of the first stored hash that matches the secret, or -1. Performs as many
 * comparisons for an unknown client as for a known one, each in constant time.
 */
export function findSecret(secret: string, stored: readonly string[]): number {
  const digest = sha256(secret)
  let found = -1
  for (let at = 0; at < secretsMax; at++) {
    const expected = stored[at]
    const isSame = timingSafeEqual(
      digest,
      expected === undefined ? noDigest : Buffer.from(expected, 'hex'),
    )
    if (isSame && expected !== undefined && found === -1) found = at
  }
  return found
}
