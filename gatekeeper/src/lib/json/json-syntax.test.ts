import fc from 'fast-check'
import { expect, test } from 'vitest'
import { locateSyntaxError } from './json-syntax.ts'

function parses(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

test.each([
  { text: '', line: 1, column: 1, what: /empty/ },
  { text: '{\n  "a": 1,\n}', line: 3, column: 1, what: /member name/ },
  { text: '{"a": 1', line: 1, column: 8, what: /too early/ },
  { text: '{"a" 1}', line: 1, column: 6, what: /colon/ },
  { text: '{"a": 1 "b": 2}', line: 1, column: 9, what: /comma/ },
  { text: '{"a": 1}}', line: 1, column: 9, what: /after the end/ },
  { text: '{"a": [1, 2}', line: 1, column: 12, what: /comma or the closing/ },
  { text: '{"a": 01}', line: 1, column: 7, what: /neither a number/ },
  { text: '{"a": "x\ny"}', line: 1, column: 7, what: /line break/ },
  { text: '{"a": "x\\q"}', line: 1, column: 7, what: /wrong escape/ },
  { text: '{"a": "x', line: 1, column: 7, what: /does not end/ },
  { text: '{"a": "x\\"', line: 1, column: 7, what: /does not end/ },
  { text: "{'a': 1}", line: 1, column: 2, what: /double quotes/ },
  { text: '{"a": undefined}', line: 1, column: 7, what: /neither/ },
])('$text', ({ text, line, column, what }) => {
  expect(locateSyntaxError(text)).toEqual({ line, column, what: expect.stringMatching(what) })
})

test('the message never quotes the file, which may hold keys', () => {
  for (const text of ['{"secret-key" }', '{secret-key: 1}', '"secret-key', '{"a": secret-key}']) {
    expect(locateSyntaxError(text)?.what).not.toMatch(/secret|key/)
  }
})

test('agrees with JSON.parse on which texts are JSON, also when cut or changed', () => {
  const damaged = fc
    .tuple(fc.json(), fc.nat(), fc.constantFrom('', '"', '\\', ',', '}', ']', '{', ':', '0', '\n'))
    .map(
      ([text, at, char]) =>
        text.slice(0, at % (text.length + 1)) + char + text.slice((at % (text.length + 1)) + 1),
    )
  fc.assert(
    fc.property(fc.oneof(fc.json(), damaged, fc.string()), (text) => {
      expect(locateSyntaxError(text) === null).toBe(parses(text))
    }),
    { numRuns: 2000 },
  )
})

test('a text nested a hundred thousand deep is read without a deep call stack', () => {
  expect(locateSyntaxError('['.repeat(100_000))?.column).toBe(100_001)
})
