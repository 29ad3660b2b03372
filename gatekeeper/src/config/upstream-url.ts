import { isIP } from 'node:net'
import { isLoopback } from '../lib/net/cidr.ts'

/** The address of a service: `http://tts:8880` and `/base`, or '' if it has no path. */
export type UpstreamUrl = { readonly origin: string; readonly basePath: string }

/** The fault of an address, and how to write it; never repeats a part of it. */
type Fault = { readonly what: string; readonly remedy: string }

const example = 'http://127.0.0.1:8880 or https://tts.example/base'
const form = /^(https?):\/\/([a-z0-9._-]+|\[[0-9a-f:.]+\])(?::(\d{1,5}))?(\/.*)?$/i

/**
 * Reads the address of a service. It is copied into the Caddyfile as it is returned, so the form is
 * narrow: host names and addresses in ASCII, and paths of letters, digits and `. _ ~ -`.
 */
export function parseUpstreamUrl(text: string): UpstreamUrl | Fault {
  if (/^https?:\/\/[^/?#]*@/i.test(text)) {
    const remedy = 'Remove them from the address; secrets have their own settings.'
    return { what: 'contains a user name or password', remedy }
  }
  const [, scheme = '', host = '', port, path = ''] = form.exec(text) ?? []
  if (host === '') {
    return { what: 'is not an http:// or https:// URL', remedy: `Write it like ${example}.` }
  }
  if (!isHost(host) || (port !== undefined && !isPort(Number(port)))) {
    return { what: 'has no valid host and port', remedy: `Write it like ${example}.` }
  }
  const basePath = path.replace(/\/+$/, '')
  if (!isPlainPath(basePath)) {
    const remedy = `Use a path of letters, digits and . _ ~ -, such as ${example}.`
    return { what: 'has a query, or a path that is not allowed', remedy }
  }
  const { origin } = new URL(`${scheme}://${host}${port === undefined ? '' : `:${port}`}`)
  return { origin, basePath }
}

/** Returns whether the address is valid. */
export function isUpstreamUrl(read: UpstreamUrl | Fault): read is UpstreamUrl {
  return 'origin' in read
}

/** Whether a secret may be sent there: over TLS, or within this machine. */
export function isSafeForKeys({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname))
}

/** Returns the place of an address; null if the address is not valid. */
export function toPlace(url: string): UpstreamUrl | null {
  const read = parseUpstreamUrl(url)
  return isUpstreamUrl(read) ? read : null
}

function isHost(host: string): boolean {
  if (host.startsWith('[')) return isIP(host.slice(1, -1)) === 6
  // A name that ends in a number is an address: URL reads 0x7f.1 and 2130706433 as one.
  if (/(?:^|\.)(?:\d+|0x[0-9a-f]*)\.?$/i.test(host)) return isIP(host) === 4
  return host.split('.').every((label) => /^[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?$/i.test(label))
}

const isPort = (port: number) => port >= 1 && port <= 65_535

function isPlainPath(path: string): boolean {
  const [first, ...segments] = path.split('/')
  const isPlain = (segment: string) => /^[\w.~-]+$/.test(segment) && !/^\.{1,2}$/.test(segment)
  return first === '' && segments.every(isPlain)
}
