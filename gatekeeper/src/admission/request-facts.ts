import { type Extracted, extractCredential } from '../credentials/extract.ts'
import { findEndpoint } from '../endpoints/find-endpoint.ts'
import { isRefusedQueryField } from '../endpoints/refused-members.ts'
import { hasKeyShape } from '../lib/key-shape.ts'
import { parseTarget, type Target } from '../lib/path.ts'
import type { RequestFacts } from '../policy/facts.ts'
import type { Reason } from '../policy/reason.ts'
import type { RouteMatch } from '../policy/route-table.ts'
import type { RequestHead } from './request-head.ts'

export type FactsDeps = {
  readonly findRoute: (path: string) => RouteMatch | null
  /** Whether the text is a key of a loaded plain map, whose keys have no form of their own. */
  readonly holdsPlainKey: (text: string) => boolean
}

/** Reads the head of a request into facts, with the one credential that it carries. */
export function readRequestFacts(
  head: RequestHead,
  deps: FactsDeps,
): { facts: RequestFacts; credential: string | null } {
  const target = parseTarget(head.target)
  const match = target && deps.findRoute(target.path)
  const endpoint = match && findEndpoint(match.service, head.method, match.endpointPath)
  const isKeyShaped = (text: string) => hasKeyShape(text) || deps.holdsPlainKey(text)
  const extracted = extractCredential(head.fields, { isKeyShaped })
  const facts: RequestFacts = {
    requestId: head.requestId,
    point: head.point,
    method: head.method,
    host: head.host,
    clientAddress: head.clientAddress,
    path: target?.path ?? '',
    query: target?.query ?? '',
    service: match?.service ?? null,
    route: match?.route ?? null,
    endpoint,
    endpointPath: match?.endpointPath ?? '',
    upgrade: readUpgrade(head),
    ...readBrowserFields(head),
    carrier: extracted.carrier,
    subprotocols: extracted.subprotocols,
    defect: findDefect(head, { target, match, extracted }, deps),
  }
  return { facts, credential: extracted.credential }
}

/**
 * Over HTTP/2 a WebSocket opens by CONNECT (RFC 8441), which has no Upgrade field. In HTTP/1 the
 * same word asks for a tunnel (RFC 9110 §9.3.6), whatever else the request says.
 */
function readUpgrade(head: RequestHead): string | null {
  if (head.method !== 'CONNECT') return head.upgrade?.toLowerCase() ?? null
  return head.protocol.startsWith('HTTP/1') ? 'connect' : 'websocket'
}

function readBrowserFields(head: RequestHead) {
  const single = (name: string) => head.fields[name]?.[0] ?? null
  return {
    origin: single('origin'),
    fetchSite: single('sec-fetch-site'),
    isNavigation: head.method === 'GET' && single('sec-fetch-mode') === 'navigate',
  }
}

type Parts = { target: Target | null; match: RouteMatch | null; extracted: Extracted }

function findDefect(head: RequestHead, parts: Parts, deps: FactsDeps): Reason | null {
  const { target, match, extracted } = parts
  if (carriesCredential(head.target, deps)) return 'credential-in-target'
  if (target === null) return 'malformed-target'
  // Which of two values counts would be the upstream's choice, or a proxy's.
  const single = ['origin', 'sec-fetch-site', 'host', 'content-type', 'content-encoding']
  if (single.some((name) => (head.fields[name]?.length ?? 0) > 1)) return 'malformed-field'
  if (!isRightPoint(head, match)) return 'route-mismatch'
  if (match && hasRefusedQueryField(match, target.query)) return 'query-field-refused'
  return extracted.defect
}

/** Caddy's block, the route's mode and the path must name one and the same service. */
function isRightPoint(head: RequestHead, match: RouteMatch | null): boolean {
  // Caddy folds case and cleans paths before it chooses a block; what has no route here is a 404.
  if (match === null) return true
  if (match.route.mode !== head.point) return false
  return head.point === 'relay' || match.service.name === head.checkedService
}

function hasRefusedQueryField(match: RouteMatch, query: string): boolean {
  if (query === '') return false
  const names = [...new URLSearchParams(query).keys()]
  return names.some((name) => isRefusedQueryField(match.service.kind, name))
}

/** A key in a URL is in every log on its way. It is refused even beside a good one in a field. */
function carriesCredential(target: string, deps: FactsDeps): boolean {
  if (hasKeyShape(target)) return true
  const mark = target.indexOf('?')
  const path = mark === -1 ? target : target.slice(0, mark)
  const query = mark === -1 ? '' : target.slice(mark + 1)
  const decoded = [...new URLSearchParams(query)].flat()
  // Forms read `+` as a blank, everybody else as itself: what stands there counts in both readings.
  const written = query.split('&').flatMap((pair) => [pair.slice(pair.indexOf('=') + 1)])
  const texts = [...decoded, ...written, ...path.split('/')].flatMap(readings)
  return texts.some((text) => hasKeyShape(text) || deps.holdsPlainKey(text))
}

/** A text as it is and decoded once to three times, each whole and by its words. */
function readings(text: string): string[] {
  const once = decode(text)
  const twice = decode(once)
  const forms = new Set([text, once, twice, decode(twice)])
  return [...forms].flatMap((form) => [form, ...form.split(/[\s"'<>,;()[\]{}]+/)]).filter(Boolean)
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
