/**
 * Explains what would happen to a request. It uses `admit()` itself, so that the answer is the real
 * one, with a ledger that only tests. Nothing is forwarded, charged or issued.
 */

import { type AdmitDeps, type Admitted, admit } from '../admission/admit.ts'
import type { BodySource } from '../admission/body-source.ts'
import type { RequestHead } from '../admission/request-head.ts'
import { isPlainId } from '../api-keys/key-file.ts'
import { readChatQuery } from '../kinds/chat/chat-query.ts'
import { findEndpoint } from '../kinds/find-endpoint.ts'
import { parseTarget } from '../lib/net/path.ts'
import type { CredentialField } from '../model/credential-fields.ts'
import type { Denial } from '../model/denial.ts'
import type { Endpoint } from '../model/endpoint.ts'
import type {
  ExplainCaller,
  ExplainedCaller,
  ExplainedLimit,
  ExplainQuestion,
  Explanation,
} from '../model/explanation.ts'
import type { RequestFacts } from '../model/facts.ts'
import type { ScopedLimit, Standing } from '../model/limit.ts'
import { makerOf, type Principal } from '../model/principal.ts'
import { reasonRow } from '../model/reason.ts'
import { routeText } from '../model/service.ts'
import type { WrittenPlace } from '../model/written-place.ts'
import { ofAddressLimit, ofLimits, placesOfAllowed } from '../policy/written-places.ts'
import { judgeUpload, uploadBoundary } from './judge-upload.ts'
import { type WatchedChecks, watchChecks } from './watch-checks.ts'

export type ExplainDeps = Omit<
  AdmitDeps,
  'reserve' | 'limitAddress' | 'enterQueue' | 'authenticate' | 'followCredential'
> & {
  /** Judges a credential as for a request, without counting an attempt. */
  readonly rehearseCredential: AdmitDeps['authenticate']
  /** The same for the key with an id, whose credential is unknown. */
  readonly rehearseKey: (id: string) => AdmitDeps['authenticate']
  /** The same for the client with an id, as its access token would be judged. */
  readonly rehearseClient: (id: string) => AdmitDeps['authenticate']
  /** Returns the id of the person who made the key or client; null if nobody did. */
  readonly makerOf: (of: { readonly kind: 'key' | 'client'; readonly id: string }) => string | null
  /** Like `reserve` without charging; its reservation only tests. */
  readonly rehearse: AdmitDeps['reserve']
  /** Like `limitAddress` without charging. */
  readonly rehearseAddress?: AdmitDeps['limitAddress']
  /** Refuses what the queue would refuse at once. */
  readonly rehearseQueue: AdmitDeps['enterQueue']
  readonly standings: (limits: readonly ScopedLimit[]) => readonly Standing[]
  readonly isCounted: boolean
}

/** Decides on a hypothetical request and explains the decision. */
export async function explainRequest(
  question: ExplainQuestion,
  deps: ExplainDeps,
): Promise<Explanation> {
  const { head, body } = imagine(question, deps)
  const { caller } = question
  const watched = watchChecks(deps.checks, {
    keyId: caller.kind === 'key' ? caller.id : null,
    madeBy: caller.kind === 'key' || caller.kind === 'client' ? deps.makerOf(caller) : null,
  })
  const answer = await admit(head, body, {
    ...deps,
    ...(deps.chat && !deps.isCounted && { chat: withModels(deps.chat, question, deps) }),
    checks: watched.checks,
    authenticate: authenticationOf(caller, deps),
    ...(deps.rehearseAddress && { limitAddress: deps.rehearseAddress }),
    reserve: deps.rehearse,
    enterQueue: deps.rehearseQueue,
  })
  const verdict = 'reason' in answer ? answer : await judgeUpload(answer, question.model)
  return describe(verdict, watched, deps)
}

