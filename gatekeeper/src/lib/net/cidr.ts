import { BlockList, isIP, isIPv4 } from 'node:net'

/**
 * Returns whether the text is an address or an address range in CIDR notation (RFC 4632, RFC 4291).
 */
export function isAddressRange(text: string): boolean {
  const [address = '', length, rest] = text.split('/')
  const version = isIP(address)
  if (version === 0 || rest !== undefined || address.includes('%')) return false
  if (length === undefined) return true
  return /^(0|[1-9]\d{0,2})$/.test(length) && Number(length) <= (version === 4 ? 32 : 128)
}

/**
 * Returns whether a range that passed `isAddressRange` is so wide that it means everybody, such as
 * `0.0.0.0/0`, its halves, or `2000::/3`.
 */
export function isWideRange(range: string): boolean {
  return Number(range.split('/')[1] ?? 128) < 4
}

/**
 * Compiles ranges that passed `isAddressRange` into a test. BlockList treats `::ffff:10.1.2.3` as
 * the IPv4 address. An address that does not parse is in no range.
 */
export function createAddressTest(ranges: readonly string[]): (address: string) => boolean {
  const list = new BlockList()
  for (const range of ranges) {
    const [address = '', length] = range.split('/')
    const family = isIPv4(address) ? 'ipv4' : 'ipv6'
    if (length === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(length), family)
  }
  return (address) => {
    const version = isIP(address)
    return version !== 0 && list.check(address, version === 4 ? 'ipv4' : 'ipv6')
  }
}

/** Returns whether an address, or the host of a URL, can be reached from this machine only. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || loopback(host.replace(/^\[|\]$/g, ''))
}

const loopback = createAddressTest(['127.0.0.0/8', '::1'])
