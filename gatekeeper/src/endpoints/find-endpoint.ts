import type { Endpoint, EndpointClass } from '../policy/endpoint.ts'
import type { Service, ServiceKind } from '../policy/service.ts'
import { ollamaEndpoints } from './ollama.ts'
import { openaiEndpoints } from './openai.ts'
import { ownEndpoints } from './own.ts'

/** Every kind that has rows; kind `http` has none, and its methods decide. */
export const endpointTables: Readonly<Record<Exclude<ServiceKind, 'http'>, readonly Endpoint[]>> = {
  ollama: ollamaEndpoints,
  openai: openaiEndpoints,
  own: ownEndpoints,
}

/**
 * The row that a request meets, or null where the service has no such endpoint. Paths are compared
 * to the letter: no folding of case, no forgiven slash, no decoding, since upstreams differ in them.
 * `path` is canonical and without the route's prefix.
 */
export function findEndpoint(service: Service, method: string, path: string): Endpoint | null {
  if (service.kind === 'http') return httpEndpoint(service, method, path)
  const index = indexes[service.kind]
  return (
    index.exact.get(`${method} ${path}`) ??
    index.patterns.find((row) => row.endpoint.method === method && row.matches.test(path))
      ?.endpoint ??
    null
  )
}

function httpEndpoint(service: Service, method: string, path: string): Endpoint {
  const webSocket = service.webSockets.includes(path)
  // Over HTTP/2 a WebSocket opens by CONNECT (RFC 8441); to the service it is the same GET.
  const plain = method === 'CONNECT' && webSocket ? 'GET' : method
  return {
    method: plain,
    pattern: '/*',
    class: classOf(plain),
    dialect: 'openai',
    body: 'bytes',
    model: { in: 'none' },
    webSocket,
  }
}

function classOf(method: string): EndpointClass {
  if (method === 'GET' || method === 'HEAD') return 'read'
  return method === 'POST' ? 'use' : 'manage'
}

type Index = {
  readonly exact: ReadonlyMap<string, Endpoint>
  readonly patterns: readonly { readonly endpoint: Endpoint; readonly matches: RegExp }[]
}

function createIndex(rows: readonly Endpoint[]): Index {
  const isPattern = (row: Endpoint) => /[:*]/.test(row.pattern)
  return {
    exact: new Map(
      rows.filter((row) => !isPattern(row)).map((row) => [`${row.method} ${row.pattern}`, row]),
    ),
    patterns: rows
      .filter(isPattern)
      .map((endpoint) => ({ endpoint, matches: toExpression(endpoint.pattern) })),
  }
}

function toExpression(pattern: string): RegExp {
  const source = pattern
    .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
    .replace(/:[a-z]+/g, '[^/]+')
    .replace(/\*$/, '.*')
  return new RegExp(`^${source}$`)
}

const indexes: Readonly<Record<Exclude<ServiceKind, 'http'>, Index>> = {
  ollama: createIndex(endpointTables.ollama),
  openai: createIndex(endpointTables.openai),
  own: createIndex(endpointTables.own),
}
