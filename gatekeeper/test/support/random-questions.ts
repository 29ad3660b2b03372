/** Random questions for `explain`, with the requests that they are about. */
import fc from 'fast-check'
import type { RequestHead } from '../../src/admission/request-head.ts'
import { createApiKey } from '../../src/api-keys/api-key.ts'
import { makeKey, type TestKey } from './keys.ts'
import { aBodySource } from './questions.ts'

/**
 * A gatekeeper.yaml with services of all kinds of routes; `models` is the address of a list of
 * models.
 */
export const configText = (models: string) => `version: 1
attempts: {burst: 4, perMinute: 1.5}
reads: 5/hour
limits: [900/hour]
roles:
  readonly: {limits: [20/min]}
  readwrite: {models: ['m*', 'cloudy-cloud'], cloudModels: true, caps: {outputTokens: 50}}
users: {shared: {limits: [60/hour, 3k-tokens/day]}}
chat: {service: llm, model: usual, anonymous: {limits: [30/hour], perAddress: {burst: 1, perMinute: 0.1}}}
providers:
  acme: {like: openai, url: "http://127.0.0.1:9/v1"}
  goo: {like: gemini, url: "http://127.0.0.1:9/v1beta", limits: [30/hour]}
services:
  ollama:
    kind: ollama
    upstream: {url: "http://127.0.0.1:9"}
    slots: 1
    queue: {waiting: 0}
    limits: [400/hour]
    origins: [https://app.example]
    routes: [{prefix: /api}, {prefix: /checked, strip: true, mode: check}]
  llm:
    kind: openai
    upstream: {url: "${models}"}
    prices: {'m*': {inputUsdPerMillion: 1, outputUsdPerMillion: 100}}
    routes: [{prefix: /llm, strip: true}]
  page:
    kind: http
    anonymous: true
    upstream: {url: "http://127.0.0.1:9"}
    routes: [{prefix: /page, strip: true}, {prefix: /open, strip: true, mode: relay}]
  field:
    kind: http
    upstream: {url: "http://127.0.0.1:9"}
    routes: [{prefix: /field, strip: true, mode: relay, credentialField: X-API-Key}]
  hosted:
    kind: http
    upstream: {url: "http://127.0.0.1:9"}
    routes: [{host: app.localhost, prefix: /, mode: relay}]
`

/** Body of a request: as an application would send it, and as short as possible. */
const chatBody = (model: string | null) => ({
  ...(model !== null && { model }),
  messages: [{ role: 'user', content: 'x' }],
})
const promptBody = (model: string | null) => ({ ...(model !== null && { model }), prompt: 'x' })
const nothing = () => null

const uploads = '/llm/v1/audio/transcriptions'
const line = (text: string) => `${text}\r\n`
const field = (name: string, value: string) =>
  [`--b`, `Content-Disposition: form-data; name="${name}"`, '', value].map(line).join('')
const uploadOf = (model: string | null) =>
  `${model === null ? '' : field('model', model)}${field('language', 'en')}--b--\r\n`

const goodRows: readonly Row[] = [
  ['POST', '/api/chat', chatBody],
  ['POST', '/llm/v1/chat/completions', chatBody],
  ['POST', '/minnow/chat', () => chatBody(null)],
  ['POST', '/authorized/shark/chat', () => chatBody(null)],
  ['GET', '/open/x', nothing],
]
type Body = (model: string | null) => object | string | null
type Row = readonly [method: string, target: string, body: Body]

/** A body that names an endpoint of a provider, with what `explain` gives it. */
function naming(endpoint: string): Body {
  return (model) => ({
    endpoint,
    ...(endpoint.endsWith('/chat/completions') ? chatBody(model) : model !== null && { model }),
  })
}

/** The endpoint that the body of a question names; null if it names none. */
export function endpointOf({ row, model }: Asked): string | null {
  const body = row[2](model)
  return typeof body === 'object' && body !== null && 'endpoint' in body
    ? String(body.endpoint)
    : null
}

