import { expect, test } from 'vitest'
import { anEndpoint, aQuestion } from '../../../test/support/questions.ts'
import { reasonRow } from '../../model/reason.ts'
import { listedEndpoint } from './listed-endpoint.ts'

test.each([
  { name: 'a listed endpoint', facts: {}, expected: null },
  { name: 'a path of no route', facts: { service: null, endpoint: null }, expected: 'no-route' },
  { name: 'a row without a service', facts: { service: null }, expected: 'no-route' },
  { name: 'a path of no row', facts: { endpoint: null }, expected: 'unlisted-endpoint' },
  {
    name: 'an endpoint for nobody',
    facts: { endpoint: anEndpoint({ class: 'never' }) },
    expected: 'never-endpoint',
  },
  { name: 'a class above', facts: { endpoint: anEndpoint({ class: 'manage' }) }, expected: null },
])('$name: $expected', ({ facts, expected }) => {
  expect(listedEndpoint.examine(aQuestion({ facts }))).toBe(expected)
})

test('an endpoint that nobody may use and an unlisted one look the same to a caller', () => {
  expect(reasonRow('never-endpoint')).toEqual(reasonRow('unlisted-endpoint'))
  expect(reasonRow('no-route')).toEqual(reasonRow('unlisted-endpoint'))
})
