/**
 * What both enforcement points do with a request before and after admission: the edge, the head,
 * preflights, denials, the one log line. The points differ only in what they do with a yes.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { performance } from 'node:perf_hooks'
import { type AdmitDeps, type Admitted, admit } from '../admission/admit.ts'
import type { BodySource } from '../admission/body-source.ts'
import { discharge } from '../admission/discharge.ts'
import type { RequestHead } from '../admission/request-head.ts'
import type { Clock } from '../lib/clock.ts'
import type { Outcome } from '../model/admission.ts'
import type { Denial } from '../model/denial.ts'
import { reasonRow } from '../model/reason.ts'
import type { Point } from '../model/service.ts'
import type { Decided } from '../telemetry/decision-log.ts'
import type { Answer } from './answer.ts'
import { isPreflight, preflightFields } from './cors.ts'
import { type BeginWork, countBody } from './counted-body.ts'
import { hasEdge } from './edge.ts'
import { renderReason } from './error-response.ts'
import { readRequestHead } from './request-head.ts'
import { sendAnswer } from './send.ts'
import { afterUnreadBody, cutLongBody } from './unread-body.ts'

export type PointDeps = AdmitDeps & {
  readonly edge: string
  /** Told of every decided request, once, when it has ended: log, audit and metrics hang on it. */
  readonly onDecided: (decided: Decided) => void
  /** A bug or fault that nobody expected: for the log, never for the client. */
  readonly logFault: (error: unknown, requestId: string) => void
  readonly isDraining: () => boolean
  /** Whether there is more to do than can be done; asked before any work on a request. */
  readonly isOverloaded: (hasBody: boolean) => boolean
  readonly beginWork: BeginWork
  /** Where clients learn whose tokens are taken; null where only ours are. */
  readonly resourceMetadata: string | null
  /** For what answers tell of limits. */
  readonly clock: Clock
  /** What this point adds to a refusal for Caddy; left out where it adds nothing. */
  readonly frameRefusal?: (request: IncomingMessage, answer: Answer) => Answer
}

/** One request at a point, with what is known of it so far. */
export type Call = {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly startedAt: number
}

/** The id of a request that was refused before Caddy's statement of it was read. */
export const unknownRequest = 'unknown'

/** Answers 403 and returns false where the request does not come from our Caddy. */
export function passEdge(call: Call, deps: PointDeps): boolean {
  if (hasEdge(call.request, deps.edge)) return true
  refuse(call, { reason: 'edge-refused', check: 'edge', requestId: unknownRequest }, deps)
  return false
}

/** How a request came to its point. */
export type Entry = {
  readonly point: Point
  readonly checkedService: string | null
  readonly body: BodySource | null
  /** Fields of the point's own for answers to preflights. */
  readonly preflight: Readonly<Record<string, string>>
}

/** An admitted request, with the fields by which its point discharges what it owes. */
export type AdmittedCall = Admitted & { readonly fields: Readonly<Record<string, string>> }

/** Reads the head and admits; answers and returns null where there is nothing to go on with. */
export async function admitCall(
  call: Call,
  at: Entry,
  deps: PointDeps,
): Promise<AdmittedCall | null> {
  const head = readRequestHead(call.request, at.point, at.checkedService)
  const refused = head === null ? 'route-mismatch' : whyNone(head, deps)
  if (head === null || refused !== null) {
    const reason = refused ?? 'route-mismatch'
    refuse(call, { reason, check: 'head', requestId: head?.requestId ?? unknownRequest }, deps)
    return null
  }
  if (isPreflight(head)) {
    answerPreflight(call, { head, entry: at }, deps)
    return null
  }
  const body = at.body !== null && head.hasBody ? countBody(at.body, deps.beginWork) : at.body
  try {
    const verdict = await admit(head, body, deps)
    if ('admission' in verdict) return dischargeOrRefuse(call, verdict, deps)
    refuse(call, { ...verdict, requestId: head.requestId }, deps)
  } catch (error) {
    deps.logFault(error, head.requestId)
    refuse(call, { reason: 'check-failed', check: 'fault', requestId: head.requestId }, deps)
  } finally {
    body?.onDecided?.()
  }
  return null
}

/** Why nobody who brings no more than this head is taken now; null where they are. */
function whyNone(head: RequestHead, deps: PointDeps): 'draining' | 'overloaded' | null {
  if (deps.isDraining()) return 'draining'
  return deps.isOverloaded(head.hasBody) ? 'overloaded' : null
}

/** A point that cannot do what an admission obliges it to refuses, and sends nothing on. */
function dischargeOrRefuse(call: Call, admitted: Admitted, deps: PointDeps): AdmittedCall | null {
  const fields = discharge(admitted.admission)
  if (fields !== null) return { ...admitted, fields }
  const { facts, principal, reservation } = admitted.admission
  void reservation.settle({ status: 503, kind: 'failed', answerBytes: 0 })
  const denial = { reason: 'obligation-unmet', check: 'discharge', facts, principal } as const
  refuse(call, { ...denial, requestId: facts.requestId }, deps)
  return null
}

type Refused = Pick<Denial, 'reason' | 'check'> &
  Partial<Denial> & { readonly requestId: string; readonly outcome?: Outcome }

/** Sends the refusal in the caller's dialect and writes its log line. */
export function refuse(call: Call, refused: Refused, deps: PointDeps): void {
  afterUnreadBody(call.request, () => answerRefusal(call, refused, deps))
}

function answerRefusal(call: Call, refused: Refused, deps: PointDeps): void {
  const { reason, facts = null, requestId, principal = null, check, outcome = null } = refused
  const { status } = reasonRow(reason)
  const { refusal = null, detail = null } = refused
  const { resourceMetadata } = deps
  const answer = renderReason(reason, {
    facts,
    requestId,
    refusal,
    detail,
    now: deps.clock(),
    resourceMetadata,
    accept: call.request.headers.accept,
  })
  // Caddy's check is a GET even for a client's HEAD: the framing is that of this connection.
  const isHead = call.request.method === 'HEAD'
  const framed = deps.frameRefusal?.(call.request, answer) ?? answer
  sendAnswer(call.response, call.request.complete ? framed : closing(framed), isHead)
  cutLongBody(call.request)
  const durationMs = performance.now() - call.startedAt
  deps.onDecided({
    facts,
    requestId,
    principal,
    reason,
    check,
    limit: refusal?.limit ? `${refusal.limit.scope} ${refusal.limit.text}` : null,
    status,
    outcome,
    durationMs,
  })
}

/**
 * Tells Caddy to close the client's HTTP/1 connection after this answer. Otherwise Go would first
 * read what the client still sends, and a client that trickles its body would wait for its refusal.
 */
export function closing(answer: Answer): Answer {
  return { ...answer, fields: { ...answer.fields, 'x-gatekeeper-close': '1' } }
}

function answerPreflight(
  call: Call,
  { head, entry }: { head: RequestHead; entry: Entry },
  deps: PointDeps,
): void {
  const path = head.target.split('?', 1)[0] ?? ''
  const fields = preflightFields(head, deps.findRoute(path, head.host))
  const answer =
    fields === null
      ? renderReason('origin-not-allowed', { facts: null, requestId: head.requestId })
      : {
          status: 204,
          fields: { ...fields, ...entry.preflight, 'x-request-id': head.requestId },
          body: '',
        }
  sendAnswer(call.response, answer, false)
}
