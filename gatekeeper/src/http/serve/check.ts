import type { ServerResponse } from 'node:http'
import type { Fields } from '../answer.ts'
import type { Call } from '../call.ts'
import { corsFields } from '../cors.ts'
import type { Outcomes } from '../outcomes/outcomes.ts'
import { answerCall, type Entry, type PointDeps, type Serve } from '../point.ts'

export type CheckDeps = PointDeps & {
  /** The secret without which Caddy believes no yes. */
  readonly proof: string
  /** Where Caddy tells how the answers ended. */
  readonly outcomes: Pick<Outcomes, 'expect'>
}

/**
 * The check point. It answers Caddy's question `GET /check/SERVICE`: 200 with the proof and the
 * identity, or the refusal that the client is to see. It never reads a body.
 */
export function createCheck(deps: CheckDeps): (call: Call) => Promise<void> {
  // Only a yes and a preflight's answer carry it: Caddy passes refusals on to the client as they are.
  const proof = { 'x-gatekeeper-proof': deps.proof }
  const entry: Entry = { point: 'check', preflight: proof }
  const serve = serveCheck(proof, deps.outcomes)
  return (call) => answerCall(call, entry, deps, serve)
}

const yes = { status: 200, kind: 'answered', answerBytes: 0 } as const

/** Says yes; Caddy carries the answer and tells later how it ended. */
function serveCheck(proof: Fields, outcomes: CheckDeps['outcomes']): Serve {
  return ({ response }, { admission: { facts } }, { fields }) => {
    sayYes(response, { ...fields, ...proof }, corsFields(facts)['access-control-allow-origin'])
    const { connectSeconds, headersSeconds } = facts.service?.timeouts ?? noTimeouts
    const waitMs = (connectSeconds + headersSeconds) * 1000 + answerMsMin
    return {
      outcome: yes,
      reason: null,
      usage: null,
      whenEnded: (tell) => outcomes.expect(facts.requestId, waitMs, tell),
    }
  }
}

const noTimeouts = { connectSeconds: 0, headersSeconds: 0 }
/** What an answer gets beyond the time until it begins, before its end counts as unknown. */
const answerMsMin = 60_000

function sayYes(response: ServerResponse, fields: Fields, allowedOrigin: string | undefined): void {
  response.writeHead(200, {
    ...fields,
    ...(allowedOrigin !== undefined && { 'x-gatekeeper-allow-origin': allowedOrigin }),
    'content-length': '0',
  })
  response.end()
}
