import type { Finding } from '../../../gatekeeper/src/operations/doctor/finding.ts'
import { type Json, listOf, memberAt, objectOf, serversOf } from './adapted.ts'
import { type Caddyfile, createReport } from './caddyfile.ts'

const siteLine = /^\{\$GATEKEEPER_SITE/

/**
 * Where a hosting platform ends TLS, Caddy must refuse what came to the platform over plain HTTP,
 * and take the client's address from the platform's proxies.
 */
export function checkPlatform(caddyfile: Caddyfile): readonly Finding[] {
  if (!caddyfile.isPlatform) return []
  return serversOf(caddyfile.adapted)
    .filter(hasProxy)
    .filter((server) => JSON.stringify(server['listen']).includes(`:${caddyfile.httpPort}"`))
    .flatMap((server) => [...judgeAddress(caddyfile, server), ...judgeSites(caddyfile, server)])
}

const hasProxy = (part: Json) => JSON.stringify(part).includes('"reverse_proxy"')

function judgeAddress(caddyfile: Caddyfile, server: Json): Finding[] {
  if (memberAt(server, 'trusted_proxies', 'source') !== undefined) return []
  const what = 'the address of the platform’s proxy counts as that of every client'
  const remedy = 'Keep the line {$GATEKEEPER_PROXIES} in `servers` of the shipped Caddyfile.'
  return [createReport(caddyfile)(/^\s*servers\b/, what, remedy)]
}

function judgeSites(caddyfile: Caddyfile, server: Json): Finding[] {
  const open = listOf(server['routes']).filter((site) => hasProxy(site) && !refusesPlain(site))
  return open.map(() => {
    const what = 'a request that came to the platform over plain HTTP is not refused'
    const remedy = 'Keep the line {$GATEKEEPER_PLATFORM} in the site of the shipped Caddyfile.'
    return createReport(caddyfile)(siteLine, what, remedy)
  })
}

/** Where such a request is sent; `rewrite` is the one way to come before every block of a site. */
export const refusalPath = '/.gatekeeper/https-required'

/** Whether such a request is sent to the refusal before any other route of the site. */
function refusesPlain(site: Json): boolean {
  const routes = listOf(site['handle']).flatMap(({ routes: inner }) => listOf(inner))
  const at = routes.findIndex((route) => {
    const fields = listOf(route['match']).map((match) => objectOf(match['header_regexp']))
    const pattern = String(memberAt(fields[0], 'X-Forwarded-Proto', 'pattern'))
    const [handler] = listOf(route['handle'])
    return pattern.includes('http') && String(handler?.['uri']).startsWith(refusalPath)
  })
  const proxyAt = routes.findIndex(hasProxy)
  const end = routes.find((route) =>
    listOf(route['match']).some(
      ({ path }) => JSON.stringify(path) === JSON.stringify([refusalPath]),
    ),
  )
  return at !== -1 && at < proxyAt && end !== undefined && !hasProxy(end)
}
