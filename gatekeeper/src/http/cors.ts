/**
 * Cross-origin answers (Fetch, "CORS protocol"). The gatekeeper speaks for every service: upstream
 * `Access-Control-*` fields are removed, preflights end here, and credentials in the browser's sense
 * (cookies, Basic) are never allowed, so `*` is never needed.
 */
import type { RequestHead } from '../admission/request-head.ts'
import type { RequestFacts } from '../model/facts.ts'
import { isSameOrigin } from '../model/origin.ts'
import type { RouteMatch } from '../policy/route-table.ts'
import { limitFieldNames } from './limit-fields.ts'

const exposed = ['x-request-id', 'server-timing', ...limitFieldNames].join(', ')

/** Fields for the answer to a page of another origin that the service names; none otherwise. */
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

/** Whether the request asks for permission and is no call itself. */
export function isPreflight(head: RequestHead): boolean {
  const { origin, 'access-control-request-method': method } = head.fields
  return head.method === 'OPTIONS' && origin?.length === 1 && method?.length === 1
}

/** 204 with what the page may send, or null where its origin is not the service's. */
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
    // Echoed only in the form of field names, so that nothing else can be said by it.
    ...(/^[A-Za-z0-9!#$%&'*+.^_`|~, -]{1,2000}$/.test(asked) && {
      'access-control-allow-headers': asked,
    }),
    'access-control-max-age': '600',
    vary: 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers',
  }
}
