/**
 * Cross-origin answers (Fetch, "CORS protocol"). The gatekeeper answers for every service: it
 * removes `Access-Control-*` fields of upstreams, answers preflights, and never allows credentials
 * in the browser's sense (cookies, Basic), so `*` is never needed.
 */
import type { RequestHead } from '../admission/request-head.ts'
import { findEndpoint } from '../kinds/find-endpoint.ts'
import { misplacedCarriers } from '../model/credential-fields.ts'
import type { RequestFacts } from '../model/facts.ts'
import { isSameOrigin } from '../model/origin.ts'
import type { RouteMatch } from '../policy/route-table.ts'
import { limitFieldNames } from './limit-fields.ts'

const exposed = ['x-request-id', 'server-timing', ...limitFieldNames].join(', ')

/** Returns the fields for a page of another origin that the service or an app lists; none for others. */
export function corsFields(facts: RequestFacts): Record<string, string> {
  const { origin, service, isAppOrigin } = facts
  if (origin === null || isSameOrigin(origin, facts.host)) return {}
  if (!service?.origins.includes(origin) && !isAppOrigin) return {}
  return {
    'access-control-allow-origin': origin,
    'access-control-expose-headers': exposed,
    vary: 'Origin',
  }
}

/** Whether the request is a preflight. */
export function isPreflight(head: RequestHead): boolean {
  const { origin, 'access-control-request-method': method } = head.fields
  return head.method === 'OPTIONS' && origin?.length === 1 && method?.length === 1
}

/** The fields that a page may send; a credential of the gatekeeper has no others on these routes. */
const requestFields = [
  ...['Authorization', 'Content-Type', 'X-API-Key', 'X-Partial-Key-Id', 'X-Partial-Key'],
  'anthropic-version',
]

const dayAsSeconds = '86400'

/**
 * Returns what the page may send, or null if neither the service nor an app lists its origin: a
 * preflight does not say whose token will come.
 */
export function preflightFields(
  head: RequestHead,
  match: RouteMatch | null,
  isAppOrigin: (origin: string) => boolean = () => false,
): Record<string, string> | null {
  const origin = head.fields['origin']?.[0] ?? ''
  if (match === null) return null
  const isOfApp = match.service.tokenClass === 'bridge' && isAppOrigin(origin)
  if (!match.service.origins.includes(origin) && !isOfApp) return null
  const asked = head.fields['access-control-request-headers']?.[0] ?? ''
  return {
    'access-control-allow-origin': origin,
    'access-control-allow-methods': methodsOf(match).join(', '),
    'access-control-allow-headers': [...requestFields, ...ownFields(match, asked)].join(', '),
    'access-control-max-age': dayAsSeconds,
    vary: 'Origin',
  }
}

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']

/** The methods of the endpoints at this path; of every endpoint of the service where there is none. */
function methodsOf({ service, route, endpointPath }: RouteMatch): readonly string[] {
  const isListed = (method: string) => {
    const row = findEndpoint(service, method, endpointPath, route.adapter)
    return row !== null && row.class !== 'never'
  }
  const here = methods.filter(isListed)
  if (here.length > 0) return here
  const rows = route.adapter ?? service.kind.rows
  return methods.filter((method) => rows?.some((row) => row.method === method))
}

/**
 * What a page may send beyond that: nothing on the routes of apps; elsewhere the fields that it asks
 * for, since services have their own. Only names, so that nothing else gets into the answer.
 */
function ownFields({ service, route }: RouteMatch, asked: string): readonly string[] {
  if (service.tokenClass === 'bridge' || asked.length > 2000) return []
  // Carriers that are for other routes are refused here; a route with a field of its own forwards them.
  const misplaced =
    route.credentialField === undefined ? misplacedCarriers(service.kind.furtherCarriers) : []
  const known = new Set([
    ...requestFields.map((name) => name.toLowerCase()),
    ...misplaced.map(({ field }) => field),
  ])
  const names = asked.split(',').map((name) => name.trim())
  const isName = (name: string) => /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(name)
  return names.filter((name) => isName(name) && !known.has(name.toLowerCase()))
}
