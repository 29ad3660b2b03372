import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { aPrincipal, aReservation, someFacts } from '../../test/support/questions.ts'
import { Admission } from '../model/admission.ts'
import { encodeIdentity, identityFields } from './identity.ts'

describe('encodeIdentity', () => {
  test.each([
    ['ada', 'ada'],
    ['ada.b-c_d@example.org', 'ada.b-c_d@example.org'],
    ['Ada Lovelace', 'Ada%20Lovelace'],
    ['a%20b', 'a%2520b'],
    ['Zoë', 'Zo%C3%AB'],
    ['a,b', 'a%2Cb'],
    ['a;b=c"d', 'a%3Bb%3Dc%22d'],
    ["!~*'()", '%21%7E%2A%27%28%29'],
    ['{env.SECRET}', '%7Benv.SECRET%7D'],
    ['ada\r\nX-Gatekeeper-Role: admin', 'ada%0D%0AX-Gatekeeper-Role%3A%20admin'],
    ['\0', '%00'],
    ['\ud800', '%EF%BF%BD'],
    ['', ''],
  ])('%j is %s', (text, expected) => {
    expect(encodeIdentity(text)).toBe(expected)
  })

  test('no value can end a field, repeat one or change its meaning', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const encoded = encodeIdentity(text)
        expect(encoded).toMatch(/^(?:[A-Za-z0-9._@-]|%[0-9A-F]{2})*$/)
        expect(decodeURIComponent(encoded)).toBe(text.toWellFormed())
      }),
      { numRuns: 5_000 },
    )
  })
})

test('the identity describes the principal, whatever its name', () => {
  const admission = new Admission({
    facts: someFacts({ requestId: 'r 1\r\n' }),
    principal: aPrincipal({ user: 'eve\r\nX-Gatekeeper-User: root', id: 'key:abcde01234' }),
    obligations: [],
    reservation: aReservation(),
  })
  expect(identityFields(admission)).toEqual({
    'x-gatekeeper-user': 'eve%0D%0AX-Gatekeeper-User%3A%20root',
    'x-gatekeeper-key-id': 'abcde01234',
    'x-gatekeeper-role': 'readwrite',
    'x-gatekeeper-service': 'ollama',
    'x-gatekeeper-request-id': 'r%201%0D%0A',
  })
})
