import { isIPv6 } from 'node:net'

/**
 * The part of an address that one party has to itself: an IPv4 address, or the /64 of an IPv6 one,
 * since whoever has one address there has 2^64 of them. `::ffff:10.1.2.3` is IPv4.
 */
export function groupAddress(address: string): string {
  // Every IPv6 address has a colon; to look for one is a hundredth of asking whether it is one.
  if (!address.includes(':') || !isIPv6(address)) return address
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)
  if (mapped) return mapped[1] as string
  const [withoutZone = ''] = address.split('%')
  return `${expand(withoutZone).slice(0, 4).join(':')}::/64`
}

/** The eight groups of an IPv6 address (RFC 4291 §2.2), without leading zeros. */
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
