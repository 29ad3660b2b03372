import { generateKeyPairSync } from 'node:crypto'
import { expect, it } from 'vitest'
import { hasRocaFingerprint } from './roca.ts'

it('a good modulus has no fingerprint of the faulty generator', () => {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const { n = '' } = publicKey.export({ format: 'jwk' })
  expect(hasRocaFingerprint(BigInt(`0x${Buffer.from(n, 'base64url').toString('hex')}`))).toBe(false)
})

it('a power of 65537 modulo the primes has it', () => {
  expect(hasRocaFingerprint(65_537n ** 200n)).toBe(true)
})
