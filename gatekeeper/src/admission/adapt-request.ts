/**
 * A request to `/api/PROVIDER` becomes the request to the provider's own endpoint that its library
 * would have sent. The path that was compared with the provider's list is the one that is sent.
 */
import { findEndpoint } from '../kinds/find-endpoint.ts'
import { editJson, readMember, withoutMembers } from '../lib/json/json-edit.ts'
import { foldName } from '../lib/json/json-names.ts'
import { isCanonicalPath, isUnder } from '../lib/net/path.ts'
import type { Detail } from '../model/detail.ts'
import { noBody, type RequestFacts } from '../model/facts.ts'
import { hasKeyShape } from '../model/key-shape.ts'
import type { Principal } from '../model/principal.ts'
import type { Provider } from '../model/provider.ts'
import type { Refused } from '../model/refused-error.ts'
import { addressOf, type Service } from '../model/service.ts'
import { readAsks, type ShowDeps } from './body-asks.ts'
import { readBodyBytesMax, readJsonObject } from './body-facts.ts'
import type { BodySource, ReadBody } from './body-source.ts'
import { isJsonType } from './content-type.ts'
import type { NormalBody } from './json-body.ts'
import type { RequestHead } from './request-head.ts'
import type { StoreDeps } from './stored-responses.ts'

type Question = { head: RequestHead; facts: RequestFacts; principal: Principal }

/** The request to the provider's endpoint. `read` is its body; null if that was not read yet. */
export type Adapted = { readonly facts: RequestFacts; readonly read: ReadBody | null }

/** Returns the request to the endpoint that is named, or the body's defect. Never throws. */
export async function adaptRequest(
  question: Question,
  source: BodySource,
  deps: StoreDeps & ShowDeps,
): Promise<Adapted> {
  const { head, facts, principal } = question
  const refuse = ({ reason, detail }: Refused): Adapted => ({
    facts,
    read: { facts: { ...noBody, defect: reason, detail }, json: null },
  })
  if (facts.method === 'GET') {
    const native = ofQuery(facts)
    return 'reason' in native ? refuse(native) : { facts: native, read: null }
  }
  const json = await readObject(question, source)
  if ('reason' in json) return refuse(json)
  const native = ofBody(json, facts, wantsEvents(head))
  if ('reason' in native) return refuse(native)
  // No endpoint that only reads gets more.
  if (native.facts.endpoint?.class === 'read' && json.bytes.length > readBodyBytesMax) {
    return refuse({ reason: 'body-too-large', detail: null })
  }
  const read = readAsks(native.json, { facts: native.facts, principal }, deps)
  return { facts: native.facts, read: { facts: read, json: native.json } }
}

async function readObject(question: Question, source: BodySource): Promise<NormalBody | Refused> {
  const isEmpty = !question.head.hasBody
  if (isEmpty) return missing('endpoint', 'The body is empty.')
  if (!isJsonType(question.head)) return { reason: 'body-malformed', detail: jsonOnly }
  const json = await readJsonObject(question, source)
  if (typeof json === 'string') return { reason: json, detail: null }
  return 'defect' in json ? { reason: json.defect, detail: json.detail } : json
}

const jsonOnly: Detail = {
  text: 'The body must be a JSON object, sent with Content-Type: application/json.',
  param: null,
}

const missing = (param: string, text: string): Refused => ({
  reason: 'member-missing',
  detail: { text, param, members: { required: [param] } },
})

const malformed: Refused = { reason: 'endpoint-malformed', detail: null }

const wantsEvents = ({ fields }: RequestHead) =>
  fields['accept']?.some((value) => /\btext\/event-stream\b/i.test(value)) === true

/** Reads `GET /proxy?endpoint=…`; the other fields of the query are sent on. */
function ofQuery(facts: RequestFacts): RequestFacts | Refused {
  const pairs = facts.query.split('&').filter((pair) => pair !== '')
  const isEndpoint = (pair: string) => [...new URLSearchParams(pair).keys()][0] === 'endpoint'
  const named = pairs.filter(isEndpoint)
  const [first] = named
  if (first === undefined) {
    return missing('endpoint', 'The query names no endpoint: write ?endpoint=/models.')
  }
  const text = named.length === 1 ? new URLSearchParams(first).get('endpoint') : null
  const query = pairs.filter((pair) => !isEndpoint(pair)).join('&')
  return toEndpoint(text, { ...facts, query })
}

/** The members that are for us, by their folded names. */
const ownMembers = ['endpoint', 'apikey', 'token', 'password']

type Native = { readonly facts: RequestFacts; readonly json: NormalBody }

function ofBody(json: NormalBody, facts: RequestFacts, isStream: boolean): Native | Refused {
  const name = json.members.find((member) => foldName(member.name) === 'endpoint')?.name
  if (name === undefined && facts.endpoint?.pattern === '/') return ofChat(json, facts, isStream)
  if (name === undefined) return missing('endpoint', 'The body names no endpoint.')
  const native = toEndpoint(readMember(json, [name]), facts)
  return 'reason' in native ? native : withBody(json, native, { isStream, taken: ownMembers })
}

