import { isLoopback } from '../lib/net/cidr.ts'
import { isUnder } from '../lib/net/path.ts'
import type { Route, Upstream } from '../model/service.ts'

/** A relayed request: its target, and the route by which it came. */
export type Sent = {
  readonly upstream: Upstream
  readonly route: Pick<Route, 'prefix' | 'strip'> | null
  /** Path and query that were sent to the upstream. */
  readonly target: string
}

/**
 * Returns the address in an answer's `Location` or `Content-Location` as our clients reach it, a
 * path below the prefix; null if it leads elsewhere or cannot be read. Same rules as in the
 * generated blocks for check routes (config/blocks/place-below.ts).
 */
export function placeBelow(said: string, { upstream, route, target }: Sent): string | null {
  const base = upstream.origin + target
  if (!URL.canParse(said, base)) return null
  const { protocol, hostname, port, pathname, search, hash } = new URL(said, base)
  const own = new URL(base)
  if (!/^https?:$/.test(protocol) || port !== own.port) return null
  if (!isSameHost(hostname, own.hostname)) return null
  const path = without(pathname, upstream.basePath ?? '')
  const prefix = route?.strip ? route.prefix : ''
  const placed = isUnder(path, prefix) ? path : prefix + path
  // `//host` would be another host.
  return placed.replace(/^\/{2,}/, '/') + search + hash
}

function without(path: string, basePath: string): string {
  return basePath !== '' && isUnder(path, basePath) ? path.slice(basePath.length) || '/' : path
}

/** A server on this machine may use any name that this machine has. */
function isSameHost(one: string, other: string): boolean {
  const isHere = (host: string) => host === '0.0.0.0' || isLoopback(host)
  return one === other || (isHere(one) && isHere(other))
}
