import { expect, test } from 'vitest'
import { aPrincipal, aQuestion } from '../../../test/support/questions.ts'
import { createAddressTest } from '../../lib/net/cidr.ts'
import { anonymous } from '../../model/principal.ts'
import { allowedAddress } from './allowed-address.ts'

const home = aPrincipal({
  isAddressAllowed: createAddressTest(['192.168.1.0/24', '2001:db8::/32']),
})
const from = (clientAddress: string) => aQuestion({ principal: home, facts: { clientAddress } })

test.each([
  { name: 'a key without addresses', question: aQuestion(), expected: null },
  { name: 'an address of the key', question: from('192.168.1.9'), expected: null },
  { name: 'the same as mapped IPv6', question: from('::ffff:192.168.1.9'), expected: null },
  { name: 'an IPv6 address of the key', question: from('2001:db8::9'), expected: null },
  {
    name: 'a stolen key elsewhere',
    question: from('203.0.113.5'),
    expected: 'address-not-allowed',
  },
  {
    name: 'a list smuggled in by X-Forwarded-For',
    question: from('192.168.1.9, 203.0.113.5'),
    expected: 'address-not-allowed',
  },
  {
    name: 'an address with a port',
    question: from('192.168.1.9:80'),
    expected: 'address-not-allowed',
  },
  { name: 'no address', question: from(''), expected: 'address-not-allowed' },
  { name: 'a name', question: from('localhost'), expected: 'address-not-allowed' },
  { name: 'the anonymous caller', question: aQuestion({ principal: anonymous }), expected: null },
])('$name: $expected', ({ question, expected }) => {
  expect(allowedAddress.examine(question)).toBe(expected)
})
