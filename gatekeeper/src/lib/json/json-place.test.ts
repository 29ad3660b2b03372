import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { findDuplicateNames, locate, locateAll, placeAt } from './json-place.ts'

const text = `{
  "keys": {
    "a": {"role": "admin", "list": [1, {"x": true}]},
    "a": {"role": "readonly", "list": []}
  }
}`

test('placeAt counts lines and columns from 1', () => {
  expect(placeAt('ab\r\ncd\n', 0)).toEqual({ line: 1, column: 1 })
  expect(placeAt('ab\r\ncd\n', 5)).toEqual({ line: 2, column: 2 })
})

describe('findDuplicateNames', () => {
  test('finds the second of two members at any depth, escaped or not', () => {
    const nested = '{"a":[{"b":1,"c":2,"\\u0062":3}],"a":0}'
    expect(findDuplicateNames(nested)).toEqual([
      { path: ['a', 0, 'b'], offset: nested.indexOf('"\\u0062"') },
      { path: ['a'], offset: nested.lastIndexOf('"a"') },
    ])
  })

  test('finds __proto__ twice', () => {
    expect(findDuplicateNames('{"__proto__":1,"__proto__":2}')).toHaveLength(1)
  })

  test('finds nothing in what JSON.stringify wrote', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(findDuplicateNames(JSON.stringify(value))).toEqual([])
      }),
    )
  })
})

describe('locate', () => {
  test('finds a value, and the last of repeated ones, as JSON.parse reads', () => {
    expect(locate(text, ['keys', 'a', 'role'])).toEqual({ line: 4, column: 19 })
    expect(locate(text, ['keys', 'a', 'list', 1, 'x'])).toEqual({ line: 3, column: 46 })
  })

  test('falls back to the parent of a missing value', () => {
    expect(locate(text, ['keys', 'b', 'role'])).toEqual({ line: 2, column: 11 })
    expect(locate(text, ['nothing'])).toEqual({ line: 1, column: 1 })
  })

  test('finds many at once', () => {
    expect(locateAll(text, [['keys'], []])).toEqual([
      { line: 2, column: 11 },
      { line: 1, column: 1 },
    ])
  })
})
