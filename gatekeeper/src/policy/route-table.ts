import { isUnder } from '../lib/net/path.ts'
import type { Route, Service } from '../model/service.ts'

/** The route of a path; `endpointPath` is the path for the service's own table. */
export type RouteMatch = {
  readonly service: Service
  readonly route: Route
  readonly endpointPath: string
}

/** Returns the route of a path at a host, which is as a client writes it; null if there is none. */
export type FindRoute = (path: string, host: string) => RouteMatch | null

/** The one path of a service's own host that belongs to the gatekeeper. */
export const ownPath = '/.gatekeeper'

/**
 * Compiles the routes of all services: the host decides first, then the longest prefix of whole
 * segments. At a service's own host there are only the routes that name it, and everywhere else only
 * those that name none.
 */
export function createRouteTable(services: readonly Service[]): FindRoute {
  const isServiceHost = createHostTest(services)
  const entries = services
    .flatMap((service) => service.routes.map((route) => ({ service, route })))
    .sort((left, right) => right.route.prefix.length - left.route.prefix.length)
  return (path, host) => {
    const own = isServiceHost(host) ? nameOf(host) : undefined
    // A service could ignore case, so every spelling of the path is reserved.
    if (own !== undefined && isUnder(path.toLowerCase(), ownPath)) return null
    const entry = entries.find(({ route }) => route.host === own && isUnder(path, route.prefix))
    if (!entry) return null
    const rest = path.slice(entry.route.prefix.length)
    const endpointPath = entry.route.strip ? rest || '/' : path
    return { ...entry, endpointPath }
  }
}

/** Returns a test for hosts at which services stand alone, without anything of the main site. */
export function createHostTest(services: readonly Service[]): (host: string) => boolean {
  const hosts = new Set(services.flatMap(({ routes }) => routes.flatMap(({ host }) => host ?? [])))
  return (host) => hosts.has(nameOf(host))
}

/**
 * Returns the name of a host: without its port and the root dot, in lower case. Caddy also takes
 * brackets off, so that `[webui.localhost]` is served as that site.
 */
function nameOf(host: string): string {
  return host
    .toLowerCase()
    .replace(/(?::\d*)?$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '')
}
