/**
 * What is checked before anything of a request is believed: that it comes from our Caddy, for this
 * origin, with a path that every parser reads in the same way.
 */
import type { IncomingMessage } from 'node:http'
import type Koa from 'koa'
import { isSameSecret } from '../../../gatekeeper/src/lib/constant-time.ts'
import { isCanonicalPath } from '../../../gatekeeper/src/lib/net/path.ts'
import { ApiError } from './api-error.ts'

type Edge = {
  /** The secret that Caddy sends with each request of the console's site. */
  readonly edge: string
  /** `https://console.localhost:8444` */
  readonly origin: string
}

/** Returns the value of a field that came exactly once, or null. */
export function onlyValue(request: IncomingMessage, field: string): string | null {
  const values = request.headersDistinct[field] ?? []
  return values.length === 1 ? (values[0] as string) : null
}

/** Refuses requests that did not come through the console's site of Caddy. */
export function refuseStrangers({ edge, origin }: Edge): Koa.Middleware {
  const { host } = new URL(origin)
  return async ({ req, path }, next) => {
    const shown = onlyValue(req, 'x-gatekeeper-edge')
    if (shown === null || !isSameSecret(shown, edge)) {
      throw new ApiError('not_from_front', 'This is reached through Caddy alone.')
    }
    // A page of another site can make its own name resolve to our address (DNS rebinding).
    if (onlyValue(req, 'host')?.toLowerCase() !== host) {
      throw new ApiError('wrong_host', 'The console does not answer under this name.')
    }
    if (!isCanonicalPath(path)) throw new ApiError('invalid', 'The path has no plain form.')
    await next()
  }
}

/** Returns the client's address, as Caddy states it. */
export function clientAddressOf(request: IncomingMessage): string {
  return onlyValue(request, 'x-gatekeeper-client-address') ?? 'unknown'
}
