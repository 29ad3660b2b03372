import type { Finding } from '../../../gatekeeper/src/operations/doctor/finding.ts'
import { type Json, listOf, serversOf } from './adapted.ts'
import { type Caddyfile, createReport, roleOf } from './caddyfile.ts'

/**
 * A path without a block must get an error. Caddy's default is 200 with an empty body, which a
 * probe takes for success.
 */
export function checkEnds(caddyfile: Caddyfile): readonly Finding[] {
  const report = createReport(caddyfile)
  const findings: Finding[] = []
  for (const server of serversOf(caddyfile.adapted)) {
    const listen = String(server['listen'] ?? '')
    if (!isRefusal(lastStatus(server['routes']))) {
      const what = `a name that is not served here gets 200 on ${listen}`
      const remedy = 'Keep the block `https:// { … respond … 421 }` of the shipped Caddyfile.'
      findings.push(report(/^(?:\{\$GATEKEEPER_STRANGERS:)?https:\/\//, what, remedy))
    }
    // Where a platform chooses the name, the main site has no host, and two others are not reached.
    const isSite = caddyfile.isPlatform ? hasProxy : hasHost
    for (const site of listOf(server['routes']).filter(isSite)) {
      // The admin process answers all paths there, with its own 404.
      if (hasConsole(site, caddyfile)) continue
      const { status, isLast } = endOf(site)
      if (status === 404 && isLast) continue
      const what = `an unknown path does not end with 404 at ${hostsOf(site)}`
      const remedy = 'Let `handle { respond 404 }` be the last block of the site.'
      findings.push(report(/^\s*handle \{/, what, remedy))
    }
  }
  return findings
}

const matchOf = (route: Json) => listOf(route['match'])
const hasHost = (route: Json) => matchOf(route).some(({ host }) => host !== undefined)
const hasProxy = (route: Json) => JSON.stringify(route).includes('"reverse_proxy"')
const hostsOf = (route: Json) =>
  matchOf(route)
    .map(({ host }) => String(host))
    .join(', ') || 'any name'

function hasConsole(route: Json, caddyfile: Caddyfile): boolean {
  return listOf(route['handle']).some(
    (handler) =>
      roleOf(handler, caddyfile) === 'console' ||
      listOf(handler['routes']).some((inner) => hasConsole(inner, caddyfile)),
  )
}

function isRefusal(status: number | null): boolean {
  // Plain HTTP only redirects to HTTPS.
  return status !== null && status >= 300
}

/** Returns the status of the answer that has no condition; null if there is none. */
function lastStatus(routes: unknown): number | null {
  for (const route of listOf(routes).filter((one) => matchOf(one).length === 0)) {
    for (const handler of listOf(route['handle'])) {
      const isEnd = handler['handler'] === 'static_response' || handler['handler'] === 'error'
      if (isEnd) return Number(handler['status_code'] ?? 200)
      const inner = lastStatus(handler['routes'])
      if (inner !== null) return inner
    }
  }
  return null
}

/** The routes of a site are those of its only subroute. */
function endOf(site: Json): { status: number | null; isLast: boolean } {
  const routes = listOf(site['handle']).flatMap(({ routes: inner }) => listOf(inner))
  const last = routes.at(-1)
  return {
    status: lastStatus(routes),
    isLast: last !== undefined && lastStatus([last]) === 404,
  }
}
