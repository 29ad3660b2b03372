import { isUnder } from '../lib/net/path.ts'
import type { Route, Service } from '../model/service.ts'

/** The route that a path falls under; `endpointPath` is what the service's own table is asked for. */
export type RouteMatch = {
  readonly service: Service
  readonly route: Route
  readonly endpointPath: string
}

/** Compiles the routes of all services: the longest prefix of whole segments wins. */
export function createRouteTable(
  services: readonly Service[],
): (path: string) => RouteMatch | null {
  const entries = services
    .flatMap((service) => service.routes.map((route) => ({ service, route })))
    .sort((left, right) => right.route.prefix.length - left.route.prefix.length)
  return (path) => {
    const entry = entries.find(({ route }) => isUnder(path, route.prefix))
    if (!entry) return null
    const rest = path.slice(entry.route.prefix.length)
    const endpointPath = entry.route.strip ? rest || '/' : path
    return { ...entry, endpointPath }
  }
}
