import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { foldName } from './json-names.ts'
import { countMembers, topLevelNames } from './json-scan.ts'

describe('topLevelNames', () => {
  test.each([
    { name: 'in order', text: '{"b":1,"a":2}', expected: ['b', 'a'] },
    { name: 'repeated ones twice', text: '{"model":1,"model":2}', expected: ['model', 'model'] },
    {
      name: 'escapes decoded, so that mod\\u0065l cannot hide',
      text: '{"mod\\u0065l":1,"model":2}',
      expected: ['model', 'model'],
    },
    {
      name: 'not those of nested objects, nor texts that look like members',
      text: '{"a":{"x":1},"b":[{"y":"z\\",\\"q\\":1"}],"c":"d\\\\"}',
      expected: ['a', 'b', 'c'],
    },
    { name: 'none of an empty object', text: ' { } ', expected: [] },
    { name: 'null for a list', text: '[{"a":1}]', expected: null },
    { name: 'null for a text', text: '"{}"', expected: null },
  ])('$name', ({ text, expected }) => {
    expect(topLevelNames(text)).toEqual(expected)
  })

  test('gives the names that JSON.parse gives, for any object', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()), (value) => {
        const text = JSON.stringify(value)
        const sorted = (names: string[] | null) => [...(names ?? [])].sort()
        expect(sorted(topLevelNames(text))).toEqual(Object.keys(JSON.parse(text)).sort())
      }),
    )
  })

  test('a body of 25 MB is scanned quickly', () => {
    const text = JSON.stringify({
      model: 'm',
      messages: [{ content: 'a "quoted" word\n'.repeat(1.3e6) }],
    })
    const start = performance.now()
    expect(topLevelNames(text)).toEqual(['model', 'messages'])
    // Ten times what it takes on two old cores: fails on quadratic work, not on a busy machine.
    expect(performance.now() - start).toBeLessThan(1500)
  })
})

test('countMembers counts what JSON.parse drops', () => {
  expect(countMembers('{"a":1,"a":{"b":"x:y","b":[{"c":1}]}}')).toBe(5)
})

test.each([
  ['Model', 'model'],
  ['me\u017f\u017fages', 'messages'],
  ['\u212aey', 'key'],
  ['MODEL', 'model'],
])('foldName takes %s for %s, as Go does', (name, folded) => {
  expect(foldName(name)).toBe(folded)
})
