/**
 * The keys of the vault: X25519 pairs, the newest first. New rows are sealed to the newest one; older
 * ones open what was sealed to them. Only the gatekeeper has the private halves.
 */
import { createHash } from 'node:crypto'
import { type KeyPair, keyBytes, toKeyPair } from './envelope.ts'

/** The public half of a pair, to which anybody can seal. */
export type Recipient = { readonly kid: string; readonly publicKey: Buffer }

export type RingKey = KeyPair & Recipient

/** Never empty. */
export type Ring = readonly [RingKey, ...RingKey[]]

/** Returns the ring of these raw private keys, newest first; null if there are none. */
export function createRing(privateKeys: readonly Buffer[]): Ring | null {
  const [newest, ...older] = privateKeys.map(toRingKey)
  return newest === undefined ? null : [newest, ...older]
}

function toRingKey(raw: Buffer): RingKey {
  const { privateKey, publicKey } = toKeyPair(raw)
  return { privateKey, publicKey, kid: kidOf(publicKey) }
}

/**
 * Returns the id of a pair: a digest of its random public key. It says as little as a random id, and
 * every gatekeeper finds the same one without a place to store it, also where the ring is a setting.
 */
function kidOf(publicKey: Buffer): string {
  return createHash('sha256').update(publicKey).digest('base64url').slice(0, 16)
}

/** Returns the public half of the newest key, as the text of a file. */
export function writeRecipient({ kid, publicKey }: Recipient): string {
  return `${JSON.stringify({ version: 1, kid, publicKey: publicKey.toString('base64') })}\n`
}

/** Returns the public half in the text of that file; null if it is not one. */
export function readRecipient(text: string): Recipient | null {
  try {
    const { version, publicKey: written } = JSON.parse(text) as Record<string, unknown>
    const publicKey = Buffer.from(String(written), 'base64')
    const isKey = version === 1 && publicKey.length === keyBytes
    return isKey ? { kid: kidOf(publicKey), publicKey } : null
  } catch {
    return null
  }
}
