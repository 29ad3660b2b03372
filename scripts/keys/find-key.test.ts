import { describe, expect, test } from 'vitest'
import { createApiKey, hashKey } from '../../gatekeeper/src/api-keys/api-key.ts'
import type { KeyRecord } from '../../gatekeeper/src/api-keys/key-record.ts'
import { noCaps } from '../../gatekeeper/src/model/caps.ts'
import { UnknownKeyError } from '../../gatekeeper/src/operations/keys/key-writer.ts'
import { UsageError } from '../frame/words.ts'
import { requireKey } from './find-key.ts'

const key = createApiKey(undefined, 'abcde01234').key

const record = (id: string, user: string, secret: string): KeyRecord => ({
  ...{ id, user, role: 'readwrite', services: ['ollama'], unknownServices: [], disabled: false },
  ...{ description: null, tags: [], createdAt: 0, expiresAt: null, addresses: [], origins: [] },
  ...{ models: [], limits: [], cloudModels: null, caps: noCaps, weight: null },
  ...{ madeBy: null, team: null, noExpiryReason: null },
  secrets: [{ sha256: hashKey(secret), createdAt: 0, expiresAt: null }],
})
const keys = [
  record('abcde01234', 'ada', key),
  record('abcdf01234', 'ada', 'x'),
  record('xyz0123456', 'eve', 'y'),
  record('plain-bob-tts', 'bob', 'a-key-of-an-older-set-up'),
]
const choose = (word: string, isWholeId = false) => requireKey(word, keys, { now: 1, isWholeId }).id

describe('the key that a word means', () => {
  test.each([
    ['abcde01234', 'abcde01234'],
    ['key:abcde01234', 'abcde01234'],
    ['abcde', 'abcde01234'],
    ['xyz', 'xyz0123456'],
    ['gk_xyz0', 'xyz0123456'],
    ['plain-bob', 'plain-bob-tts'],
  ])('%s is %s', (word, id) => {
    expect(choose(word)).toBe(id)
  })

  test('a beginning of several ids names them all, and none is taken', () => {
    expect(() => choose('abc')).toThrow(UnknownKeyError)
    expect(() => choose('abc')).toThrow(/abcde01234.*\n.*abcdf01234/)
  })

  test('a user is answered with the ids of that user', () => {
    expect(() => choose('ada')).toThrow(
      /there is no key "ada"; keys of user "ada":\n {2}abcde01234/,
    )
  })

  test('what cannot be undone needs the whole id', () => {
    expect(() => choose('abcde', true)).toThrow(/whole id(.|\n)*abcde01234/)
    expect(choose('abcde01234', true)).toBe('abcde01234')
  })

  test('an unknown id names the nearest and the command that lists them', () => {
    expect(() => choose('abcde01235')).toThrow(/did you mean abcde01234(.|\n)*npm run keys -- list/)
    expect(() => choose('nobody')).toThrow('npm run keys -- list')
  })

  test.each([key, `${key.slice(0, -1)}`, 'a-key-of-an-older-set-up'])(
    'a whole key is never repeated, and is to be replaced',
    (word) => {
      const secret = word.slice(14)
      const hidden = expect.objectContaining({ message: expect.not.stringContaining(secret) })
      expect(() => choose(word)).toThrow(UsageError)
      expect(() => choose(word)).toThrow(hidden)
      expect(() => choose(word)).toThrow('replace it')
    },
  )
})
