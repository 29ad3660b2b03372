import type { Admission } from '../../policy/admission.ts'
import type { Exchange, Forwarded } from '../../upstreams/forward.ts'
import { allowBody, createBodySource } from '../body-source.ts'
import { corsFields } from '../cors.ts'
import { admitCall, type Call, type PointDeps, passEdge, refuse } from '../point.ts'
import { jsonAnswer, sendAnswer } from '../send.ts'
import { describeHealth } from './health.ts'
import { describeCaller } from './status.ts'

export type RelayDeps = PointDeps & {
  readonly forward: (admission: Admission, exchange: Exchange) => Promise<Forwarded>
  readonly version: string
}

/** Carries a request to its upstream and the answer back, once it is admitted. */
export async function answerRelay(call: Call, deps: RelayDeps): Promise<void> {
  if (!passEdge(call, deps)) return
  const { request, response } = call
  const isHead = request.method === 'HEAD'
  const [path] = (request.url ?? '').split('?', 1)
  // Caddy's own health check of this listener, and the one endpoint that needs no admission.
  if (path === '/livez') return sendAnswer(response, jsonAnswer(200, { status: 'ok' }), isHead)
  if (path === '/health') {
    return sendAnswer(response, jsonAnswer(200, describeHealth(deps.version)), isHead)
  }
  const body = createBodySource(request, response)
  const entry = { point: 'relay', checkedService: null, body, preflight: {} } as const
  const admitted = await admitCall(call, entry, deps)
  if (admitted === null) return
  const { admission, bytes, fields } = admitted
  if (admission.facts.service?.kind === 'own') return answerStatus(call, admission, deps)
  allowBody(request, response)
  const { facts } = admission
  const answer = {
    'x-request-id': facts.requestId,
    'x-accel-buffering': 'no',
    ...corsFields(facts),
  }
  const exchange = { request, response, bytes, set: fields, answer }
  settle(call, admission, { forwarded: await deps.forward(admission, exchange), deps })
}

function answerStatus(call: Call, admission: Admission, deps: RelayDeps): void {
  const answer = jsonAnswer(200, describeCaller(admission.principal))
  sendAnswer(call.response, answer, admission.facts.method === 'HEAD')
  const outcome = { status: 200, kind: 'answered', answerBytes: answer.body.length } as const
  settle(call, admission, { forwarded: { outcome, reason: null }, deps })
}

/** Ends the reservation and writes the request's line, on every way out. */
function settle(
  call: Call,
  admission: Admission,
  end: { forwarded: Forwarded; deps: RelayDeps },
): void {
  const { forwarded, deps } = end
  const { facts, principal } = admission
  const { reason, outcome } = forwarded
  admission.reservation.settle(outcome)
  if (reason !== null) {
    return refuse(
      call,
      { reason, check: 'upstream', facts, principal, outcome, requestId: facts.requestId },
      deps,
    )
  }
  deps.logDecision({
    ...{ facts, principal, reason, outcome, requestId: facts.requestId },
    status: outcome.status,
    durationMs: performance.now() - call.startedAt,
  })
}
