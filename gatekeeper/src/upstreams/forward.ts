/**
 * Sends an admitted request to its upstream and streams the answer back. A failure before the
 * answer's head is a reason; after it, the stream is broken and never ends cleanly, so that a
 * partial answer cannot pass as complete.
 */
import { Agent, type Dispatcher } from 'undici'
import type { Clock } from '../lib/clock.ts'
import type { Fields } from '../lib/net/fields.ts'
import type { Admission } from '../model/admission.ts'
import type { Reason } from '../model/reason.ts'
import { accountOf, providerOf, type Route, type Service, type Upstream } from '../model/service.ts'
import { noUsage } from '../model/usage.ts'
import { AnswerHandler, type AnswerJob } from './answer-handler.ts'
import { FirstAttempt, planSending, type Sending } from './ask-again.ts'
import { type CertificateFaults, createCertificateFaults } from './certificate-faults.ts'
import { changesOf } from './change-answer.ts'
import { createConnector } from './connector.ts'
import type { BroughtKey, Exchange, Forwarded } from './exchange.ts'
import { createDocumentFetcher } from './fetch-document.ts'
import { isPassingField, providerFields } from './provider-fields.ts'
import { createRefusalCause } from './refusal-cause.ts'
import { requestBody } from './request-body.ts'
import { upstreamFields } from './request-fields.ts'
import { createUsageQuestions, type UsageQuestions } from './usage-questions.ts'

export type Forwarder = {
  /**
   * Resolves on every exit: end, error, abort, time limit. Never rejects. The end of a complete
   * answer is not sent by then: the caller sends it when the request is settled.
   */
  readonly forward: (admission: Admission, exchange: Exchange) => Promise<Forwarded>
  /** Ends every exchange as `draining`: 503 if nothing was sent yet, else a broken answer. */
  readonly cut: () => void
  readonly close: () => Promise<void>
}

export type ForwarderDeps = {
  readonly clock?: Clock
  readonly certificates?: CertificateFaults
  /** Returns the key that a service is called with now; null if it has none. */
  readonly keyOf?: (service: Service) => string | null
}

/** Creates one connection pool per relayed service. */
export function createForwarder(
  services: readonly Service[],
  {
    clock = Date.now,
    certificates = createCertificateFaults(() => {}),
    keyOf = ({ upstream }) => upstream?.key ?? null,
  }: ForwarderDeps = {},
): Forwarder {
  const documents = createDocumentFetcher()
  const deps = { clock, fetchDocument: documents.fetch, keyOf }
  const causes = new Map(services.map((one) => [one.name, createRefusalCause(one, deps)]))
  const agents = new Map(services.map((service) => [service.name, createAgent(service)]))
  const open = new Set<AnswerHandler>()
  const questions = createUsageQuestions({ clock })
  return {
    forward: (admission, exchange) => {
      if (exchange.response.destroyed) return Promise.resolve(left)
      const { service } = admission.facts
      const agent = agents.get(service?.name ?? '')
      const causeOf = causes.get(service?.name ?? '')
      if (!agent || !causeOf || !service?.upstream) return Promise.resolve(unreachable)
      const { broughtKey = null } = exchange
      const key = broughtKey?.key ?? keyOf(service)
      if (providerOf(service) !== null && key === null) return Promise.resolve(withoutKey(service))
      const cause = broughtKey === null ? causeOf : causeOfBrought
      const job = { admission, exchange, causeOf: cause, questions, certificates, open, key }
      return send(agent, service, job)
    },
    cut: () => {
      for (const handler of open) handler.endStopping()
    },
    close: async () => {
      await Promise.all([...agents.values()].map((agent) => agent.destroy()))
      await documents.close()
    },
  }
}

/** The server's own key is not the cause, so nothing is asked with it. */
const causeOfBrought = (): Promise<Reason> => Promise.resolve('upstream-rejected-split-key')

/** A service that answered has a trusted certificate, or needs none. */
function noteCertificate(
  service: Service,
  { reason, outcome }: Forwarded,
  certificates: CertificateFaults,
): void {
  const name = accountOf(service)
  if (reason === 'upstream-untrusted') certificates.report(name, outcome.cause ?? 'unknown')
  else if (outcome.kind === 'answered') certificates.clear(name)
}

const unreachable: Forwarded = {
  outcome: { status: 503, kind: 'failed', answerBytes: 0 },
  reason: 'upstream-unreachable',
  usage: noUsage,
}

/** The answer of a provider without a key. */
function withoutKey({ name }: Service): Forwarded {
  const text = `The operator has not set up the provider ${name} yet.`
  return { ...unreachable, reason: 'provider-without-key', detail: { text, param: null } }
}

/** The client disconnected before anything was forwarded. */
const left: Forwarded = {
  outcome: { status: 499, kind: 'aborted', answerBytes: 0 },
  reason: null,
  usage: noUsage,
}

function createAgent(service: Service): Agent {
  return new Agent({
    connect: createConnector({
      timeout: service.timeouts.connectSeconds * 1000,
      ca: service.upstream?.ca,
    }),
    // One request per connection at a time: a slow answer must not delay another one. 0 means a new
    // connection each time in undici.
    pipelining: service.keepAlive ? 1 : 0,
    allowH2: false,
  })
}

