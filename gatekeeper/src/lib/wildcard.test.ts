import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createWildcard } from './wildcard.ts'

test.each([
  ['gpt-5', 'gpt-5', true],
  ['gpt-5', 'gpt-5-mini', false],
  ['gpt-5*', 'gpt-5', true],
  ['gpt-5*', 'gpt-5-mini', true],
  ['*', '', true],
  ['*-mini', 'gpt-5-mini', true],
  ['*-mini', '-mini-x', false],
  ['a*a', 'a', false],
  ['a*a', 'aa', true],
  ['a*b*c', 'a-b-b-c', true],
  ['a*b*c', 'a-c-b', false],
  ['a.c', 'abc', false],
  ['', '', true],
  ['', 'a', false],
])('%j on %j: %s', (pattern, text, expected) => {
  expect(createWildcard(pattern)(text)).toBe(expected)
})

test('a pattern matches the same texts as the equivalent regular expression', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 12 })
  const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 6 })
  fc.assert(
    fc.property(pattern, text, (form, name) => {
      const expected = new RegExp(`^${form.replaceAll('*', '.*')}$`).test(name)
      expect(createWildcard(form)(name)).toBe(expected)
    }),
    { numRuns: 2_000 },
  )
})
