import { isUnder } from '../lib/net/path.ts'
import type { Problem } from '../lib/problem.ts'
import { routeText } from '../model/service.ts'
import { ownPath } from '../policy/route-table.ts'
import type { GatewayFile, ServiceEntry } from './gateway-schema.ts'
import type { Settings } from './read-settings.ts'
import type { ReportAt } from './report-at.ts'

/** Prefixes that the gatekeeper or the proxy answers itself, now or in a later version. */
export const reservedPrefixes: readonly string[] = (
  '/health /status /openapi.json /livez /readyz /metrics /check /oauth /.well-known /auth /admin /analytics ' +
  '/widget /console /minnow /shark /authorized'
).split(' ')

type Fault = { readonly member: 'host' | 'prefix'; readonly what: string; readonly remedy: string }

/** Returns the problems of a route: another service has its prefix, or it is reserved. */
export function routeProblems(
  { services }: GatewayFile,
  settings: Settings,
  reportAt: ReportAt,
): Problem[] {
  const owners = new Map<string, string>()
  return Object.entries(services).flatMap(([name, { routes }]) =>
    routes.flatMap((route, index) => {
      const place = routeText(route)
      const owner = owners.get(place)
      owners.set(place, name)
      const taken = { member: 'prefix', what: `${place} is already a route of ${owner}` } as const
      const faults = [
        ...(owner === undefined ? [] : [{ ...taken, remedy: 'Keep one of the two.' }]),
        ...placeFaults(route, settings),
      ]
      return faults.map(({ member, what, remedy }) =>
        reportAt(['services', name, 'routes', index, member], what, remedy),
      )
    }),
  )
}

function placeFaults(
  route: ServiceEntry['routes'][number],
  { sites, console, consoleListen }: Settings,
): Fault[] {
  const { host, prefix } = route
  const faults: Fault[] = []
  const own = host === undefined ? reservedPrefixes : [ownPath]
  if (own.some((one) => isUnder(prefix, one))) {
    const what = `${routeText(route)} is reserved for the gatekeeper`
    faults.push({ member: 'prefix', what, remedy: 'Choose another prefix.' })
  }
  if (host === undefined && prefix === '') {
    const what = 'the prefix / would be the whole main site'
    const remedy = 'Give the route its own host, such as host: webui.localhost.'
    faults.push({ member: 'prefix', what, remedy })
  }
  if (host !== undefined && sites.some((site) => site.toLowerCase() === host)) {
    const what = `${host} is a name of the main site (GATEKEEPER_SITE)`
    faults.push({ member: 'host', what, remedy: 'Choose another name.' })
  }
  if (consoleListen !== null && host === console.site) {
    // Cookies do not know ports: the service would receive the session of the operator.
    const what = `${host} is the name of the console (GATEKEEPER_CONSOLE_SITE)`
    faults.push({ member: 'host', what, remedy: 'Choose another name.' })
  }
  return faults
}

/** Pages of one origin can act in each other's name, whatever their prefixes are. */
export function sharedHostWarnings({ services }: GatewayFile, reportAt: ReportAt): Problem[] {
  const owners = new Map<string, string>()
  return Object.entries(services).flatMap(([name, { routes }]) =>
    routes.flatMap(({ host }, index) => {
      if (host === undefined) return []
      const owner = owners.get(host) ?? name
      owners.set(host, owner)
      if (owner === name) return []
      const what = `${host} is the host of ${owner} too: services that share a name share an origin, so that a page of one can act in the other`
      const remedy = 'Give each a host of its own; or leave it, if that is meant.'
      return [reportAt(['services', name, 'routes', index, 'host'], what, remedy)]
    }),
  )
}