function authenticationOf(caller: ExplainCaller, deps: ExplainDeps): AdmitDeps['authenticate'] {
  if (caller.kind === 'key') return deps.rehearseKey(caller.id)
  return caller.kind === 'client' ? deps.rehearseClient(caller.id) : deps.rehearseCredential
}

/** A process that only reads files asks no upstream, so it assumes the models of the question. */
function withModels(
  chat: NonNullable<AdmitDeps['chat']>,
  { target, host, model }: ExplainQuestion,
  { findRoute }: ExplainDeps,
) {
  const { path, query } = parseTarget(target) ?? { path: '', query: '' }
  const asked = readChatQuery(query)
  const usual = findRoute(path, host)?.service.chat?.model
  const models = ['unknown' in asked ? null : asked.model, usual, model ?? 'model']
  const listed = models.filter((name) => typeof name === 'string')
  return { ...chat, listModels: () => Promise.resolve(listed) }
}

/** Puts the model of a chat into the query, where chats name it. */
function withModelInQuery(target: string, endpoint: Endpoint | null, model: string | null) {
  if (endpoint?.body !== 'chat' || model === null || /[?&]model=/.test(target)) return target
  return `${target}${target.includes('?') ? '&' : '?'}model=${encodeURIComponent(model)}`
}

/** Builds the head and the body that a client would send. */
function imagine(
  question: ExplainQuestion,
  { findRoute }: ExplainDeps,
): { readonly head: RequestHead; readonly body: BodySource | null } {
  const { method, target, host, clientAddress, origin, model, caller } = question
  const path = parseTarget(target)?.path
  const match = path === undefined ? null : findRoute(path, host)
  const endpoint =
    match && findEndpoint(match.service, method, match.endpointPath, match.route.adapter)
  const point = match?.route.mode ?? 'relay'
  const content = match?.route.adapter ? adapterBody(endpoint, question) : bodyOf(endpoint, model)
  const credential = caller.kind === 'credential' ? caller.credential : standInOf(caller)
  const head: RequestHead = {
    ...{ requestId: 'explain', point, method, host, clientAddress },
    target: withModelInQuery(target, endpoint, model),
    ...{ upgrade: null, protocol: 'HTTP/2.0' },
    checkedService: point === 'check' ? (match?.service.name ?? null) : null,
    fields: {
      ...(caller.kind !== 'anonymous' && carry(credential, match?.route.credentialField)),
      ...(origin !== null && { origin: [origin] }),
      ...(content !== null && { 'content-type': [content.type] }),
    },
    hasBody: content !== null,
  }
  return { head, body: point === 'relay' ? sourceOf(content?.text ?? '') : null }
}

/** Puts the credential into the field that the route reads. */
function carry(credential: string, only: CredentialField | undefined): Record<string, string[]> {
  if (only === undefined || only === 'authorization') {
    return { authorization: [`Bearer ${credential}`] }
  }
  const pair = Buffer.from(`explain:${credential}`).toString('base64')
  return only === 'basic' ? { authorization: [`Basic ${pair}`] } : { [only]: [credential] }
}

/** Replaces a credential that is unknown here; it has the form of a key or of a token. */
function standInOf(caller: ExplainCaller): string {
  if (caller.kind === 'client') return 'explained.explained.explained'
  return caller.kind === 'key' && isPlainId(caller.id) ? 'explained' : 'gk_explained'
}

function bodyOf(endpoint: Endpoint | null, model: string | null) {
  if (endpoint === null || endpoint.body === 'none') return null
  switch (endpoint.body) {
    case 'multipart':
      return { type: `multipart/form-data; boundary=${uploadBoundary}`, text: '' }
    case 'bytes':
      return { type: 'application/octet-stream', text: '' }
    default:
      return { type: 'application/json', text: JSON.stringify(jsonOf(endpoint, model)) }
  }
}

