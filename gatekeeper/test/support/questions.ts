import type { BodySource } from '../../src/admission/body-source.ts'
import type { RequestHead } from '../../src/admission/request-head.ts'
import { chatOver } from '../../src/kinds/chat/chat.ts'
import { http } from '../../src/kinds/http/http.ts'
import { llamacpp } from '../../src/kinds/llamacpp/llamacpp.ts'
import { ollama, ollamaUsage } from '../../src/kinds/ollama/ollama.ts'
import { openai } from '../../src/kinds/openai/openai.ts'
import { own } from '../../src/kinds/own/own.ts'
import { tts } from '../../src/kinds/tts/tts.ts'
import { vllm } from '../../src/kinds/vllm/vllm.ts'
import type { TraceContext } from '../../src/lib/net/trace-context.ts'
import type { Reservation } from '../../src/model/admission.ts'
import { noCaps } from '../../src/model/caps.ts'
import type { Decision, Question } from '../../src/model/decision.ts'
import { dialectAt } from '../../src/model/dialect.ts'
import type { Endpoint } from '../../src/model/endpoint.ts'
import type { RequestFacts } from '../../src/model/facts.ts'
import type { Kind } from '../../src/model/kind.ts'
import type { Principal } from '../../src/model/principal.ts'
import type { Reason } from '../../src/model/reason.ts'
import type { Route, Service } from '../../src/model/service.ts'
import { checks } from '../../src/policy/checks.ts'
import { decide, decideForLineage } from '../../src/policy/decide.ts'

/** A key of our form that is never accepted: it is in no key file. */
export const sampleKey = 'gk_abcde01234_1fJjkkpe9PiTw9KSulA8Ghct30vZz4HpdQ5c5b9cPF116kKFn'
/** Another one. */
export const otherKey = 'gk_zyxwv98765_1fJjkkpe9PiTw9KSulA8Ghct30vZz4HpdQ5c5b9cPF116kKFn'

/** A reservation without a ledger. */
export function aReservation(over: Partial<Reservation> = {}): Reservation {
  return {
    extend: () => null,
    room: () => ({ tokens: Number.POSITIVE_INFINITY, microUsd: Number.POSITIVE_INFINITY }),
    standings: () => [],
    open: () => Promise.resolve(null),
    settle: () => Promise.resolve(),
    ...over,
  }
}

/** The parts that admission needs beyond the checks, without limits and queues. */
export const noLimits = {
  limitsOf: () => [],
  enterQueue: () => Promise.resolve(null),
  costOf: () => 0,
  outputTokensExpected: 1024,
}

/** A body that is available at once. */
export function aBodySource(over: Partial<BodySource> = {}): BodySource {
  return {
    read: () => Promise.resolve(Buffer.from('{}')),
    take: () => true,
    leaving: () => new AbortController().signal,
    ...over,
  }
}

export function aRoute(over: Partial<Route> = {}): Route {
  return { prefix: '/api', strip: false, mode: 'relay', browser: 'none', ...over }
}

/** Every kind, with the gatekeeper's own and a chat in front of a LiteLLM. */
export const kindsByName = {
  ...{ ollama, openai, llamacpp, vllm, tts, http, own },
  chat: chatOver(openai),
}

export type KindName = keyof typeof kindsByName

type ServiceOver = Omit<Partial<Service>, 'kind'> & { readonly kind?: KindName | Kind }

/** An Ollama behind the relay, unless `over` says otherwise. */
export function aService({ kind = 'ollama', ...over }: ServiceOver = {}): Service {
  return {
    name: 'ollama',
    kind: typeof kind === 'string' ? kindsByName[kind] : kind,
    aliases: [],
    routes: [aRoute()],
    upstream: { origin: 'http://127.0.0.1:11434', key: null },
    timeouts: { connectSeconds: 5, headersSeconds: 5, idleSeconds: 5 },
    keepAlive: true,
    anonymous: false,
    origins: [],
    webSockets: [],
    limits: [],
    queue: null,
    prices: [],
    ...over,
  }
}

export function anEndpoint(over: Partial<Endpoint> = {}): Endpoint {
  return {
    method: 'POST',
    pattern: '/api/chat',
    class: 'use',
    dialect: 'ollama',
    body: 'json',
    model: { in: 'body', members: ['model'] },
    stream: { form: 'ndjson', by: 'stream', isDefault: true },
    usage: ollamaUsage,
    listsModels: false,
    output: ['options.num_predict'],
    prompt: 'messages',
    webSocket: false,
    ...over,
  }
}

/** A key that may use Ollama, without restrictions. */
export function aPrincipal(over: Partial<Principal> = {}): Principal {
  return {
    id: 'key:abcde01234',
    kind: 'key',
    user: 'ada',
    role: 'readwrite',
    services: ['ollama'],
    models: [],
    roleModels: [],
    cloudModels: null,
    limits: [],
    caps: noCaps,
    weight: null,
    capOutput: false,
    isAddressAllowed: null,
    origins: [],
    expiresAt: null,
    ...over,
  }
}

/** A trace that a client began. */
export const aTrace: TraceContext = {
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  tracestate: null,
}

/** `POST /api/chat` on the relay, valid in every respect. */
export function someFacts(over: Partial<RequestFacts> = {}): RequestFacts {
  const facts: Omit<RequestFacts, 'dialect'> = {
    requestId: 'request-1',
    trace: aTrace,
    point: 'relay',
    method: 'POST',
    host: 'ai.example',
    path: '/api/chat',
    query: '',
    clientAddress: '192.0.2.7',
    userAgent: null,
    service: aService(),
    route: aRoute(),
    endpoint: anEndpoint(),
    endpointPath: '/api/chat',
    upgrade: null,
    origin: null,
    fetchSite: null,
    isNavigation: false,
    carrier: 'authorization',
    subprotocols: [],
    defect: null,
    ...over,
  }
  const { service, route, endpoint, endpointPath } = facts
  const match = service && route && { service, route, endpointPath }
  return { dialect: dialectAt(match, endpoint), ...facts }
}

export function aQuestion(
  over: { facts?: Partial<RequestFacts> } & Partial<Omit<Question, 'facts'>> = {},
): Question {
  return {
    principal: over.principal ?? aPrincipal(),
    limits: over.limits ?? [],
    body: over.body ?? null,
    facts: someFacts(over.facts),
  }
}

/** The decision of the checks on a head, list after list in the order of admission. */
export function decideHead(
  over: { facts?: Partial<RequestFacts>; caller?: Principal | Reason } = {},
): Decision {
  const facts = someFacts(over.facts)
  const caller = over.caller ?? aPrincipal()
  const early = [decide(checks.facts, { facts }), decide(checks.caller, { facts, caller })]
  const refused = early.find(({ allowed }) => !allowed)
  if (refused !== undefined) return refused
  if (typeof caller === 'string') throw new Error(`no check refused ${caller}`)
  return decideForLineage(checks.head, { facts, principal: caller, limits: [], body: null })
}

/** The head of `POST /api/chat` with a JSON body and `sampleKey`. */
export function aHead(over: Partial<RequestHead> = {}): RequestHead {
  return {
    requestId: 'request-1',
    point: 'relay',
    method: 'POST',
    target: '/api/chat',
    host: 'ai.example',
    clientAddress: '192.0.2.7',
    upgrade: null,
    fields: { authorization: [`Bearer ${sampleKey}`], 'content-type': ['application/json'] },
    checkedService: null,
    hasBody: true,
    protocol: 'HTTP/1.1',
    ...over,
  }
}
