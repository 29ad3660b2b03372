import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { noCaps } from '../model/caps.ts'
import { createApiKey, hashKey } from './api-key.ts'
import type { KeyRecord } from './key-record.ts'
import { createKeyRing } from './key-ring.ts'

const now = Date.UTC(2026, 10, 22)
const { id, key } = createApiKey()

function record(changes: Partial<KeyRecord> = {}, secret = key): KeyRecord {
  return {
    id,
    user: 'ada',
    role: 'readwrite',
    services: ['ollama'],
    unknownServices: [],
    description: null,
    tags: [],
    secrets: [{ sha256: hashKey(secret), createdAt: now, expiresAt: null }],
    createdAt: now,
    expiresAt: null,
    disabled: false,
    addresses: [],
    origins: [],
    models: [],
    limits: [],
    cloudModels: null,
    caps: noCaps,
    weight: null,
    noExpiryReason: null,
    madeBy: null,
    team: null,
    ...changes,
  }
}

const plain = record({ id: 'plain-ada-tts', services: ['tts'] }, 'my-old-key')
const ring = createKeyRing([record(), plain])
const judge = (records: KeyRecord[], credential = key) =>
  createKeyRing(records).authenticate(credential, now)

test('a good key gives its principal', () => {
  const addresses = ['10.0.0.0/8']
  const restricted = record({ addresses, models: ['m'], origins: ['https://a.b'], role: 'admin' })
  const principal = judge([restricted])
  expect(principal).toMatchObject({
    id: `key:${id}`,
    kind: 'key',
    user: 'ada',
    role: 'admin',
    services: ['ollama'],
    models: ['m'],
    origins: ['https://a.b'],
    expiresAt: null,
  })
  if (typeof principal === 'string') throw new Error(principal)
  expect(principal.isAddressAllowed?.('10.1.2.3')).toBe(true)
  expect(principal.isAddressAllowed?.('11.1.2.3')).toBe(false)
})

test('a key without address ranges has no address test', () => {
  expect(ring.authenticate(key, now)).toMatchObject({ isAddressAllowed: null })
})

describe('refusals', () => {
  const otherSecret = createApiKey(undefined, id).key

  test.each([
    { name: 'an unknown id', credential: createApiKey().key, reason: 'unknown-key' },
    { name: 'a known id with another secret', credential: otherSecret, reason: 'wrong-secret' },
    {
      name: 'a wrong checksum',
      credential: `${key.slice(0, -1)}${key.endsWith('0') ? 1 : 0}`,
      reason: 'malformed-key',
    },
    { name: 'a key cut short', credential: key.slice(0, -1), reason: 'malformed-key' },
    { name: 'a key with something behind it', credential: `${key} `, reason: 'malformed-key' },
    { name: 'the id alone', credential: `gk_${id}`, reason: 'malformed-key' },
    { name: 'a JWT', credential: 'eyJhbGciOiJub25lIn0.e30.', reason: 'unknown-key' },
    { name: 'a plain key in another case', credential: 'MY-OLD-KEY', reason: 'unknown-key' },
    { name: 'the hash of a plain key', credential: hashKey('my-old-key'), reason: 'unknown-key' },
    { name: 'the hash of a key', credential: hashKey(key), reason: 'unknown-key' },
    { name: 'the id of a plain key', credential: 'plain-ada-tts', reason: 'unknown-key' },
    { name: 'the empty text', credential: '', reason: 'malformed-key' },
    { name: 'a text of 4097 bytes', credential: 'x'.repeat(4097), reason: 'malformed-key' },
    {
      name: 'a text of 4097 bytes in few characters',
      credential: '\u20ac'.repeat(1366),
      reason: 'malformed-key',
    },
    { name: 'a lone surrogate', credential: 'a\ud800', reason: 'malformed-key' },
    { name: '__proto__', credential: '__proto__', reason: 'unknown-key' },
    { name: 'constructor', credential: 'constructor', reason: 'unknown-key' },
    { name: 'gk___proto__', credential: 'gk___proto__', reason: 'malformed-key' },
  ])('$name is refused as $reason', ({ credential, reason }) => {
    expect(ring.authenticate(credential, now)).toBe(reason)
  })

  test('only the keys themselves are accepted, and nothing throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(typeof ring.authenticate(text, now)).toBe('string')
        expect(typeof ring.authenticate(`gk_${id}_${text}`, now)).toBe('string')
        expect(ring.holdsPlain(text)).toBe(false)
      }),
    )
  })
})