const rows: readonly Row[] = [
  ['GET', '/api/tags', nothing],
  ['GET', '/api/version', nothing],
  ['POST', '/api/generate', promptBody],
  ['DELETE', '/api/delete', (model) => ({ ...(model !== null && { model }) })],
  ['POST', '/api/me', nothing],
  ['GET', '/api/nothing', nothing],
  ['GET', '/api/tags?model=x', nothing],
  ['GET', '/api/t%61gs', nothing],
  ['GET', '/checked/api/tags', nothing],
  ['POST', '/checked/api/chat', chatBody],
  ['GET', '/llm/v1/models', nothing],
  ['POST', uploads, uploadOf],
  ['GET', '/page/x', nothing],
  ['POST', '/page/x', nothing],
  ['DELETE', '/open/x', nothing],
  ['GET', '/field/x', nothing],
  ['POST', '/shark/chat?domain=taxes', () => chatBody(null)],
  ['POST', '/authorized/minnow/chat', () => chatBody(null)],
  ['POST', '/authorized/shark/chat?model=m2', () => chatBody(null)],
  ['POST', '/shark/chat?domain=none', () => chatBody(null)],
  ['POST', '/whale/chat', () => chatBody(null)],
  ['POST', '/acme/v1/chat/completions', chatBody],
  ['POST', '/api/acme', chatBody],
  ['POST', '/api/goo', chatBody],
  ['POST', '/api/acme/proxy', naming('/chat/completions')],
  ['POST', '/api/acme/proxy', naming('/v1/chat/completions')],
  ['POST', '/api/acme/proxy', naming('/files')],
  ['POST', '/api/acme/proxy', naming('/../files')],
  ['POST', '/api/goo/proxy', naming('/models/m1:countTokens')],
  ['GET', '/api/acme/proxy?endpoint=/models', nothing],
  ['GET', '/api/acme/proxy?endpoint=/models&key=x', nothing],
  ['GET', '/api/acme/endpoints', nothing],
  ['POST', '/api/nobody/proxy', naming('/models')],
  ['GET', '/status', nothing],
  ['GET', '/nowhere', nothing],
]

const limits = [
  ...['3/min', '20/day', '2/lifetime', '1-concurrent', '1-concurrent', '2k-tokens/hour'],
  ...['0.01usd/day', '20-prompt-bytes', '10-output-tokens', '50-tokens/day'],
]

const rarely = <One, Other>(one: One, usual: Other, times = 8) =>
  fc.constantFrom<One | Other>(one, ...Array<Other>(times).fill(usual))

const every = ['ollama', 'llm', 'domain-chat', 'page', 'field', 'hosted', 'acme', 'goo']
const aKey = fc
  .record({
    user: fc.constantFrom('ada', 'shared', 'bob'),
    role: fc.constantFrom('readonly', 'readwrite', 'readwrite', 'admin'),
    services: rarely(['domain-chat', 'page', 'field'], every, 5),
    models: fc.constantFrom([], [], [], ['m1'], ['m*', 'usual']),
    limits: fc.oneof(fc.constant([]), fc.subarray(limits, { maxLength: 2 })),
    addresses: rarely(['10.0.0.0/8'], []),
    origins: rarely(['https://app.example'], []),
    disabled: rarely(true, false),
    expiresAt: rarely('2026-06-01T00:30:00Z', null),
    secretExpiresAt: rarely('2026-06-01T00:15:00Z', null),
    cloudModels: fc.constantFrom(undefined, true, false),
  })
  .map(({ secretExpiresAt, ...entry }) => {
    const made = makeKey(entry)
    const [secret] = made.entry['secrets'] as [object]
    const secrets = [{ ...secret, expiresAt: secretExpiresAt }]
    return { ...made, entry: { ...made.entry, secrets } }
  })

/** Keys without which a run may not meet a refusal. */
const fixed = [
  makeKey({ disabled: true }),
  makeKey({ services: every, expiresAt: '2026-06-01T00:20:00Z' }),
  ...['1-concurrent', '3/min', '5/day', '20-prompt-bytes'].map((limit) =>
    makeKey({ services: every, limits: [limit] }),
  ),
]

