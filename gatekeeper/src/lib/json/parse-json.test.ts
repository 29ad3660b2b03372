import { describe, expect, it } from 'vitest'
import { parseJson } from './parse-json.ts'

describe('a JSON text', () => {
  it.each([
    ['{"a": [1, null]}', { a: [1, null] }],
    ['null', null],
    ['"text"', 'text'],
  ])('%s is read', (text, value) => expect(parseJson(text)).toEqual(value))

  it.each(['', '{', 'undefined', '{"key": gk_secret}'])(
    'that is invalid (%s) gives undefined, and is not quoted in an error',
    (text) => expect(parseJson(text)).toBe(undefined),
  )
})
