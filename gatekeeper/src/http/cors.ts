/**
 * Cross-origin answers (Fetch, "CORS protocol"). The gatekeeper answers for every service: it
 * removes `Access-Control-*` fields of upstreams, answers preflights, and never allows credentials
 * in the browser's sense (cookies, Basic), so `*` is never needed.
 */
import type { RequestHead } from '../admission/request-head.ts'
import type { RequestFacts } from '../model/facts.ts'
import { isSameOrigin } from '../model/origin.ts'
import type { RouteMatch } from '../policy/route-table.ts'
import { limitFieldNames } from './limit-fields.ts'

const exposed = ['x-request-id', 'server-timing', ...limitFieldNames].join(', ')

/** Returns the fields for a page of another origin that the service lists; no fields for others. */
export function corsFields(facts: RequestFacts): Record<string, string> {
  const { origin, service } = facts
  if (origin === null || isSameOrigin(origin, facts.host)) return {}
  if (!service?.origins.includes(origin)) return {}
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

/** Returns a 204 with what the page may send, or null if the service does not list its origin. */
export function preflightFields(
  head: RequestHead,
  match: RouteMatch | null,
): Record<string, string> | null {
  const origin = head.fields['origin']?.[0] ?? ''
  if (!match?.service.origins.includes(origin)) return null
  const asked = head.fields['access-control-request-headers']?.[0] ?? ''
  return {
    'access-control-allow-origin': origin,
    'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE',
    // Echoes the value only if it consists of field names, so that it cannot inject anything else.
    ...(/^[A-Za-z0-9!#$%&'*+.^_`|~, -]{1,2000}$/.test(asked) && {
      'access-control-allow-headers': asked,
    }),
    'access-control-max-age': '600',
    vary: 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers',
  }
}
