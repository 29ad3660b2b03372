import { type Extracted, extractCredential } from '../credentials/extract.ts'
import { findMisplaced, findStray } from '../credentials/passing-fields.ts'
import { readSplitKeyFields } from '../credentials/split-key-fields.ts'
import type { Target } from '../lib/net/path.ts'
import {
  createTraceContext,
  readTraceContext,
  type TraceContext,
} from '../lib/net/trace-context.ts'
import type { AddressRules } from '../model/address-rule.ts'
import { isToken } from '../model/credential-form.ts'
import type { Detail } from '../model/detail.ts'
import type { RequestFacts } from '../model/facts.ts'
import { hasKeyShape } from '../model/key-shape.ts'
import type { Reason } from '../model/reason.ts'
import type { RouteMatch } from '../policy/route-table.ts'
import { type ChatHeadDeps, findChatDefect } from './chat-head.ts'
import { findRefusedQuery } from './refused-query.ts'
import type { RequestHead } from './request-head.ts'
import { type LocateDeps, locate } from './request-target.ts'
import { carriesCredential, holdsPlainKey, type PlainKeyTest } from './target-credentials.ts'

export type FactsDeps = ChatHeadDeps &
  LocateDeps & {
    /** Returns the address rules in force. */
    readonly addressRules: () => AddressRules
    /**
     * Returns a test for keys of a loaded plain map, which have no form of their own and are compared
     * word by word; null if no such map is loaded.
     */
    readonly plainKeyTest: () => PlainKeyTest | null
    /** Whether the text contains an access token that is meant for us. */
    readonly holdsToken: (text: string) => boolean
    /** Whether an app lists the web origin; left out if there are no apps. */
    readonly isAppOrigin?: (origin: string) => boolean
    /** Whether a split key has this id; left out if there are none. */
    readonly isSplitKeyId?: (id: string) => boolean
    /** Whether the text is the credential of the administrator; left out if none is set. */
    readonly isAdminKey?: PlainKeyTest | null
  }

function eitherTest(one: PlainKeyTest | null, other: PlainKeyTest | null): PlainKeyTest | null {
  if (one === null || other === null) return one ?? other
  return (text) => one(text) || other(text)
}

/** Reads the head of a request into facts, and the one credential that it carries. */
export function readRequestFacts(
  head: RequestHead,
  deps: FactsDeps,
): { facts: RequestFacts; credential: string | null } {
  const located = locate(head, deps)
  const { target, match, endpoint } = located
  const isPlainKey = deps.plainKeyTest()
  const only = match?.route.credentialField
  const isControl = match?.service.kind.furtherCarriers === 'control'
  const isFormless = eitherTest(isPlainKey, deps.isAdminKey ?? null)
  const extracted = isReadThere(located)
    ? noCredential
    : extractCredential(head.fields, { isKeyShaped: hasKeyShape, isPlainKey, only, isControl })
  const found = findDefect(head, { target, match, extracted }, deps)
  const facts: RequestFacts = {
    requestId: head.requestId,
    trace: readTrace(head, isFormless),
    point: head.point,
    method: head.method,
    host: head.host,
    clientAddress: head.clientAddress,
    addressRules: deps.addressRules(),
    userAgent: readUserAgent(head, isFormless),
    path: target?.path ?? '',
    query: target?.query ?? '',
    service: match?.service ?? null,
    route: match?.route ?? null,
    endpoint,
    endpointPath: match?.endpointPath ?? '',
    // A path of an unknown level has no service, but its client is one of the domain chat.
    dialect: found === 'unknown-level' ? 'chat' : located.dialect,
    detail: found === null || found === 'malformed-target' ? located.detail : null,
    upgrade: readUpgrade(head),
    ...readBrowserFields(head),
    ...readAppOrigin(head, match, deps),
    carrier: extracted.carrier,
    ...(extracted.credential !== null && isToken(extracted.credential) && { carriesToken: true }),
    ...readSplitKey(head, deps),
    subprotocols: extracted.subprotocols,
    ...(typeof found === 'object' && found !== null ? found : { defect: found }),
    apis: located.apis,
    refusedQuery: findRefusedQuery(head.method, located),
    ...(isFormless !== null && { stray: findStray(head.fields, only, isFormless) }),
    ...(holdsPlainKey(head.target, isFormless) && { hasKeyInTarget: true }),
  }
  return { facts, credential: extracted.credential }
}

