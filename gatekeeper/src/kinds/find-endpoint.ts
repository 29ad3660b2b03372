import { isCanonicalPath } from '../lib/net/path.ts'
import type { Endpoint, EndpointClass } from '../model/endpoint.ts'
import type { Service, ServiceKind } from '../model/service.ts'
import { chatEndpoints } from './chat.ts'
import { llamacppEndpoints } from './llamacpp.ts'
import { ollamaEndpoints } from './ollama.ts'
import { openaiEndpoints } from './openai.ts'
import { ownEndpoints } from './own.ts'
import { bytes, rowsIn } from './row.ts'
import { ttsEndpoints } from './tts.ts'
import { vllmEndpoints } from './vllm.ts'

/** Every kind that has rows; kind `http` has none, and its methods decide. */
export const endpointTables: Readonly<Record<Exclude<ServiceKind, 'http'>, readonly Endpoint[]>> = {
  ollama: ollamaEndpoints,
  openai: openaiEndpoints,
  llamacpp: llamacppEndpoints,
  vllm: vllmEndpoints,
  tts: ttsEndpoints,
  own: ownEndpoints,
  chat: chatEndpoints,
}

/** By pattern; the tables have few, and a path is read on every request. */
const expressions = new Map<string, RegExp>()

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

/**
 * The row that a path with escaped slashes meets: only where they stand in the name of a model, and
 * where a reader that decodes them first finds the same row. Null everywhere else.
 */
export function findEndpointOfEscaped(
  service: Service,
  method: string,
  path: string,
): Endpoint | null {
  const decoded = path.replace(/%2f/gi, '/')
  if (!isCanonicalPath(decoded)) return null
  const endpoint = findEndpoint(service, method, path)
  const isSame = endpoint !== null && findEndpoint(service, method, decoded) === endpoint
  return isSame && endpoint.model.in === 'path' ? endpoint : null
}

/**
 * The model that a path names, decoded; null where its row has none in the path. Throws a URIError
 * where the path is no UTF-8.
 */
export function modelInPath(endpoint: Endpoint, path: string): string | null {
  if (endpoint.model.in !== 'path') return null
  const name = expressionOf(endpoint.pattern).exec(path)?.groups?.['model']
  return name === undefined ? null : decodeURIComponent(name)
}

const httpRow = rowsIn('openai')

function httpEndpoint(service: Service, method: string, path: string): Endpoint {
  const webSocket = service.webSockets.some((pattern) => isPathOf(pattern, path))
  // Over HTTP/2 a WebSocket opens by CONNECT (RFC 8441); to the service it is the same GET.
  const plain = method === 'CONNECT' && webSocket ? 'GET' : method
  return {
    ...(httpRow('', '/*', classOf(service, plain), bytes)[0] as Endpoint),
    method: plain,
    webSocket,
  }
}

/** Whether a pattern of whole segments, with `{name}` and `{+name}` at its end, takes in a path. */
function isPathOf(pattern: string, path: string): boolean {
  const [wanted, given] = [pattern.split('/'), path.split('/')]
  const hasRest = wanted.at(-1)?.startsWith('{+') === true
  if (hasRest ? given.length < wanted.length : given.length !== wanted.length) return false
  return wanted.every((segment, index) =>
    segment.startsWith('{') ? given[index] !== '' : segment === given[index],
  )
}

/** HEAD goes where GET goes, unless the service says otherwise of HEAD itself. */
function classOf({ methodClasses = {} }: Service, method: string): EndpointClass {
  const given = (name: string) =>
    Object.hasOwn(methodClasses, name) ? methodClasses[name] : undefined
  const named = given(method) ?? (method === 'HEAD' ? given('GET') : undefined)
  if (named !== undefined) return named
  if (method === 'GET' || method === 'HEAD') return 'read'
  return method === 'POST' ? 'use' : 'manage'
}

type Index = {
  readonly exact: ReadonlyMap<string, Endpoint>
  readonly patterns: readonly { readonly endpoint: Endpoint; readonly matches: RegExp }[]
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
    .replace(/\{([a-z]+)\}/g, '(?<$1>[^/]+)')
    .replace(/\*$/, '.*')
  return new RegExp(`^${source}$`)
}

const indexes = Object.fromEntries(
  Object.entries(endpointTables).map(([kind, rows]) => [kind, createIndex(rows)]),
) as Readonly<Record<Exclude<ServiceKind, 'http'>, Index>>
