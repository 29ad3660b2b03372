import type { IncomingMessage } from 'node:http'
import type { Admitted } from '../../admission/admit.ts'
import type { ByteBudget } from '../../lib/load/byte-budget.ts'
import type { Admission } from '../../model/admission.ts'
import type { AnswerReader } from '../../model/answer-reader.ts'
import type { BodyFacts } from '../../model/facts.ts'
import { describeMissingModel } from '../../model/missing-model.ts'
import type { Exchange, Forwarded } from '../../upstreams/exchange.ts'
import type { Answer } from '../answer.ts'
import { allowBody, createBodySource } from '../body-source.ts'
import { corsFields } from '../cors.ts'
import { readLateRefusal } from '../late-refusal.ts'
import { limitFields } from '../limit-fields.ts'
import { admitCall, type Call, closing, type PointDeps, passEdge, refuse } from '../point.ts'
import { jsonAnswer, sendAnswer } from '../send.ts'
import { afterUnreadBody, cutLongBody } from '../unread-body.ts'
import { describeHealth } from './health.ts'
import type { OwnEndpoints, OwnRequest } from './own.ts'

export type RelayDeps = PointDeps & {
  readonly forward: (admission: Admission, exchange: Exchange) => Promise<Forwarded>
  /** Reads what the answer uses; null where nothing is counted. */
  readonly createReader: (admission: Admission, body: BodyFacts | null) => AnswerReader | null
  readonly version: string
  /** What the bodies that are being read may hold together. */
  readonly bodies: ByteBudget
  /** What answers the gatekeeper's own endpoints. */
  readonly own: OwnEndpoints
  /** Whether services alone stand at a host. */
  readonly isServiceHost: (host: string) => boolean
  /** The document at a path that everybody may read; null where there is none. */
  readonly wellKnown: (path: string) => Answer | null
}

/** Carries a request to its upstream and the answer back, once it is admitted. */
export async function answerRelay(call: Call, deps: RelayDeps): Promise<void> {
  if (!passEdge(call, deps)) return
  const { request, response } = call
  const isHead = request.method === 'HEAD'
  const document = documentOf(request, deps)
  if (document !== null) return sendAnswer(response, document, isHead)
  const refusal = readLateRefusal(request)
  if (refusal !== null) return sendLate(call, refusal)
  const body = createBodySource(request, response, deps.bodies)
  const entry = { point: 'relay', checkedService: null, body, preflight: {} } as const
  const admitted = await admitCall(call, entry, deps)
  if (admitted === null) return
  const { admission, bytes, form, fields } = admitted
  if (admission.facts.endpoint?.isOwn === true)
    return await answerOwn(call, { admission, body, asked: admitted.body }, deps)
  allowBody(request, response)
  const { facts, reservation, waitedMs } = admission
  const answer = {
    'x-request-id': facts.requestId,
    'x-accel-buffering': 'no',
    ...limitFields(reservation.standings(), deps.clock(), facts.endpoint),
    ...(waitedMs !== null && { 'server-timing': `queue;dur=${Math.round(waitedMs)}` }),
    ...corsFields(facts),
  }
  const reader = deps.createReader(admission, admitted.body)
  const exchange = {
    request,
    response,
    bytes,
    form,
    set: fields,
    answer,
    reader,
    isStream: admitted.body?.isStream === true,
    question: questionOf(admitted),
  }
  const forwarded = await deps.forward(admission, exchange)
  conclude(call, admission, { forwarded, body: admitted.body, deps })
}

/** What needs no admission. At a service's own host these paths are the service's. */
function documentOf(request: IncomingMessage, deps: RelayDeps): Answer | null {
  const { url = '', method = '', headersDistinct } = request
  if (headersDistinct['x-gatekeeper-host']?.some(deps.isServiceHost)) return null
  const [path = ''] = url.split('?', 1)
  // Caddy's own health check of this listener.
  if (path === '/livez') return jsonAnswer(200, { status: 'ok' })
  if (path === '/health') return jsonAnswer(200, describeHealth(deps.version))
  return ['GET', 'HEAD'].includes(method) ? deps.wellKnown(path) : null
}

/** What the body asks for on our account; of a model, as far as one is named. */
function questionOf({ body, bytesWithout }: Pick<Admitted, 'body' | 'bytesWithout'>) {
  return bytesWithout === null ? null : { model: body?.models[0] ?? '', bytesWithout }
}

/** Sends a refusal of the check, which is decided and recorded already. */
function sendLate({ request, response }: Call, refusal: Answer): void {
  afterUnreadBody(request, () => {
    sendAnswer(response, request.complete ? refusal : closing(refusal), false)
    cutLongBody(request)
  })
}

/** Answers an endpoint of our own, which has no upstream. */
async function answerOwn(
  call: Call,
  { admission, body, asked }: Pick<OwnRequest, 'admission' | 'body' | 'asked'>,
  deps: RelayDeps,
): Promise<void> {
  const { facts, reservation } = admission
  const endpoint = deps.own[facts.endpoint?.pattern ?? '']
  // A row without an endpoint is a bug of ours, and no yes.
  if (endpoint === undefined) throw new Error('an endpoint of our own has no answer')
  const field = (name: string) => joined(call.request.headersDistinct[name])
  const answer = await endpoint({ admission, field, body, asked: asked ?? null })
  const fields = { ...answer.fields, 'x-request-id': facts.requestId, ...corsFields(facts) }
  const outcome = {
    status: answer.status,
    kind: 'answered',
    answerBytes: answer.body.length,
  } as const
  await reservation.settle(outcome)
  sendAnswer(call.response, { ...answer, fields }, facts.method === 'HEAD')
  conclude(call, admission, { forwarded: { outcome, reason: null, usage: null }, deps })
}

/** One that came twice is read as a list, which no reader of ours takes for a value. */
function joined(values: readonly string[] | undefined): string | null {
  return values === undefined ? null : values.join(', ')
}

/** Writes the request's line, and the refusal where nothing was answered. It is settled by now. */
function conclude(
  call: Call,
  admission: Admission,
  end: { forwarded: Forwarded; body?: BodyFacts | null; deps: RelayDeps },
): void {
  const { forwarded, body = null, deps } = end
  const { facts, principal, waitedMs } = admission
  const { reason, usage, detail: named } = forwarded
  const outcome = { ...forwarded.outcome, ...(waitedMs !== null && { waitedMs }) }
  if (reason !== null) {
    const detail =
      reason === 'model-not-found' ? describeMissingModel(facts, body) : (named ?? null)
    return refuse(
      call,
      { reason, check: 'upstream', facts, principal, outcome, requestId: facts.requestId, detail },
      deps,
    )
  }
  deps.onDecided({
    ...{ facts, principal, reason, outcome, usage, requestId: facts.requestId },
    status: outcome.status,
    durationMs: performance.now() - call.startedAt,
  })
}
