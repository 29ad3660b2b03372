import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createAddressTest, isAddressRange, isLoopback } from './cidr.ts'

describe('isAddressRange', () => {
  test.each([
    ...['10.0.0.1', '10.0.0.0/8', '0.0.0.0/0', '255.255.255.255/32', '192.168.1.7/24'],
    ...['::1', '2001:db8::/32', '::/0', '2001:db8::1/128', '::ffff:10.0.0.1'],
  ])('accepts %s', (text) => {
    expect(isAddressRange(text)).toBe(true)
  })

  test.each([
    ...['', '/', '/8', '10.0.0.0/', '10.0.0.0/33', '10.0.0.0/-1', '10.0.0.0/8/8', '10.0.0.0/08'],
    ...['10.0.0.0/8.0', '10.0.0.0/1e1', '10.0.0.0/ 8', ' 10.0.0.1', '10.0.0.1\n', '10.0.0', '10'],
    ...['10.0.0.256', '010.0.0.1', '0x0a.0.0.1', '167772161', '10.0.0.0/255.0.0.0', 'localhost'],
    ...['::/129', '::g', 'fe80::1%eth0', 'fe80::%eth0/64', '[::1]', '*', '10.0.0.1,10.0.0.2'],
    ...['10.0.0.0-10.0.0.9', '１０.0.0.1', '10.0.0.1:80'],
  ])('refuses %j', (text) => {
    expect(isAddressRange(text)).toBe(false)
  })
})

describe('createAddressTest', () => {
  test.each([
    { ranges: ['10.0.0.0/8'], inside: ['10.0.0.0', '10.255.255.255'], outside: ['11.0.0.0'] },
    { ranges: ['10.1.2.3'], inside: ['10.1.2.3'], outside: ['10.1.2.4'] },
    { ranges: ['192.168.1.77/24'], inside: ['192.168.1.1'], outside: ['192.168.2.1'] },
    { ranges: ['0.0.0.0/0'], inside: ['0.0.0.0', '203.0.113.9'], outside: ['::1', '2001:db8::1'] },
    { ranges: ['2001:db8::/32'], inside: ['2001:db8:ffff::1'], outside: ['2001:db9::1'] },
    { ranges: ['::1'], inside: ['::1', '0:0:0:0:0:0:0:1'], outside: ['::2', '127.0.0.1'] },
    { ranges: ['10.0.0.0/31'], inside: ['10.0.0.0', '10.0.0.1'], outside: ['10.0.0.2'] },
    { ranges: ['::/127'], inside: ['::', '::1'], outside: ['::2'] },
    { ranges: ['10.0.0.0/8', '::1'], inside: ['10.1.1.1', '::1'], outside: ['::', '9.9.9.9'] },
    { ranges: [], inside: [], outside: ['10.0.0.1', '::1'] },
  ])('$ranges', ({ ranges, inside, outside }) => {
    const isInside = createAddressTest(ranges)
    for (const address of inside) expect([address, isInside(address)]).toEqual([address, true])
    for (const address of outside) expect([address, isInside(address)]).toEqual([address, false])
  })

  test('an IPv4 address written as IPv6 counts as the IPv4 address', () => {
    const isInside = createAddressTest(['10.0.0.0/8'])
    expect(isInside('::ffff:10.1.2.3')).toBe(true)
    expect(isInside('::ffff:0a01:0203')).toBe(true)
    expect(isInside('::ffff:11.1.2.3')).toBe(false)
    // Not mapped, only similar: 6to4 and the deprecated compatible form are other hosts.
    expect(isInside('::10.1.2.3')).toBe(false)
    expect(isInside('2002:0a01:0203::')).toBe(false)
  })

  test.each([
    '',
    'unknown',
    '10.1.2.3:4711',
    '10.1.2.3, 1.2.3.4',
    ' 10.1.2.3',
    '10.1.2.3\0',
    '010.1.2.3',
    '10.1.2',
    '[::1]',
    '::1/128',
    '@',
  ])('the address %j is in no range and does not throw', (address) => {
    const isInside = createAddressTest(['0.0.0.0/0', '::/0'])
    expect(isInside(address)).toBe(false)
  })

  test('an address with a zone does not throw', () => {
    expect(() => createAddressTest(['fe80::/10'])('fe80::1%eth0')).not.toThrow()
    expect(createAddressTest(['2001:db8::/32'])('fe80::1%eth0')).toBe(false)
  })

  test('agrees with arithmetic for every IPv4 range', () => {
    const toNumber = (parts: readonly number[]) =>
      parts.reduce((number, part) => number * 256 + part, 0)
    const ip = fc.array(fc.nat(255), { minLength: 4, maxLength: 4 })
    fc.assert(
      fc.property(ip, ip, fc.nat(32), fc.nat(32), (network, other, length, flip) => {
        // Half of the addresses are the network's own with one bit changed.
        const near = (toNumber(network) ^ (flip === 0 ? 0 : 2 ** (flip - 1))) >>> 0
        const size = 2 ** (32 - length)
        for (const address of [near, toNumber(other)]) {
          const text = [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.')
          const expected = Math.floor(address / size) === Math.floor(toNumber(network) / size)
          const isInside = createAddressTest([`${network.join('.')}/${length}`])(text)
          if (isInside !== expected) throw new Error(`${network.join('.')}/${length} ${text}`)
        }
      }),
      { numRuns: 2_000 },
    )
  })

  test('no text makes the address test throw', () => {
    const isInside = createAddressTest(['10.0.0.0/8', '::/0'])
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.ipV6(), fc.ipV4Extended()), (text) => {
        isInside(text)
        isAddressRange(text)
      }),
      { numRuns: 2_000 },
    )
  })
})

test.each([
  ['localhost', true],
  ['127.0.0.1', true],
  ['127.255.255.254', true],
  ['::1', true],
  ['::ffff:127.0.0.1', true],
  ['0.0.0.0', false],
  ['::', false],
  ['10.0.0.1', false],
  ['localhost.example', false],
  ['127.0.0.1.example', false],
  ['', false],
])('%j is loopback: %j', (address, expected) => {
  expect(isLoopback(address)).toBe(expected)
})
