/**
 * Sealing of bytes. To a public key (X25519, ephemeral-static): whoever has it can seal, and only the
 * holder of the private key can open. With a secret key that is used once: AES-256-GCM. Pure: no
 * file, no clock.
 */
import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hkdfSync,
  type KeyObject,
} from 'node:crypto'

/** Returns random bytes. Only tests replace it. */
export type RandomBytes = (length: number) => Buffer

/** An X25519 private key, and the 32 bytes of its public key. */
export type KeyPair = { readonly privateKey: KeyObject; readonly publicKey: Buffer }

/** The length of a private, public or secret key. */
export const keyBytes = 32
const ivBytes = 12
const tagBytes = 16

/** What stands before a raw X25519 key in PKCS#8 and in SPKI. */
const bytesOf = (hex: string) => Buffer.from(hex, 'hex')
const privatePrefix = bytesOf('302e020100300506032b656e04220420')
const publicPrefix = bytesOf('302a300506032b656e032100')

/** Returns the pair of a raw private key. Every 32 bytes are one. */
export function toKeyPair(raw: Buffer): KeyPair {
  const key = Buffer.concat([privatePrefix, raw])
  const privateKey = createPrivateKey({ key, format: 'der', type: 'pkcs8' })
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
  return { privateKey, publicKey: spki.subarray(publicPrefix.length) }
}

type SealOptions = { readonly aad: Buffer; readonly random: RandomBytes }

/**
 * Seals the content to a public key: the ephemeral public key, then the encrypted content, then the
 * tag. Throws if the public key is a point of low order.
 */
export function seal(content: Buffer, recipient: Buffer, { aad, random }: SealOptions): Buffer {
  const { privateKey, publicKey: ephemeral } = toKeyPair(random(keyBytes))
  const shared = agree(privateKey, recipient)
  const { key, iv } = derive(shared, { ephemeral, recipient })
  return Buffer.concat([ephemeral, encrypt(content, { key, iv, aad })])
}

/** Returns the content; null if the pair, the additional data or one bit of it is another. */
export function open(sealed: Buffer, pair: KeyPair, aad: Buffer): Buffer | null {
  const ephemeral = sealed.subarray(0, keyBytes)
  try {
    const shared = agree(pair.privateKey, ephemeral)
    const { key, iv } = derive(shared, { ephemeral, recipient: pair.publicKey })
    return decrypt(sealed.subarray(keyBytes), { key, iv, aad })
  } catch {
    return null
  }
}

/** Throws for a point of low order, with which the secret would be the same for all private keys. */
function agree(privateKey: KeyObject, publicBytes: Buffer): Buffer {
  const key = Buffer.concat([publicPrefix, publicBytes])
  return diffieHellman({
    privateKey,
    publicKey: createPublicKey({ key, format: 'der', type: 'spki' }),
  })
}

type PublicKeys = { readonly ephemeral: Buffer; readonly recipient: Buffer }

/**
 * Both public keys are in the salt, so that the result belongs to this message and this recipient.
 * An ephemeral key is used once, so the IV that comes from it is fresh.
 */
function derive(shared: Buffer, { ephemeral, recipient }: PublicKeys) {
  const salt = Buffer.concat([ephemeral, recipient])
  const bytes = hkdfSync('sha256', shared, salt, 'gatekeeper vault 1', keyBytes + ivBytes)
  const derived = Buffer.from(bytes)
  return { key: derived.subarray(0, keyBytes), iv: derived.subarray(keyBytes) }
}

/** Encrypts with a key that seals nothing else: a random IV, the content, the tag. */
export function sealOnce(content: Buffer, key: Buffer, { aad, random }: SealOptions): Buffer {
  const iv = random(ivBytes)
  return Buffer.concat([iv, encrypt(content, { key, iv, aad })])
}

/** Returns the content; null if key, additional data or one bit of it is another. */
export function openOnce(sealed: Buffer, key: Buffer, aad: Buffer): Buffer | null {
  try {
    return decrypt(sealed.subarray(ivBytes), { key, iv: sealed.subarray(0, ivBytes), aad })
  } catch {
    return null
  }
}

type Cipher = { readonly key: Buffer; readonly iv: Buffer; readonly aad: Buffer }

function encrypt(content: Buffer, { key, iv, aad }: Cipher): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: tagBytes })
  cipher.setAAD(aad)
  return Buffer.concat([cipher.update(content), cipher.final(), cipher.getAuthTag()])
}

/** Throws if anything does not fit. Without `authTagLength` a tag of 4 bytes would be accepted. */
function decrypt(sealed: Buffer, { key, iv, aad }: Cipher): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: tagBytes })
  decipher.setAAD(aad)
  decipher.setAuthTag(sealed.subarray(-tagBytes))
  return Buffer.concat([decipher.update(sealed.subarray(0, -tagBytes)), decipher.final()])
}
