import { randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { toBase62 } from '../lib/base62.ts'
import { sha256 } from '../lib/constant-time.ts'

/**
 * The form of our API keys (keys/README.md): `gk_ID_SECRETCHECKSUM`. The id is public and is what
 * people and logs call the key by; the secret is 256 random bits, so that a fast hash of it can be
 * stored; the checksum tells a typing error from an attack without a look-up.
 */

const keyForm = /^gk_([0-9a-z]{10})_[0-9A-Za-z]{43}([0-9A-Za-z]{6})$/
const idForm = /^[0-9a-z]{10}$/
const secretBytes = 32
const secretChars = 43
const checksumChars = 6
const idChars = 10

/** Random bytes; injected in tests. */
export type RandomBytes = (count: number) => Uint8Array

/** Makes a key. `id` may be given for a new secret of a key that exists. */
export function createApiKey(
  random: RandomBytes = randomBytes,
  id: string = createId(random),
): { readonly id: string; readonly key: string } {
  if (!isKeyId(id)) throw new TypeError('the id of a key has ten characters of 0-9a-z')
  const body = `gk_${id}_${toBase62(toNumber(random(secretBytes)), secretChars)}`
  return { id, key: body + checksum(body) }
}

/** Ten characters of base 36: 51 random bits, enough that ids do not meet. */
function createId(random: RandomBytes): string {
  const value = toNumber(random(16)) % 36n ** BigInt(idChars)
  return value.toString(36).padStart(idChars, '0')
}

function toNumber(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
}

function checksum(body: string): string {
  return toBase62(BigInt(crc32(body)), checksumChars)
}

/** Whether the text is the id of a key of our form. */
export function isKeyId(text: string): boolean {
  return idForm.test(text)
}

/** Reads a key of our form; null if the form or the checksum is wrong. */
export function readApiKey(text: string): { readonly id: string } | null {
  const [, id, sum] = keyForm.exec(text) ?? []
  if (id === undefined || checksum(text.slice(0, -checksumChars)) !== sum) return null
  return { id }
}

/** What is stored of a key: SHA-256 of all of it, as 64 lower-case hex digits. */
export function hashKey(key: string): string {
  return sha256(key).toString('hex')
}