describe('expiry is checked at each request', () => {
  test.each([
    { name: 'one millisecond before', expiresAt: now + 1, opens: true },
    { name: 'at the instant', expiresAt: now, opens: false },
    { name: 'long after', expiresAt: now - 1e9, opens: false },
  ])('of the key: $name', ({ expiresAt, opens }) => {
    const result = judge([record({ expiresAt })])
    if (opens) expect(result).toMatchObject({ expiresAt })
    else expect(result).toBe('expired-key')
  })

  test('of the secret, and the principal gets the earlier of the two', () => {
    const secret = { sha256: hashKey(key), createdAt: null }
    expect(judge([record({ secrets: [{ ...secret, expiresAt: now }] })])).toBe('expired-key')
    const both = record({ expiresAt: now + 9, secrets: [{ ...secret, expiresAt: now + 5 }] })
    expect(judge([both])).toMatchObject({ expiresAt: now + 5 })
  })

  test('of a plain key', () => {
    expect(judge([{ ...plain, expiresAt: now }], 'my-old-key')).toBe('expired-key')
  })
})

describe('a disabled key', () => {
  test('is refused, as a plain key too', () => {
    expect(judge([record({ disabled: true })])).toBe('disabled-key')
    expect(judge([{ ...plain, disabled: true }], 'my-old-key')).toBe('disabled-key')
  })

  test('is not reported as disabled to a caller with another secret', () => {
    const other = createApiKey(undefined, id).key
    expect(judge([record({ disabled: true, expiresAt: now - 1 })], other)).toBe('wrong-secret')
  })
})

test('during a rotation both secrets are valid, the old one until its end', () => {
  const renewed = createApiKey(undefined, id).key
  const secrets = [
    { sha256: hashKey(key), createdAt: null, expiresAt: now + 10 },
    { sha256: hashKey(renewed), createdAt: null, expiresAt: null },
  ]
  const rotating = createKeyRing([record({ secrets })])
  expect(rotating.authenticate(key, now)).toMatchObject({ id: `key:${id}` })
  expect(rotating.authenticate(renewed, now)).toMatchObject({ expiresAt: null })
  expect(rotating.authenticate(key, now + 10)).toBe('expired-key')
  expect(rotating.authenticate(renewed, now + 10)).toMatchObject({ id: `key:${id}` })
})

describe('plain keys', () => {
  test('are accepted by their exact text only, imported or not', () => {
    expect(ring.authenticate('my-old-key', now)).toMatchObject({
      id: 'key:plain-ada-tts',
      services: ['tts'],
    })
    expect(ring.holdsPlain('my-old-key')).toBe(true)
    expect(ring.holdsPlain(key)).toBe(false)
    expect(ring.holdsPlain('my-old-key ')).toBe(false)
  })

  test('a record with the hash of a key of ours under a plain id is never accepted', () => {
    // Otherwise a copied hash would give a key a second identity.
    expect(judge([record({ id: 'plain-eve-tts' })])).toBe('unknown-key')
  })
})

test('the first of two records with one id counts: a disabled one cannot be hidden', () => {
  expect(judge([record({ disabled: true }), record()])).toBe('disabled-key')
})

test('reports its size, and which keys lack a service', () => {
  expect([ring.idsWithOnly('tts', 'chat'), ring.size]).toEqual([['plain-ada-tts'], 2])
  expect(ring.idsWithOnly('tts', 'tts')).toEqual([])
})

test('compares as often for an id that does not exist as for one that does', () => {
  // A dummy that could match would admit a key that hashes to it: it is all zeros.
  expect(judge([record({ secrets: [] })])).toBe('wrong-secret')
  expect(judge([])).toBe('unknown-key')
})
