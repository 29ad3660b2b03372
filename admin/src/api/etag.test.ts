import { expect, test } from 'vitest'
import { refuseChanged, requireMatch, tagOf } from './etag.ts'

test('a tag changes with the content, and is one that a field can have', () => {
  expect(tagOf({ a: 1 })).toBe(tagOf({ a: 1 }))
  expect(tagOf({ a: 1 })).not.toBe(tagOf({ a: 2 }))
  expect(tagOf({ a: 1 })).toMatch(/^[A-Za-z0-9_-]{22}$/)
})

test('a change needs the tag of now', () => {
  expect(() => requireMatch('x', 'x')).not.toThrow()
  expect(() => requireMatch(null, 'x')).toThrow(
    expect.objectContaining({ reason: 'precondition_required' }),
  )
  expect(() => requireMatch('y', 'x')).toThrow(expect.objectContaining({ reason: 'changed' }))
})

test('a removal may come without a tag, but not with an old one', () => {
  expect(() => refuseChanged(null, 'x')).not.toThrow()
  expect(() => refuseChanged('y', 'x')).toThrow(expect.objectContaining({ reason: 'changed' }))
})
