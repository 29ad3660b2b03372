/**
 * Finds out what a request's target means: the route that it falls under and the row that it meets.
 * A path that two readers could understand differently means nothing, and is refused with a text
 * that says what of it is not allowed.
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

/** What a target means. `target` is null where it is malformed. */
export type Located = {
  readonly target: Target | null
  readonly match: RouteMatch | null
  readonly endpoint: Endpoint | null
  /** What a refusal of the path says. */
  readonly detail: Detail | null
  /** The form of errors that the client reads. */
  readonly dialect: Dialect
}

/** The routes of the host that is called. */
type FindHere = (path: string) => RouteMatch | null

/** Locates the target of a request. */
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

/** A path with escapes that are data to its service; null where a rule could depend on them. */
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

/** WebSockets are listed by their paths, so that theirs have to be plain. */
function findOpaque({ method, upgrade }: RequestHead, { service, endpointPath }: RouteMatch) {
  const isUpgrade = upgrade !== null || method === 'CONNECT'
  return isUpgrade ? null : findEndpoint(service, method, endpointPath)
}

/** Caddy chooses its block by the decoded path in lower case: that has to be the same route's. */
function isSameForAll(path: string, { route }: RouteMatch, findRoute: FindHere): boolean {
  return findRoute(decodeURIComponent(path).toLowerCase())?.route === route
}

/** Only the form of the answer is chosen by what the path would be without its fault. */
function malformed(head: RequestHead, findRoute: FindHere): Located {
  const detail = { text: describeTargetFault(head.target), param: null }
  const path = head.target.split('?', 1)[0]?.replace(/\/{2,}/g, '/') ?? ''
  const match = isCanonicalPath(path) ? findRoute(path) : null
  const endpoint = match && findEndpoint(match.service, head.method, match.endpointPath)
  const dialect = dialectAt(match?.service ?? null, endpoint, match?.endpointPath ?? '')
  return { target: null, match: null, endpoint: null, detail, dialect }
}
