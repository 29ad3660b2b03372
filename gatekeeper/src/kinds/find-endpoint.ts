import { isCanonicalPath } from '../lib/net/path.ts'
import type { Endpoint } from '../model/endpoint.ts'
import type { Service } from '../model/service.ts'
import { methodEndpoint } from './http/method-endpoint.ts'

/** Compiled patterns. The tables have few, and each request is compared with them. */
const expressions = new Map<string, RegExp>()

/**
 * Returns the row of a request, or null if the service has no such endpoint. Paths are compared
 * byte by byte, because upstreams differ in letter case, final slashes and decoding. `path` is
 * canonical and without the prefix of the route. `rows` are those of the route if it has its own.
 */
export function findEndpoint(
  service: Service,
  method: string,
  path: string,
  rows: readonly Endpoint[] | null = service.kind.rows,
): Endpoint | null {
  if (rows === null) return methodEndpoint(service, method, path)
  const index = indexOf(rows)
  return (
    index.exact.get(`${method} ${path}`) ??
    index.patterns.find((row) => row.endpoint.method === method && row.matches.test(path))
      ?.endpoint ??
    null
  )
}

/**
 * Returns the row of a path with escaped slashes, if they belong to the name of a model and an
 * upstream that decodes them first finds the same row; otherwise null.
 */
export function findEndpointOfEscaped(
  service: Service,
  method: string,
  path: string,
  rows?: readonly Endpoint[],
): Endpoint | null {
  const decoded = path.replace(/%2f/gi, '/')
  if (!isCanonicalPath(decoded)) return null
  const endpoint = findEndpoint(service, method, path, rows)
  const isSame = endpoint !== null && findEndpoint(service, method, decoded, rows) === endpoint
  return isSame && endpoint.model.in === 'path' ? endpoint : null
}

/**
 * Returns the model that a path names, decoded; null if its row has no model in the path. Throws a
 * URIError if the path is not UTF-8.
 */
export function modelInPath(endpoint: Endpoint, path: string): string | null {
  if (endpoint.model.in !== 'path') return null
  const name = expressionOf(endpoint.pattern).exec(path)?.groups?.['model']
  return name === undefined ? null : decodeURIComponent(name)
}

/** Returns the parts of a canonical path that its row names, decoded. */
export function pathParameters(endpoint: Endpoint, path: string): Readonly<Record<string, string>> {
  const groups = expressionOf(endpoint.pattern).exec(path)?.groups ?? {}
  return Object.fromEntries(
    Object.entries(groups).map(([name, text]) => [name, decodeURIComponent(text)]),
  )
}

type Index = {
  readonly exact: ReadonlyMap<string, Endpoint>
  readonly patterns: readonly { readonly endpoint: Endpoint; readonly matches: RegExp }[]
}

/** One index for the rows of each kind. */
const indexes = new Map<readonly Endpoint[], Index>()

function indexOf(rows: readonly Endpoint[]): Index {
  const index = indexes.get(rows) ?? createIndex(rows)
  indexes.set(rows, index)
  return index
}

function createIndex(rows: readonly Endpoint[]): Index {
  const isPattern = (row: Endpoint) => /[{*]/.test(row.pattern)
  return {
    exact: new Map(
      rows.filter((row) => !isPattern(row)).map((row) => [`${row.method} ${row.pattern}`, row]),
    ),
    patterns: rows
      .filter(isPattern)
      .map((endpoint) => ({ endpoint, matches: expressionOf(endpoint.pattern) })),
  }
}

function expressionOf(pattern: string): RegExp {
  const known = expressions.get(pattern) ?? toExpression(pattern)
  expressions.set(pattern, known)
  return known
}

function toExpression(pattern: string): RegExp {
  const source = pattern
    .replace(/[.?^$()|[\]\\]/g, '\\$&')
    .replace(/\{\+([a-z]+)\}/g, '(?<$1>[^/]+(?:/[^/]+)*)')
    // A verb stands after the last colon of a segment.
    .replace(/\{([a-z]+)\}(?=:)/g, '(?<$1>[^/:]+)')
    .replace(/\{([a-z]+)\}/g, '(?<$1>[^/]+)')
    .replace(/\*$/, '.*')
  return new RegExp(`^${source}$`)
}