/** Keys of all kinds, the same for one seed except for their secrets. */
export const makeKeys = (seed: number): readonly TestKey[] => [
  ...fixed,
  ...fc.sample(aKey, { numRuns: 10, seed }),
]

export const aQuestion = fc.record({
  row: fc.oneof(
    { arbitrary: fc.constantFrom(...goodRows), weight: 2 },
    { arbitrary: fc.constantFrom(...rows), weight: 1 },
  ),
  caller: fc.constantFrom('anonymous', 'id', 'id', 'key', 'key', 'plain', 'bad'),
  /** The index of a key or a bad credential, if there are this many. */
  which: fc.nat(10_000),
  model: fc.constantFrom(null, 'm1', 'm1', 'm1', 'usual', 'nothing', 'cloudy-cloud'),
  clientAddress: fc.constantFrom('10.0.0.1', '10.0.0.2', '192.0.2.7', '2001:db8::1', '2001:db8::2'),
  origin: rarely('https://app.example', null),
  host: rarely('app.localhost', 'localhost', 15),
  /** Until the next one, in seconds. */
  pause: fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 1, 1, 10),
  /** How many requests stay under way after it. */
  running: rarely(0, 8, 30),
})
export type Asked = typeof aQuestion extends fc.Arbitrary<infer Value> ? Value : never

export const plainKeys = ['plain-key-of-a-person', 'another-plain-key']
const bad = ['', 'guess', 'gk_broken', createApiKey().key, 'e30.e30.x', 'plain-key-of-a-nobody']

/** The caller for `explain`, and the credential that the same caller sends. */
export function callerOf({ caller, which }: Asked, keys: readonly TestKey[]) {
  const pick = <One>(from: readonly One[]) => from[which % from.length] as One
  const shown = (credential: string) => ({ caller: { kind: 'credential', credential }, credential })
  switch (caller) {
    case 'anonymous':
      return { caller: { kind: 'anonymous' }, credential: null }
    case 'id': {
      const { id, key } = pick(keys)
      return { caller: { kind: 'key', id }, credential: key }
    }
    case 'key':
      return shown(pick(keys).key)
    case 'plain':
      return shown(pick(plainKeys))
    default:
      return shown(pick(bad))
  }
}

/** The request that the question is about, made by nothing that `explain` is made of. */
export function requestOf(asked: Asked, credential: string | null) {
  const { row, model, clientAddress, host } = asked
  const [method, path, body] = row
  const isMain = host === 'localhost'
  const isNamed = isMain && isChat(path) && model !== null && !path.includes('model=')
  const isChecked = isMain && /^\/(?:checked|page)/.test(path)
  const content = body(model)
  const head: RequestHead = {
    requestId: 'real',
    method,
    target: isNamed ? `${path}${path.includes('?') ? '&' : '?'}model=${model}` : path,
    clientAddress,
    host,
    upgrade: null,
    protocol: 'HTTP/1.1',
    point: isChecked ? 'check' : 'relay',
    checkedService: isChecked ? (path.startsWith('/page') ? 'page' : 'ollama') : null,
    fields: fieldsOf(asked, credential, content),
    hasBody: content !== null,
  }
  const bytes = Buffer.from(typeof content === 'string' ? content : JSON.stringify(content))
  return {
    bytes,
    head,
    body: isChecked ? null : aBodySource({ read: () => Promise.resolve(bytes) }),
  }
}

const isChat = (path: string) => /^\/(?:authorized\/)?(?:minnow|shark)\/chat/.test(path)

function fieldsOf({ row, origin, host }: Asked, credential: string | null, content: unknown) {
  const hasOwnField = host === 'localhost' && row[1].startsWith('/field')
  const carried = hasOwnField
    ? { 'x-api-key': [credential ?? ''] }
    : { authorization: [`Bearer ${credential}`] }
  return {
    ...(credential !== null && carried),
    ...(origin !== null && { origin: [origin] }),
    ...(content !== null && { 'content-type': [typeOf(content)] }),
  }
}

const typeOf = (content: unknown) =>
  typeof content === 'string' ? 'multipart/form-data; boundary=b' : 'application/json'