/** The body of a request that names its endpoint; without one it is a chat. */
function adapterBody(endpoint: Endpoint | null, { model, endpoint: named }: ExplainQuestion) {
  if (endpoint?.body !== 'json') return null
  const body = { ...(named && { endpoint: named }), ...(model !== null && { model }) }
  const isChat = chatPath.test(named ?? '/chat')
  return {
    type: 'application/json',
    text: JSON.stringify(isChat ? { ...body, messages: chatMessages } : body),
  }
}

const chatPath = /\/(?:chat|chat\/completions|messages)$/
const chatMessages = [{ role: 'user', content: 'x' }]

function jsonOf({ model: place, prompt, body, pattern }: Endpoint, model: string | null) {
  const hasModel = place.in === 'body' && body !== 'chat'
  const member = hasModel ? (place.members[0] ?? 'model') : null
  const isChat = prompt === 'messages' || chatPath.test(pattern)
  const prompted = isChat ? { messages: chatMessages } : {}
  return {
    ...(member !== null && model !== null && { [member]: model }),
    ...(prompt !== null && !isChat && { [prompt]: 'x' }),
    ...prompted,
  }
}

function sourceOf(text: string): BodySource {
  return {
    read: () => Promise.resolve(Buffer.from(text)),
    take: () => true,
    leaving: () => new AbortController().signal,
  }
}

function describe(
  verdict: Admitted | Denial,
  watched: WatchedChecks,
  deps: ExplainDeps,
): Explanation {
  const denial = 'reason' in verdict ? verdict : null
  const { facts, principal } = 'reason' in verdict ? verdict : verdict.admission
  const limits = principal === null ? [] : deps.limitsOf({ facts, principal })
  const row = denial === null ? null : reasonRow(denial.reason)
  const refusal = denial?.refusal?.limit ?? null
  return {
    request: describeRequest(facts),
    caller: principal === null ? null : describeCaller(principal),
    checks: watched.rows(),
    limits: principal === null ? [] : describeLimits(limits, { facts, principal }, deps),
    isCounted: deps.isCounted,
    verdict: {
      ...{ isAllowed: denial === null, check: denial?.check ?? null },
      ...{ reason: denial?.reason ?? null, status: row?.status ?? null },
      text: denial?.detail?.text ?? row?.text ?? null,
      limit: refusal === null ? null : `${refusal.scope} ${refusal.text}`,
    },
    written: findWritten(verdict, { watched, limits }),
  }
}

function describeLimits(
  limits: readonly ScopedLimit[],
  question: { readonly facts: RequestFacts; readonly principal: Principal },
  { standings }: ExplainDeps,
): ExplainedLimit[] {
  return limits.flatMap((limit) => {
    const written = ofLimits({ ...question, limits: [limit] })
    return standings([limit]).map((standing) => ({ ...standing, written }))
  })
}

/** Returns where the rule that decided is written; empty if no file contains it. */
function findWritten(
  verdict: Admitted | Denial,
  { watched, limits }: { watched: WatchedChecks; limits: readonly ScopedLimit[] },
): readonly WrittenPlace[] {
  if ('admission' in verdict) {
    return placesOfAllowed(verdict.admission.facts, verdict.admission.principal)
  }
  const { facts, principal, refusal } = verdict
  if (refusal?.limit?.scope === 'address') return [ofAddressLimit(facts, refusal.limit)]
  if (principal === null || !refusal?.limit) return watched.written()
  return ofLimits({ facts, principal, limits }, refusal.limit)
}

function describeRequest({ method, path, point, service, route, endpoint }: RequestFacts) {
  return {
    ...{ method, path, point, service: service?.name ?? null, route: route && routeText(route) },
    ...{ endpoint: endpoint?.pattern ?? null, class: endpoint?.class ?? null },
  }
}

function describeCaller(principal: Principal): ExplainedCaller {
  const { id, kind, user, role, services, models } = principal
  const maker = makerOf(principal)
  const madeBy = maker && { id: maker.id, name: maker.user }
  return { id, kind, user, role, services, models, madeBy }
}
