import { createCipheriv, diffieHellman, hkdfSync, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { open, openOnce, seal, sealOnce, toKeyPair } from './envelope.ts'

const aad = Buffer.from('["a",1]')
const options = { aad, random: randomBytes }
const pair = toKeyPair(randomBytes(32))
const content = randomBytes(32)

describe('what is sealed to a public key', () => {
  it('opens with its private key, and 32 bytes become 80', () => {
    const sealed = seal(content, pair.publicKey, options)
    expect(sealed).toHaveLength(80)
    expect(open(sealed, pair, aad)).toEqual(content)
  })

  it('does not open with another pair, or other additional data', () => {
    const sealed = seal(content, pair.publicKey, options)
    expect(open(sealed, toKeyPair(randomBytes(32)), aad)).toBeNull()
    expect(open(sealed, pair, Buffer.from('["a",2]'))).toBeNull()
  })

  it('does not open with one bit changed, wherever it is', () => {
    const sealed = seal(content, pair.publicKey, options)
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      // The highest bit of a public key means nothing to X25519, but the salt has it.
      const changed = Buffer.from(sealed)
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7))
      expect(open(changed, pair, aad)).toBeNull()
    }
  })

  it('does not open if it was cut anywhere, so that no shorter tag counts', () => {
    const sealed = seal(content, pair.publicKey, options)
    for (let length = 0; length < sealed.length; length++) {
      expect(open(sealed.subarray(0, length), pair, aad)).toBeNull()
    }
  })

  it('does not open if a tag was made of 4 bytes, which GCM would allow', () => {
    const ephemeral = toKeyPair(randomBytes(32))
    const shared = diffieHellman({
      privateKey: ephemeral.privateKey,
      publicKey: toPublic(pair.publicKey),
    })
    const salt = Buffer.concat([ephemeral.publicKey, pair.publicKey])
    const bytes = Buffer.from(hkdfSync('sha256', shared, salt, 'gatekeeper vault 1', 44))
    const make = (authTagLength: number) => {
      const [key, iv] = [bytes.subarray(0, 32), bytes.subarray(32)]
      const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength })
      cipher.setAAD(aad)
      const parts = [cipher.update(content), cipher.final(), cipher.getAuthTag()]
      return Buffer.concat([ephemeral.publicKey, ...parts])
    }
    // The same construction with a whole tag shows that it is the tag that refuses.
    expect(open(make(16), pair, aad)).toEqual(content)
    for (const length of [4, 8, 12, 13, 14, 15]) expect(open(make(length), pair, aad)).toBeNull()
  })

  /** With these points the shared secret is zero, whatever the private key (RFC 7748 §6.1). */
  const lowOrder = [
    '0000000000000000000000000000000000000000000000000000000000000000',
    '0100000000000000000000000000000000000000000000000000000000000000',
    'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
    '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
    'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  ].map((hex) => Buffer.from(hex, 'hex'))

  it('does not open with an ephemeral key of low order, which needs no private key', () => {
    for (const ephemeral of lowOrder) {
      // What an attacker would make: the secret is then all zero.
      const salt = Buffer.concat([ephemeral, pair.publicKey])
      const zero = Buffer.alloc(32)
      const bytes = Buffer.from(hkdfSync('sha256', zero, salt, 'gatekeeper vault 1', 44))
      const cipher = createCipheriv('aes-256-gcm', bytes.subarray(0, 32), bytes.subarray(32), {
        authTagLength: 16,
      })
      cipher.setAAD(aad)
      const sealed = [cipher.update(content), cipher.final(), cipher.getAuthTag()]
      expect(open(Buffer.concat([ephemeral, ...sealed]), pair, aad)).toBeNull()
    }
  })

  it('is never sealed to a point of low order, which everybody could open', () => {
    for (const point of lowOrder) expect(() => seal(content, point, options)).toThrow()
  })

  it('is sealed differently each time', () => {
    const sealed = Array.from({ length: 50 }, () => seal(content, pair.publicKey, options))
    expect(new Set(sealed.map((bytes) => bytes.subarray(0, 32).toString('hex'))).size).toBe(50)
    expect(new Set(sealed.map((bytes) => bytes.subarray(32).toString('hex'))).size).toBe(50)
  })
})

function toPublic(raw: Buffer) {
  return {
    key: Buffer.concat([Buffer.from('302a300506032b656e032100', 'hex'), raw]),
    format: 'der',
    type: 'spki',
  } as never
}

describe('what is sealed with a key', () => {
  it('opens with that key and the same additional data only', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const [key, other] = [randomBytes(32), randomBytes(32)]
        const sealed = sealOnce(Buffer.from(bytes), key, options)
        expect(openOnce(sealed, key, aad)).toEqual(Buffer.from(bytes))
        expect(openOnce(sealed, other, aad)).toBeNull()
        expect(openOnce(sealed, key, Buffer.from('x'))).toBeNull()
        expect(openOnce(sealed.subarray(0, -1), key, aad)).toBeNull()
      }),
      { numRuns: 100 },
    )
    expect(openOnce(Buffer.alloc(0), randomBytes(32), aad)).toBeNull()
  })
})
