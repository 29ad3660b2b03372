import type { ServerResponse } from 'node:http'
import type { Fields } from '../answer.ts'
import type { Call } from '../call.ts'
import { corsFields } from '../cors.ts'
import type { Outcomes } from '../outcomes/outcomes.ts'
import { answerCall, type Entry, type PointDeps, type Serve } from '../point.ts'

export type CheckDeps = PointDeps & {
  /** The secret that Caddy requires in an answer that allows a request. */
  readonly proof: string
  /** Where Caddy reports how the answers ended. */
  readonly outcomes: Pick<Outcomes, 'expect'>
}

/**
 * The check point. It answers Caddy's request `GET /check/SERVICE`: 200 with the proof and the
 * identity, or the refusal for the client. It never reads a body.
 */
export function createCheck(deps: CheckDeps): (call: Call) => Promise<void> {
  // Only allowed requests and preflights carry it, because Caddy passes refusals on to the client.
  const proof = { 'x-gatekeeper-proof': deps.proof }
  const entry: Entry = { point: 'check', preflight: proof }
  const serve = serveCheck(proof, deps.outcomes)
  return (call) => answerCall(call, entry, deps, serve)
}

const allowed = { status: 200, kind: 'answered', answerBytes: 0 } as const

/** Allows the request; Caddy carries the answer and reports later how it ended. */
function serveCheck(proof: Fields, outcomes: CheckDeps['outcomes']): Serve {
  return ({ response }, { admission: { facts } }, { fields }) => {
    sendAllowed(response, { ...fields, ...proof }, corsFields(facts)['access-control-allow-origin'])
    const { connectSeconds, headersSeconds } = facts.service?.timeouts ?? noTimeouts
    const waitMs = (connectSeconds + headersSeconds) * 1000 + answerMsMin
    return {
      outcome: allowed,
      reason: null,
      usage: null,
      whenEnded: (tell) => outcomes.expect(facts.requestId, waitMs, tell),
    }
  }
}

const noTimeouts = { connectSeconds: 0, headersSeconds: 0 }
/** How long after its start an answer may last before its end counts as unknown, at least. */
const answerMsMin = 60_000

function sendAllowed(
  response: ServerResponse,
  fields: Fields,
  allowedOrigin: string | undefined,
): void {
  response.writeHead(200, {
    ...fields,
    ...(allowedOrigin !== undefined && { 'x-gatekeeper-allow-origin': allowedOrigin }),
    'content-length': '0',
  })
  response.end()
}
