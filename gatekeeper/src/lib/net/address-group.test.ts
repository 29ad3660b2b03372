import { expect, test } from 'vitest'
import { groupAddress, networkOf } from './address-group.ts'

test.each([
  ['10.1.2.3', '10.1.2.3'],
  ['::ffff:10.1.2.3', '10.1.2.3'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0db8:0001:0002::9', '2001:db8:1:2::/64'],
  ['2001:DB8:1:2::', '2001:db8:1:2::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['not an address', 'not an address'],
])('%s belongs to %s', (address, group) => {
  expect(groupAddress(address)).toBe(group)
})

test.each([
  ['10.1.2.3', '10.1.2.0/24'],
  ['::ffff:10.1.2.3', '10.1.2.0/24'],
  ['2001:db8:1:2::9', '2001:db8:1::/48'],
  // A program of any user on this machine has all of these.
  ['127.0.0.1', '127.0.0.0/8'],
  ['127.77.8.9', '127.0.0.0/8'],
  ['::ffff:127.77.8.9', '127.0.0.0/8'],
])('%s is in the network %s', (address, network) => {
  expect(networkOf(address)).toBe(network)
})
