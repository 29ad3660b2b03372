import { expect, test } from 'vitest'
import { aQuestion } from '../../../test/support/questions.ts'
import { allowedQuery } from './allowed-query.ts'

const refusedQuery = { text: 'The query field "key" may not be set by callers.', param: 'key' }

test.each([
  ['no query', {}, null],
  ['a query with known fields', { refusedQuery: null }, null],
  ['a query with another field', { refusedQuery }, 'query-field-refused'],
] as const)('%s: %s', (_, facts, expected) => {
  expect(allowedQuery.examine(aQuestion({ facts }))).toBe(expected)
})

test('the refusal names the field', () => {
  expect(allowedQuery.describe?.(aQuestion({ facts: { refusedQuery } }))).toEqual(refusedQuery)
})