function readAppOrigin(
  head: RequestHead,
  match: RouteMatch | null,
  deps: FactsDeps,
): Pick<RequestFacts, 'isAppOrigin'> {
  const origin = head.fields['origin']?.[0]
  if (match?.service.tokenClass !== 'bridge' || origin === undefined) return {}
  return deps.isAppOrigin?.(origin) ? { isAppOrigin: true } : {}
}

/** Whether the endpoint reads the credentials itself, so that they are no caller's. */
function isReadThere({ match, endpoint }: ReturnType<typeof locate>): boolean {
  return match?.service.readsCredentials === true || endpoint?.readsCredentials === true
}

/** An id that no key has may be anything, a credential in the wrong field too: it is not recorded. */
function readSplitKey({ fields }: RequestHead, { isSplitKeyId }: FactsDeps) {
  const shown = readSplitKeyFields(fields)
  const isKnown = shown !== null && shown !== 'halved' && isSplitKeyId?.(shown.id) === true
  return isKnown ? { splitKey: shown.id } : {}
}

/** The trace is logged and forwarded, so one that contains a credential is replaced. */
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

/** A plain key has no form by which the log could hide it, so such a text is replaced by ***. */
function readUserAgent({ fields }: RequestHead, isPlainKey: PlainKeyTest | null): string | null {
  const text = fields['user-agent']?.[0]?.slice(0, userAgentCharsMax)
  if (text === undefined || isPlainKey === null) return text ?? null
  return [text, ...text.split(/[\s/;,()"'<>=]+/)].some(isPlainKey) ? '***' : text
}

/** If the endpoint reads a client's credential itself, there is no credential of a caller. */
const noCredential: Extracted = {
  credential: null,
  carrier: 'none',
  subprotocols: [],
  defect: null,
  detail: null,
}

/**
 * Over HTTP/2 a WebSocket opens with CONNECT (RFC 8441), without an Upgrade field. Over HTTP/1
 * CONNECT asks for a tunnel (RFC 9110 §9.3.6), whatever else the request has.
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

/** A reason, possibly with details for its answer; null if nothing is wrong. */
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
  // The upstream, or a proxy, would choose which of two values counts.
  const repeated = singleFields.find((name) => (head.fields[name]?.length ?? 0) > 1)
  if (repeated !== undefined) return { defect: 'malformed-field', detail: toDetail(repeated) }
  if (!isRightPoint(head, match)) return 'route-mismatch'
  const isChat = match?.service.chat !== undefined
  if ((isChat || match === null) && deps.isUnknownLevel?.(target.path, head.host))
    return 'unknown-level'
  const onChat = isChat ? findChatDefect(head, target, deps) : null
  const misplaced = findMisplaced(head.fields, match)
  if (misplaced !== null) return { defect: 'credential-not-for-here', detail: misplaced }
  if (isHalved(head, match)) return 'split-key-halved'
  return onChat ?? findStrayToken(head, match, deps) ?? findExtracted(extracted)
}

/** Elsewhere the fields are misplaced, or belong to the service. */
function isHalved({ fields }: RequestHead, match: RouteMatch | null): boolean {
  const takes = match?.service.kind.furtherCarriers === 'split keys'
  return takes && readSplitKeyFields(fields) === 'halved'
}

function toDetail(name: string): Detail {
  const param = name.replace(/(^|-)[a-z]/g, (letters) => letters.toUpperCase())
  return { text: `The ${param} field came more than once. Send it once.`, param }
}

function findExtracted({ defect, detail }: Extracted): Defect {
  return defect === null ? null : { defect, detail }
}

/** Recognises tokens by their form alone, which is public; a check looks for plain keys later. */
function findStrayToken(head: RequestHead, match: RouteMatch | null, deps: FactsDeps): Defect {
  const isOurs = (text: string) => hasKeyShape(text) || deps.holdsToken(text)
  const detail = findStray(head.fields, match?.route.credentialField, isOurs)
  return detail === null ? null : { defect: 'credential-not-for-here', detail }
}

/** Whether Caddy's block, the mode of the route and the path name the same service. */
function isRightPoint(head: RequestHead, match: RouteMatch | null): boolean {
  // Caddy folds case and cleans paths before it chooses a block; no route here means 404.
  if (match === null) return true
  if (match.route.mode !== head.point) return false
  return head.point === 'relay' || match.service.name === head.checkedService
}
