/**
 * Finds the meaning of a request's target: its route, and the row of its endpoint. A path that two
 * readers could understand differently is refused, and the answer says which part is not allowed.
 */

import { callsProvider, type FindApis } from '../kinds/bridge/bridge.ts'
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
  /** Names of all providers, if the path asks for one that does not exist. */
  readonly apis?: readonly string[]
}

/** Finds routes of the requested host. */
type FindHere = (path: string) => RouteMatch | null

export type LocateDeps = {
  readonly findRoute: FindRoute
  /** Left out if there are no providers. */
  readonly findApis?: FindApis
}

/** Finds the route and the endpoint of a request. */
export function locate(head: RequestHead, deps: LocateDeps): Located {
  const findRoute: FindHere = (path) => deps.findRoute(path, head.host)
  const target = parseTarget(head.target)
  if (target === null) return locateOpaque(head, findRoute) ?? malformed(head, deps)
  const match = findRoute(target.path)
  const endpoint = match && findHere(match, head.method)
  if (endpoint === null) return locateUnlisted(head, { target, match }, deps)
  return { target, match, endpoint, detail: null, dialect: endpoint.dialect }
}

function findHere({ service, route, endpointPath }: RouteMatch, method: string): Endpoint | null {
  return findEndpoint(service, method, endpointPath, route.adapter)
}

function locateUnlisted(
  head: RequestHead,
  { target, match }: { readonly target: Target; readonly match: RouteMatch | null },
  deps: LocateDeps,
): Located {
  const { method, host } = head
  const none = { target, match, endpoint: null, detail: null }
  // The same form for all names, so that a stranger cannot tell which of them exist.
  const apis = match?.route.adapter ? null : deps.findApis?.(target.path, host)
  if (apis) {
    return { ...none, dialect: 'bridge', ...(callsProvider(method, target.path) && { apis }) }
  }
  const findRoute: FindHere = (path) => deps.findRoute(path, host)
  const dialect = dialectAt(match, null)
  const meant = suggestPath({ method, path: target.path, match, findRoute })
  const detail = meant && { text: meant.text, param: null }
  return { ...none, detail, dialect: meant?.dialect ?? dialect }
}

/** Returns a path with escapes that are data for its service; null if a rule could need them. */
function locateOpaque(head: RequestHead, findRoute: FindHere): Located | null {
  const target = parseOpaqueTarget(head.target)
  const match = target && findRoute(target.path)
  if (!match || !isSameForAll(target.path, match, findRoute)) return null
  const { service, endpointPath } = match
  const endpoint = isOpaque(service.kind)
    ? findOpaque(head, match)
    : findEndpointOfEscaped(service, head.method, endpointPath, match.route.adapter)
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
function malformed(head: RequestHead, { findRoute, findApis }: LocateDeps): Located {
  const detail = { text: describeTargetFault(head.target), param: null }
  const path = head.target.split('?', 1)[0]?.replace(/\/{2,}/g, '/') ?? ''
  const match = isCanonicalPath(path) ? findRoute(path, head.host) : null
  const isBridge = findApis?.(path, head.host)
  const dialect = isBridge ? 'bridge' : dialectAt(match, match && findHere(match, head.method))
  return { target: null, match: null, endpoint: null, detail, dialect }
}
