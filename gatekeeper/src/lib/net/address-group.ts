import { isIPv6 } from 'node:net'

/**
 * Returns the part of an address that one party controls: an IPv4 address, or the /64 of an IPv6
 * address, because a client with one such address usually has 2^64. `::ffff:10.1.2.3` is IPv4.
 */
export function groupAddress(address: string): string {
  // Every IPv6 address has a colon; this test is a hundred times faster than a full check.
  if (!address.includes(':') || !isIPv6(address)) return address
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)
  if (mapped) return mapped[1] as string
  const [withoutZone = ''] = address.split('%')
  return `${expand(withoutZone).slice(0, 4).join(':')}::/64`
}

/** Returns the eight groups of an IPv6 address (RFC 4291 §2.2), without leading zeros. */
function expand(address: string): string[] {
  const [head = '', tail = ''] = address.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === '' ? [] : tail.split(':')
  const missing = address.includes('::') ? Math.max(8 - left.length - right.length, 0) : 0
  const groups = [...left, ...Array<string>(missing).fill('0'), ...right]
  return groups.map((group) =>
    group.includes('.') ? group : Number.parseInt(group, 16).toString(16),
  )
}

/**
 * Returns the network that one party often controls: the /24 of an IPv4 address, the /48 of an IPv6
 * one. A program on this machine sends from any address of 127.0.0.0/8, which is one network.
 */
export function networkOf(address: string): string {
  const group = groupAddress(address)
  if (group.includes(':')) return `${group.split(':').slice(0, 3).join(':')}::/48`
  if (group.startsWith('127.')) return '127.0.0.0/8'
  return `${group.split('.').slice(0, 3).join('.')}.0/24`
}
