import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hasKeyShape, scrubKeys } from '../model/key-shape.ts'
import { createApiKey, hashKey, isKeyId, readApiKey } from './api-key.ts'

const form = /^gk_[0-9a-z]{10}_[0-9A-Za-z]{49}$/
const bytes = (value: number) => (count: number) => new Uint8Array(count).fill(value)
const anyBytes = fc.uint8Array({ minLength: 32, maxLength: 32 })

describe('createApiKey', () => {
  test('has the form of keys/README.md for every random value', () => {
    fc.assert(
      fc.property(anyBytes, (random) => {
        const { id, key } = createApiKey((count) => random.subarray(0, count))
        expect(key).toMatch(form)
        expect(readApiKey(key)).toEqual({ id })
        expect(isKeyId(id)).toBe(true)
      }),
    )
  })

  test('keeps its length when the random number is small or the largest', () => {
    expect(createApiKey(bytes(0)).key).toMatch(/^gk_0{10}_0{43}/)
    expect(createApiKey(bytes(255)).key).toMatch(form)
  })

  test('never creates a key twice', () => {
    const made = Array.from({ length: 1000 }, () => createApiKey())
    expect(new Set(made.map(({ key }) => key)).size).toBe(1000)
    expect(new Set(made.map(({ id }) => id)).size).toBe(1000)
  })

  test('accepts an id for a rotation, if it is well-formed', () => {
    expect(createApiKey(bytes(1), 'abcde01234').key).toMatch(/^gk_abcde01234_/)
    expect(() => createApiKey(bytes(1), 'plain-ada-tts')).toThrow(TypeError)
  })

  test('does not change its format: existing keys stay valid', () => {
    expect(createApiKey(bytes(7), 'abcde01234').key).toBe(
      'gk_abcde01234_1fJjkkpe9PiTw9KSulA8Ghct30vZz4HpdQ5c5b9cPF116kKFn',
    )
  })
})

describe('readApiKey', () => {
  const { key } = createApiKey(bytes(42))

  test('rejects a key with any one character changed', () => {
    for (let at = 0; at < key.length; at++) {
      const other = key[at] === '7' ? '8' : '7'
      expect(readApiKey(key.slice(0, at) + other + key.slice(at + 1))).toBeNull()
    }
  })

  test('rejects two neighbouring characters swapped', () => {
    for (let at = 14; at < key.length - 1; at++) {
      const swapped = key.slice(0, at) + key[at + 1] + key[at] + key.slice(at + 2)
      if (swapped !== key) expect(readApiKey(swapped)).toBeNull()
    }
  })

  test.each([
    '',
    'gk_',
    key.slice(0, -1),
    `${key}0`,
    ` ${key}`,
    `${key}\n`,
    key.toUpperCase(),
    key.replace('gk_', 'GK_'),
    'gk___proto___',
  ])('refuses %j', (text) => {
    expect(readApiKey(text)).toBeNull()
  })

  test('never throws, whatever the input', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(readApiKey(text)).toBeNull()
        expect(readApiKey(`gk_${text}`)).toBeNull()
      }),
    )
  })
})

test('the stored value is SHA-256 of the whole key', () => {
  expect(hashKey('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
})

describe('scrubKeys', () => {
  const { id, key } = createApiKey(bytes(42))

  test('leaves the id and nothing of the secret, wherever the key is in the text', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (before, after) => {
        const scrubbed = scrubKeys(`${before}${key}/${after}`)
        expect(scrubbed).toContain(`gk_${id}_***`)
        expect(scrubbed).not.toContain(key.slice(14, 34))
      }),
    )
  })

  test.each([
    ['cut short', key.slice(0, -20)],
    ['too long', `${key}abc`],
    ['percent-encoded', key.replaceAll('_', '%5f')],
    ['twice', `${key} ${key}`],
    ['in a URL', `/x?key=${key}&y=1`],
  ])('hides a key %s', (_, text) => {
    expect(hasKeyShape(text)).toBe(true)
    expect(scrubKeys(text)).not.toMatch(/[0-9A-Za-z]{16}/)
    expect(hasKeyShape(scrubKeys(text))).toBe(false)
  })

  test('leaves other texts unchanged', () => {
    expect(scrubKeys('key:abcde01234 gk_short')).toBe('key:abcde01234 gk_short')
  })
})
