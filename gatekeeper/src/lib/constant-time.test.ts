import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isSameSecret, sha256 } from './constant-time.ts'

test('two texts match only if they are equal', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (left, right) => {
      expect(isSameSecret(left, left)).toBe(true)
      expect(isSameSecret(left, right)).toBe(left === right)
    }),
  )
})

test.each([
  ['', 'a'],
  ['a', ''],
  ['a', 'a\0'],
  ['a', 'A'],
  ['secret', 'secret '],
  ['secret', 'secre'],
  // One byte each in Latin-1, and then the same one.
  ['\u0161', 'a'],
  ['é', 'e\u0301'],
  // An edge field's bytes arrive as Latin-1: they must not meet their UTF-8 reading.
  ['\u00e9', '\u00c3\u00a9'],
])('%j is not %j', (left, right) => {
  expect(isSameSecret(left, right)).toBe(false)
  expect(isSameSecret(right, left)).toBe(false)
})

test('different lengths do not throw, however long', () => {
  expect(isSameSecret('x'.repeat(1_000_000), 'x')).toBe(false)
})

test('sha256 hashes the UTF-8 bytes', () => {
  expect(sha256('é')).toEqual(
    createHash('sha256')
      .update(Buffer.from([0xc3, 0xa9]))
      .digest(),
  )
  expect(sha256('')).toHaveLength(32)
})
