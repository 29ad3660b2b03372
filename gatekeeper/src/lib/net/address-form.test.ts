import { expect, test } from 'vitest'
import { normalizeRange, readAddress } from './address-form.ts'

test.each([
  ['192.168.1.20', '192.168.1.20'],
  ['192.168.1.20/32', '192.168.1.20'],
  ['192.168.1.20/24', '192.168.1.0/24'],
  ['255.255.255.255/1', '128.0.0.0/1'],
  ['1.2.3.4/0', '0.0.0.0/0'],
  ['::ffff:10.1.2.3', '10.1.2.3'],
  ['::FFFF:a01:203/128', '10.1.2.3'],
  ['::ffff:10.1.2.3/104', '10.0.0.0/8'],
  ['::ffff:0:0/96', '0.0.0.0/0'],
  ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  ['2001:db8:0:1:ffff:ffff:ffff:ffff/64', '2001:db8:0:1::/64'],
  ['2001:db8::ffff/120', '2001:db8::ff00/120'],
  ['::1', '::1'],
  ['::/0', '::/0'],
])('%s is written as %s', (text, expected) => {
  expect(normalizeRange(text)).toBe(expected)
  expect(normalizeRange(expected)).toBe(expected)
})

test.each([
  '',
  'localhost',
  '10.0.0.1:80',
  '10.0.0.0/33',
  '::/129',
  '010.0.0.1',
  '1.2.3',
  'fe80::1%eth0',
  '10.0.0.0/8/8',
])('%j is not an address or range', (text) => expect(normalizeRange(text)).toBeNull())

test('the zone of an address counts for nothing, and a name is no address', () => {
  expect(readAddress('fe80::1%eth0')).toBe('fe80::1')
  expect(readAddress('10.0.0.1')).toBe('10.0.0.1')
  expect(readAddress('localhost')).toBeNull()
})
