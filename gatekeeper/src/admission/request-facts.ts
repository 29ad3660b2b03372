import { type Extracted, extractCredential } from '../credentials/extract.ts'
import { findStray } from '../credentials/passing-fields.ts'
import { isModelField, isRefusedQueryField } from '../kinds/refused-members.ts'
import type { Target } from '../lib/net/path.ts'
import {
  createTraceContext,
  readTraceContext,
  type TraceContext,
} from '../lib/net/trace-context.ts'
import { isToken } from '../model/credential-form.ts'
import type { Detail } from '../model/detail.ts'
import type { RequestFacts } from '../model/facts.ts'
import { hasKeyShape } from '../model/key-shape.ts'
import type { Reason } from '../model/reason.ts'
import type { FindRoute, RouteMatch } from '../policy/route-table.ts'
import { type ChatHeadDeps, findChatDefect } from './chat-head.ts'
import type { RequestHead } from './request-head.ts'
import { locate } from './request-target.ts'

export type FactsDeps = ChatHeadDeps & {
  readonly findRoute: FindRoute
  /**
   * Tells a key of a loaded plain map, whose keys have no form of their own, so that they are looked
   * for word by word; null where no such map is loaded.
   */
  readonly plainKeyTest: () => PlainKeyTest | null
  /** Whether an access token that is meant for us stands in the text. */
  readonly holdsToken: (text: string) => boolean
}

type PlainKeyTest = (text: string) => boolean

/** Reads the head of a request into facts, with the one credential that it carries. */
export function readRequestFacts(
  head: RequestHead,
  deps: FactsDeps,
): { facts: RequestFacts; credential: string | null } {
  const located = locate(head, deps.findRoute)
  const { target, match, endpoint } = located
  const isPlainKey = deps.plainKeyTest()
  const only = match?.route.credentialField
  const extracted =
    match?.service.readsCredentials === true
      ? noCredential
      : extractCredential(head.fields, { isKeyShaped: hasKeyShape, isPlainKey, only })
  const found = findDefect(head, { target, match, extracted }, deps)
  const facts: RequestFacts = {
    requestId: head.requestId,
    trace: readTrace(head, isPlainKey),
    point: head.point,
    method: head.method,
    host: head.host,
    clientAddress: head.clientAddress,
    userAgent: readUserAgent(head, isPlainKey),
    path: target?.path ?? '',
    query: target?.query ?? '',
    service: match?.service ?? null,
    route: match?.route ?? null,
    endpoint,
    endpointPath: match?.endpointPath ?? '',
    // A path of an unknown level has no service, and its client is one of the domain chat's.
    dialect: found === 'unknown-level' ? 'chat' : located.dialect,
    detail: found === null || found === 'malformed-target' ? located.detail : null,
    upgrade: readUpgrade(head),
    ...readBrowserFields(head),
    carrier: extracted.carrier,
    ...(extracted.credential !== null && isToken(extracted.credential) && { carriesToken: true }),
    subprotocols: extracted.subprotocols,
    ...(typeof found === 'object' && found !== null ? found : { defect: found }),
    ...(isPlainKey !== null && { stray: findStray(head.fields, only, isPlainKey) }),
    ...(holdsPlainKey(head.target, isPlainKey) && { hasKeyInTarget: true }),
  }
  return { facts, credential: extracted.credential }
}

/** Logged and sent on: what holds a credential begins a trace of its own. */
function readTrace({ fields }: RequestHead, isPlainKey: PlainKeyTest | null): TraceContext {
  const { traceparent: parents, tracestate: states } = fields
  const read = readTraceContext(parents, states)
  if (read === null) return createTraceContext()
  const words = () => [...(parents ?? []), ...read.traceparent.split('-')]
  if (isPlainKey !== null && words().some(isPlainKey)) return createTraceContext()
  const isKeyed = [...(states ?? []), ...(read.tracestate?.split(/[=,]/) ?? [])].some(
    (text) => hasKeyShape(text) || isPlainKey?.(text),
  )
  return isKeyed ? { ...read, tracestate: null } : read
}

const userAgentCharsMax = 500