/** The endpoint for requests that name none: the provider's chat. */
function ofChat(json: NormalBody, facts: RequestFacts, isStream: boolean): Native | Refused {
  const { path, streamPath } = facts.service?.kind.provider?.chat ?? { path: '/chat/completions' }
  if (json.members.length === 0) return missing('endpoint', 'The body is empty.')
  const asks = isStream || readMember(json, ['stream']) === true
  const pattern = asks && streamPath !== undefined ? streamPath : path
  const hasModel = pattern.includes('{model}')
  const model = readMember(json, ['model'])
  if (hasModel && !isPlainModel(model)) return missing('model', 'The body names no model.')
  const native = toEndpoint(
    pattern.replace('{model}', () => plainName(model)),
    facts,
  )
  const taken = [...ownMembers, ...(hasModel ? ['model'] : []), ...(streamPath ? ['stream'] : [])]
  return 'reason' in native ? native : withBody(json, native, { isStream, taken })
}

/** One segment of a path, with the `models/` that lists of models put before it. */
const isPlainModel = (value: unknown) =>
  typeof value === 'string' && /^(?:models\/)?[\w.-]{1,200}$/.test(value)
const plainName = (model: unknown) => String(model).replace(/^models\//, '')

/** Takes our members out; the request asks for events if its Accept field does. */
function withBody(
  json: NormalBody,
  facts: RequestFacts,
  { isStream, taken }: { readonly isStream: boolean; readonly taken: readonly string[] },
): Native | Refused {
  if (facts.endpoint?.body !== 'json') return { reason: 'body-type', detail: uploadOnly(facts) }
  const rest = withoutMembers(json, (name) => taken.includes(foldName(name)))
  const by = isStream ? (facts.endpoint.stream.by ?? null) : null
  const isAsked = by !== null && !rest.members.some(({ name }) => foldName(name) === by)
  if (!isAsked) return { facts, json: { ...json, ...rest } }
  const bytes = editJson(rest, [{ path: [by], json: 'true' }])
  const end = bytes.length - 1
  const members = [...rest.members, { name: by, start: end - 'true'.length, end }]
  return { facts, json: { ...json, bytes, members } }
}

function uploadOnly({ service, endpoint }: RequestFacts): Detail {
  const text = `${endpoint?.pattern ?? ''} takes uploads: send them to /${service?.name ?? ''}/…, as the provider's own library does.`
  return { text, param: 'endpoint' }
}

/** Returns the request to an endpoint of the provider, if its list has it. */
function toEndpoint(text: unknown, facts: RequestFacts): RequestFacts | Refused {
  const { service, method } = facts
  if (service?.kind.provider === undefined || !isPlainEndpoint(text)) return malformed
  const path = withoutVersion(text, service.kind.provider)
  const endpoint = findEndpoint(service, method, path)
  if (endpoint === null || endpoint.class === 'never') return unlisted(text, facts)
  if (!isWithin(service, path)) return malformed
  return { ...facts, endpoint, endpointPath: path, query: endpoint.eventsQuery ?? facts.query }
}

/** Whether two readers see the same path in it, whether they decode it or not. */
function isPlainEndpoint(text: unknown): text is string {
  return typeof text === 'string' && isCanonicalPath(text) && !/[%?]/.test(text)
}

/** An endpoint written with its version, or with all of the base's path, is the same. */
function withoutVersion(path: string, { base, otherVersions = [] }: Provider): string {
  const segments = new URL(base).pathname.split('/').filter((segment) => segment !== '')
  const ends = segments.map((_, index) => `/${segments.slice(index).join('/')}`)
  const version = [...ends, ...otherVersions].find((one) => isUnder(path, one))
  return version === undefined ? path : path.slice(version.length)
}

/** Whether the address that is built has the provider's scheme, host and port, and this path. */
function isWithin({ upstream }: Service, path: string): boolean {
  if (upstream === null) return false
  const { origin, pathname } = new URL(addressOf(upstream) + path)
  return origin === upstream.origin && pathname === (upstream.basePath ?? '') + path
}

function unlisted(text: string, { service, method }: RequestFacts): Refused {
  const endpoint = isShown(text) ? text : '…'
  const api = service?.name ?? ''
  const says = `${method} ${endpoint} is not an endpoint of ${api} that may be called.`
  const detail = { text: says, param: 'endpoint', members: { endpoint, api } }
  return { reason: 'endpoint-not-listed', detail }
}

/** A long run of letters, or a text with the form of a key, may be a credential. */
const isShown = (text: string) =>
  text.length <= 200 && !hasKeyShape(text) && !/[\w-]{43}/.test(text)
