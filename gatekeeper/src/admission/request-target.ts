/**
 * Finds the meaning of a request's target: its route, and the row of its endpoint. A path that two
 * readers could understand differently is refused, and the answer says which part is not allowed.
 */

import { findEndpoint, findEndpointOfEscaped } from '../kinds/find-endpoint.ts'
import {
  describeTargetFault,
  isCanonicalPath,
  parseOpaqueTarget,
  parseTarget,
  type Target,
} from '../lib/net/path.ts'
import type { Detail } from '../model/detail.ts'
import { dialectAt } from '../model/dialect.ts'
import type { Dialect, Endpoint } from '../model/endpoint.ts'
import { isOpaque } from '../model/kind.ts'
import type { FindRoute, RouteMatch } from '../policy/route-table.ts'
import type { RequestHead } from './request-head.ts'
import { suggestPath } from './suggest-path.ts'

/** The meaning of a target. `target` is null if it is malformed. */
export type Located = {
  readonly target: Target | null
  readonly match: RouteMatch | null
  readonly endpoint: Endpoint | null
  /** Details for the refusal of a path. */
  readonly detail: Detail | null
  /** The form of errors that the client reads. */
  readonly dialect: Dialect
}

/** Finds routes of the requested host. */
type FindHere = (path: string) => RouteMatch | null

/** Finds the route and the endpoint of a request. */
export function locate(head: RequestHead, findAnywhere: FindRoute): Located {
  const findRoute: FindHere = (path) => findAnywhere(path, head.host)
  const target = parseTarget(head.target)
  if (target !== null) return locatePlain(head, target, findRoute)
  return locateOpaque(head, findRoute) ?? malformed(head, findRoute)
}

function locatePlain(head: RequestHead, target: Target, findRoute: FindHere): Located {
  const match = findRoute(target.path)
  const endpoint = match && findEndpoint(match.service, head.method, match.endpointPath)
  const dialect = dialectAt(match?.service ?? null, endpoint, match?.endpointPath ?? '')
  if (endpoint !== null) return { target, match, endpoint, detail: null, dialect }
  const meant = suggestPath({ method: head.method, path: target.path, match, findRoute })
  const detail = meant && { text: meant.text, param: null }
  return { target, match, endpoint, detail, dialect: meant?.dialect ?? dialect }
}

/** Returns a path with escapes that are data for its service; null if a rule could need them. */
function locateOpaque(head: RequestHead, findRoute: FindHere): Located | null {
  const target = parseOpaqueTarget(head.target)
  const match = target && findRoute(target.path)
  if (!match || !isSameForAll(target.path, match, findRoute)) return null
  const { service, endpointPath } = match
  const endpoint = isOpaque(service.kind)
    ? findOpaque(head, match)
    : findEndpointOfEscaped(service, head.method, endpointPath)
  if (endpoint === null) return null
  return { target, match, endpoint, detail: null, dialect: endpoint.dialect }
}

/** WebSockets are listed by path, so their paths must not have escapes. */
function findOpaque({ method, upgrade }: RequestHead, { service, endpointPath }: RouteMatch) {
  const isUpgrade = upgrade !== null || method === 'CONNECT'
  return isUpgrade ? null : findEndpoint(service, method, endpointPath)
}

/** Caddy chooses its block by the decoded path in lower case, which must lead to the same route. */
function isSameForAll(path: string, { route }: RouteMatch, findRoute: FindHere): boolean {
  return findRoute(decodeURIComponent(path).toLowerCase())?.route === route
}

/** Chooses the form of the answer as if the path had no fault; nothing else depends on it. */
function malformed(head: RequestHead, findRoute: FindHere): Located {
  const detail = { text: describeTargetFault(head.target), param: null }
  const path = head.target.split('?', 1)[0]?.replace(/\/{2,}/g, '/') ?? ''
  const match = isCanonicalPath(path) ? findRoute(path) : null
  const endpoint = match && findEndpoint(match.service, head.method, match.endpointPath)
  const dialect = dialectAt(match?.service ?? null, endpoint, match?.endpointPath ?? '')
  return { target: null, match: null, endpoint: null, detail, dialect }
}