/** A plain key has no form by which it could be hidden later: what holds one is told as ***. */
function readUserAgent({ fields }: RequestHead, isPlainKey: PlainKeyTest | null): string | null {
  const text = fields['user-agent']?.[0]?.slice(0, userAgentCharsMax)
  if (text === undefined || isPlainKey === null) return text ?? null
  return [text, ...text.split(/[\s/;,()"'<>=]+/)].some(isPlainKey) ? '***' : text
}

/** Where the endpoint reads the credential of a client itself, there is none of a caller. */
const noCredential: Extracted = {
  credential: null,
  carrier: 'none',
  subprotocols: [],
  defect: null,
  detail: null,
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

/** A reason, perhaps with what its answer names; null where nothing is wrong. */
type Defect =
  | Reason
  | { readonly defect: Reason; readonly unknown: readonly string[] }
  | { readonly defect: Reason; readonly detail: Detail | null }
  | null

type Parts = {
  target: Target | null
  match: RouteMatch | null
  extracted: Extracted
}

const singleFields = ['origin', 'sec-fetch-site', 'host', 'content-type', 'content-encoding']

function findDefect(head: RequestHead, parts: Parts, deps: FactsDeps): Defect {
  const { target, match, extracted } = parts
  if (carriesCredential(head.target, deps)) return 'credential-in-target'
  if (target === null) return 'malformed-target'
  // Which of two values counts would be the upstream's choice, or a proxy's.
  const repeated = singleFields.find((name) => (head.fields[name]?.length ?? 0) > 1)
  if (repeated !== undefined) return { defect: 'malformed-field', detail: toDetail(repeated) }
  if (!isRightPoint(head, match)) return 'route-mismatch'
  // An upgrade is refused whatever the query says, and another query would not help.
  const isUpgrade = head.point === 'relay' && readUpgrade(head) !== null
  const inQuery = isUpgrade || match === null ? null : findRefusedQueryField(match, target.query)
  if (inQuery !== null) return { defect: 'query-field-refused', detail: inQuery }
  const isChat = match?.service.chat !== undefined
  if ((isChat || match === null) && deps.isUnknownLevel?.(target.path, head.host))
    return 'unknown-level'
  const onChat = isChat ? findChatDefect(head, target, deps) : null
  return onChat ?? findStrayToken(head, match, deps) ?? findExtracted(extracted)
}

function toDetail(name: string): Detail {
  const param = name.replace(/(^|-)[a-z]/g, (letters) => letters.toUpperCase())
  return { text: `The ${param} field came more than once. Send it once.`, param }
}

function findExtracted({ defect, detail }: Extracted): Defect {
  return defect === null ? null : { defect, detail }
}

/** By form alone, which anybody may know; a plain key among them is looked for by a check. */
function findStrayToken(head: RequestHead, match: RouteMatch | null, deps: FactsDeps): Defect {
  const isOurs = (text: string) => hasKeyShape(text) || deps.holdsToken(text)
  const detail = findStray(head.fields, match?.route.credentialField, isOurs)
  return detail === null ? null : { defect: 'credential-not-for-here', detail }
}

/** Caddy's block, the route's mode and the path must name one and the same service. */
function isRightPoint(head: RequestHead, match: RouteMatch | null): boolean {
  // Caddy folds case and cleans paths before it chooses a block; what has no route here is a 404.
  if (match === null) return true
  if (match.route.mode !== head.point) return false
  return head.point === 'relay' || match.service.name === head.checkedService
}

function findRefusedQueryField(match: RouteMatch, query: string): Detail | null {
  if (query === '') return null
  // Some parsers end a field at a semicolon, too, and some take `a[]` for a list called `a`.
  const keys = [...new URLSearchParams(query.replaceAll(';', '&')).keys()]
  const names = keys.map((key) => key.split('[', 1)[0] ?? '')
  const name = names.find((one) => isRefusedQueryField(match.service.kind, one))
  if (name === undefined) return null
  // One of a few names that are ours, in whatever letters.
  const param = name.toLowerCase()
  const advice = isModelField(name)
    ? 'name the model in the body'
    : 'a key belongs in the Authorization field'
  return { text: `The query field "${param}" may not be set by callers: ${advice}.`, param }
}

/**
 * A credential in a URL is in every log on its way. It is refused even beside a good one in a field.
 */
function carriesCredential(target: string, deps: FactsDeps): boolean {
  return readings(target).some((form) => hasKeyShape(form) || deps.holdsToken(form))
}

/** Whether a part of the target is a plain key; a check refuses that, once the caller is known. */
function holdsPlainKey(target: string, isPlainKey: PlainKeyTest | null): boolean {
  return isPlainKey !== null && readings(target).flatMap(partsOf).some(isPlainKey)
}

/** The target as it is, and decoded once to three times: each reader on its way may do so. */
function readings(target: string): string[] {
  const forms = [target]
  while (forms.length < 4 && forms.at(-1)?.includes('%')) forms.push(decode(forms.at(-1) as string))
  return forms
}

/** Percent-encoded bytes as UTF-8; what is none stays as it is, since the rest may be a key. */
function decode(text: string): string {
  return text.replace(/(?:%[0-9A-Fa-f]{2})+/g, (run) => {
    try {
      return decodeURIComponent(run)
    } catch {
      return run
    }
  })
}

/**
 * Where a plain key may stand, which has no form of its own: path segments, whole query values, and
 * words of both. Forms read `+` as a blank, everybody else as itself: both readings count.
 */
function partsOf(target: string): string[] {
  const mark = target.indexOf('?')
  const path = mark === -1 ? target : target.slice(0, mark)
  const pairs = mark === -1 ? [] : target.slice(mark + 1).split('&')
  const values = pairs.map((pair) => pair.slice(pair.indexOf('=') + 1))
  const blanks = values.map((value) => value.replaceAll('+', ' '))
  const words = target.split(/[/?&=\s"'<>,;()[\]{}]+/)
  return [...path.split('/'), ...pairs, ...values, ...blanks, ...words]
}
