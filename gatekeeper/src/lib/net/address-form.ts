import { isIPv4, isIPv6 } from 'node:net'
import { isAddressRange } from './cidr.ts'

/**
 * Returns an address or range in its one normal form, so that two spellings compare equal: host
 * bits cleared, IPv6 as RFC 5952 writes it, `::ffff:10.1.2.3` as IPv4, no `/32` or `/128`. Null if
 * the text is not an address or range.
 */
export function normalizeRange(text: string): string | null {
  if (!isAddressRange(text)) return null
  const [address = '', length] = text.split('/')
  if (isIPv4(address)) return formatIPv4(numberOf(address), Number(length ?? 32))
  const groups = groupsOf(address)
  const bits = Number(length ?? 128)
  const [high = 0, low = 0] = groups.slice(6)
  if (isMapped(groups) && bits >= 96) return formatIPv4(high * 65_536 + low, bits - 96)
  return formatIPv6(groups, bits)
}

/** Returns an address without its zone, which is of this machine alone; null if it is no address. */
export function readAddress(text: string): string | null {
  const [address = ''] = text.split('%')
  return isIPv4(address) || isIPv6(address) ? address : null
}

/** `::ffff:0:0/96` (RFC 4291 §2.5.5.2). */
function isMapped(groups: readonly number[]): boolean {
  return groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff
}

function numberOf(address: string): number {
  return address.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0)
}

function formatIPv4(value: number, bits: number): string {
  // Not bit shifts, which work on 32 bits with a sign.
  const size = 2 ** (32 - bits)
  const first = value - (value % size)
  const octets = [24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256)
  return octets.join('.') + (bits === 32 ? '' : `/${bits}`)
}

function formatIPv6(groups: readonly number[], bits: number): string {
  const masked = groups.map((group, at) => {
    const size = 2 ** (16 - Math.min(Math.max(bits - at * 16, 0), 16))
    return (group - (group % size)).toString(16)
  })
  return canonical(masked.join(':')) + (bits === 128 ? '' : `/${bits}`)
}

/** The URL standard writes an IPv6 host as RFC 5952 does, with the IPv4 tail in hexadecimal. */
function canonical(address: string): string {
  return new URL(`http://[${address}]`).hostname.slice(1, -1)
}

function groupsOf(address: string): number[] {
  const [head = '', tail] = canonical(address).split('::')
  const read = (text = '') => (text === '' ? [] : text.split(':').map((one) => parseInt(one, 16)))
  const [left, right] = [read(head), read(tail)]
  const zeros = Array<number>(8 - left.length - right.length).fill(0)
  return [...left, ...zeros, ...right]
}
