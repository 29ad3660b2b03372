/**
 * Sends an admitted request to its upstream and carries the answer back as it comes. What goes wrong
 * before the answer's head is a reason; afterwards it is a broken stream and never a clean end, so
 * that half an answer cannot pass for a whole one.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Agent, type Dispatcher } from 'undici'
import type { Fields } from '../lib/fields.ts'
import type { Admission, Outcome } from '../policy/admission.ts'
import type { Reason } from '../policy/reason.ts'
import type { Service } from '../policy/service.ts'
import { createAnswerHandler } from './answer-handler.ts'
import { upstreamFields } from './request-fields.ts'

/** The two ends of a relayed request. `bytes` is its body where that was read already. */
export type Exchange = {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly bytes: Buffer | null
  /** Fields that the upstream gets of us, the client's of the same name dropped. */
  readonly set: Readonly<Record<string, string>>
  /** Fields that the client gets of us, the upstream's of the same name dropped. */
  readonly answer: Readonly<Record<string, string>>
}

/** Why nothing was answered yet, or null where the answer's head went out. */
export type Forwarded = { readonly outcome: Outcome; readonly reason: Reason | null }

export type Forwarder = {
  /** Resolves on every exit: end, error, abort, time limit. Never rejects. */
  readonly forward: (admission: Admission, exchange: Exchange) => Promise<Forwarded>
  readonly close: () => Promise<void>
}

/** Makes one connection pool per relayed service. */
export function createForwarder(services: readonly Service[]): Forwarder {
  const agents = new Map(services.map((service) => [service.name, createAgent(service)]))
  return {
    forward: (admission, exchange) => {
      const { service } = admission.facts
      const agent = agents.get(service?.name ?? '')
      if (!agent || !service?.upstream) return Promise.resolve(unreachable)
      return send(agent, service, { admission, exchange })
    },
    close: async () => {
      await Promise.all([...agents.values()].map((agent) => agent.destroy()))
    },
  }
}

const unreachable: Forwarded = {
  outcome: { status: 503, kind: 'failed', answerBytes: 0 },
  reason: 'upstream-unreachable',
}

function createAgent(service: Service): Agent {
  return new Agent({
    connect: { timeout: service.timeouts.connectSeconds * 1000 },
    // One request a connection at a time: an upstream's slow answer must not hold up another's.
    // 0 is undici's word for a new connection each time.
    pipelining: service.keepAlive ? 1 : 0,
    allowH2: false,
  })
}

function send(
  agent: Agent,
  service: Service,
  job: { admission: Admission; exchange: Exchange },
): Promise<Forwarded> {
  const { admission, exchange } = job
  return new Promise((resolve) => {
    const handler = createAnswerHandler(exchange, resolve)
    try {
      agent.dispatch(dispatchOptions(service, admission, exchange), handler)
    } catch (error) {
      // undici throws at once on what it takes for an invalid request: nothing was sent.
      handler.fail(error as Error)
    }
  })
}

function dispatchOptions(
  service: Service,
  admission: Admission,
  exchange: Exchange,
): Dispatcher.DispatchOptions {
  const { endpointPath, query, endpoint, method } = admission.facts
  const { request, bytes } = exchange
  const streamed = endpoint?.body === 'bytes' || endpoint?.body === 'multipart' ? request : null
  return {
    origin: service.upstream?.origin ?? '',
    path: query === '' ? endpointPath : `${endpointPath}?${query}`,
    method: method as Dispatcher.HttpMethod,
    headers: upstreamFields(request.headersDistinct as Fields, {
      ...exchange.set,
      ...credentialOf(service),
      ...lengthOf(request, streamed),
    }),
    body: bytes ?? streamed,
    headersTimeout: service.timeouts.headersSeconds * 1000,
    bodyTimeout: service.timeouts.idleSeconds * 1000,
  }
}

function credentialOf(service: Service): Record<string, string> {
  const key = service.upstream?.key ?? null
  return key === null ? {} : { authorization: `Bearer ${key}` }
}

/** A streamed body keeps its declared length; without one it is sent chunked. */
function lengthOf(
  request: IncomingMessage,
  streamed: IncomingMessage | null,
): Record<string, string> {
  const length = request.headers['content-length']
  return streamed !== null && length !== undefined ? { 'content-length': length } : {}
}