type Job = {
  readonly admission: Admission
  readonly exchange: Exchange
  /** Returns the cause of a refusal by this upstream. */
  readonly causeOf: (status: number) => Promise<Reason>
  /** Which upstreams refuse the option for the usage of a stream. */
  readonly questions: UsageQuestions
  readonly certificates: CertificateFaults
  /** The key that the upstream gets; null if it needs none. */
  readonly key: string | null
  /** Lists the exchange until it ends. */
  readonly open: Set<AnswerHandler>
}

function send(agent: Agent, service: Service, job: Job): Promise<Forwarded> {
  const { exchange, open, certificates } = job
  const { bytes, question = null } = exchange
  const sending = planSending(service.name, { bytes, question }, job.questions)
  return new Promise((resolve) => {
    const handler = new AnswerHandler(answerOf(service, job, sending), (forwarded) => {
      open.delete(handler)
      noteCertificate(service, forwarded, certificates)
      resolve(forwarded)
    })
    open.add(handler)
    const dispatch = (body: Buffer | null, to: Dispatcher.DispatchHandler) => {
      try {
        const sent = { ...exchange, bytes: body }
        agent.dispatch(dispatchOptions(service, job, sent), to)
      } catch (error) {
        // undici throws synchronously for a request that it considers invalid: nothing was sent.
        handler.fail(error as Error)
      }
    }
    const { first, second } = sending
    if (second === null) dispatch(first, handler)
    else dispatch(first, new FirstAttempt(handler, () => dispatch(second(), handler)))
  })
}

function answerOf(service: Service, job: Job, { asks, note }: Sending): AnswerJob {
  const { admission, exchange, causeOf, key } = job
  const isProvider = providerOf(service) !== null
  const { isStream = false, model = null, reader } = exchange
  const change = changesOf(admission, { isStream, asks, key, model, reader })
  return {
    exchange,
    causeOf,
    refusesRedirects: isProvider,
    ...(isProvider && { isPassing: isPassingField }),
    sent: {
      upstream: service.upstream as Upstream,
      route: admission.facts.route,
      target: targetOf(service, admission),
    },
    change: (status, fields) => {
      note(status)
      return change(status, fields)
    },
    durationMsMax: durationMsMaxOf(admission),
    isStanding: standingOf(admission, exchange.broughtKey ?? null),
    ...(isStream && service.widget && { lastWords: exchange.lastWords }),
  }
}

/** An answer ends with the caller's credential, and with the key that the caller brought. */
function standingOf({ isStanding }: Admission, broughtKey: BroughtKey | null): () => boolean {
  return broughtKey === null ? isStanding : () => broughtKey.isStanding() && isStanding()
}

function durationMsMaxOf({ obligations }: Admission): number | null {
  const seconds = obligations.flatMap((owed) => (owed.kind === 'end-stream' ? [owed.seconds] : []))
  return seconds.length === 0 ? null : Math.min(...seconds) * 1000
}

/** Returns path and query for the upstream. */
function targetOf(service: Service, { facts }: Admission): string {
  const { endpointPath, query, endpoint } = facts
  const path = endpoint?.upstreamPath ?? (query === '' ? endpointPath : `${endpointPath}?${query}`)
  return (service.upstream?.basePath ?? '') + path
}

function dispatchOptions(
  service: Service,
  { admission, key }: Job,
  exchange: Exchange,
): Dispatcher.DispatchOptions {
  const { endpoint, method, route } = admission.facts
  const provider = providerOf(service)
  const client = service.widget
    ? widgetFields(exchange)
    : (exchange.request.headersDistinct as Fields)
  const body = requestBody(exchange, endpoint?.body ?? 'none')
  return {
    origin: service.upstream?.origin ?? '',
    path: targetOf(service, admission),
    method: method as Dispatcher.HttpMethod,
    headers: {
      ...(provider && key !== null
        ? providerFields(provider, key, { client, principalId: admission.principal.id })
        : upstreamFields(client, fieldsForOwn(exchange, { route, key }), route?.credentialField)),
      ...body.fields,
      // Answers are read, and some are changed: neither works on a coding.
      'accept-encoding': 'identity',
    },
    body: body.content,
    headersTimeout: secondsToAnswer(service, exchange) * 1000,
    bodyTimeout: service.timeouts.idleSeconds * 1000,
  }
}

/** Of a page nothing goes on but its texts: a field could switch on what the operator does not want. */
function widgetFields({ isStream }: Exchange): Fields {
  const accept = isStream === true ? 'text/event-stream' : 'application/json'
  return { 'content-type': ['application/json'], accept: [accept] }
}

/** What a service within the network gets: who calls, the prefix that was taken off, and its key. */
function fieldsForOwn(
  { set }: Exchange,
  { route, key }: { readonly route: Route | null; readonly key: string | null },
): Record<string, string> {
  return {
    ...set,
    ...(route?.strip && { 'x-forwarded-prefix': route.prefix }),
    ...(key !== null && { authorization: `Bearer ${key}` }),
  }
}

function secondsToAnswer({ timeouts }: Service, { isStream }: Exchange): number {
  const { headersSeconds, streamHeadersSeconds = headersSeconds } = timeouts
  return isStream === true ? streamHeadersSeconds : headersSeconds
}
