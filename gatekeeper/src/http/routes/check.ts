import type { ServerResponse } from 'node:http'
import { corsFields } from '../cors.ts'
import type { Outcomes } from '../outcomes/outcomes.ts'
import { admitCall, type Call, type PointDeps, passEdge, refuse, unknownRequest } from '../point.ts'

export type CheckDeps = PointDeps & {
  /** The secret without which Caddy believes no yes. */
  readonly proof: string
  /** Where Caddy tells how the answers ended. */
  readonly outcomes: Pick<Outcomes, 'expect'>
}

/**
 * Answers Caddy's question `GET /check/SERVICE`: 200 with the proof and the identity, or the refusal
 * that the client is to see. It never reads a body.
 */
export async function answerCheck(call: Call, deps: CheckDeps): Promise<void> {
  if (!passEdge(call, deps)) return
  const service = /^\/check\/([a-z][a-z0-9-]*)\??$/.exec(call.request.url ?? '')?.[1]
  if (service === undefined) {
    const requestId = unknownRequest
    return refuse(call, { reason: 'route-mismatch', check: 'check', requestId }, deps)
  }
  // Only a yes and a preflight's answer carry it: Caddy passes refusals on to the client as they are.
  const proof = { 'x-gatekeeper-proof': deps.proof }
  const entry = { point: 'check', checkedService: service, body: null, preflight: proof } as const
  const admitted = await admitCall(call, entry, deps)
  if (admitted === null) return
  const { admission, fields } = admitted
  const { facts, principal } = admission
  sayYes(call.response, { ...fields, ...proof }, corsFields(facts)['access-control-allow-origin'])
  void admission.reservation.settle({ status: 200, kind: 'answered', answerBytes: 0 })
  const { connectSeconds, headersSeconds } = facts.service?.timeouts ?? noTimeouts
  const waitMs = (connectSeconds + headersSeconds) * 1000 + answerMsMin
  deps.outcomes.expect(facts.requestId, waitMs, (end) => {
    const { outcome, reason } = end ?? { outcome: null, reason: null }
    deps.onDecided({
      ...{ facts, principal, reason, outcome, requestId: facts.requestId },
      ...(reason !== null && { check: 'upstream' }),
      ...(end === null && { isEndUnknown: true }),
      status: outcome?.status ?? 200,
      durationMs: performance.now() - call.startedAt,
    })
  })
}

const noTimeouts = { connectSeconds: 0, headersSeconds: 0 }
/** What an answer gets beyond the time until it begins, before its end counts as unknown. */
const answerMsMin = 60_000

function sayYes(
  response: ServerResponse,
  fields: Readonly<Record<string, string>>,
  allowedOrigin: string | undefined,
): void {
  response.writeHead(200, {
    ...fields,
    ...(allowedOrigin !== undefined && { 'x-gatekeeper-allow-origin': allowedOrigin }),
    'content-length': '0',
  })
  response.end()
}
