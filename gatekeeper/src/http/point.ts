/**
 * The path of every request at both enforcement points: edge, head, busy, preflight, admit,
 * discharge, serve, conclude. The points differ only in what they serve.
 */
import { type AdmitDeps, type Admitted, admit } from '../admission/admit.ts'
import type { BodySource } from '../admission/body-source.ts'
import { discharge } from '../admission/discharge.ts'
import type { RequestHead } from '../admission/request-head.ts'
import type { Denial } from '../model/denial.ts'
import type { Point } from '../model/service.ts'
import type { Fields } from './answer.ts'
import type { Call } from './call.ts'
import { type ConcludeDeps, conclude, type Refused, refuse } from './conclude.ts'
import { isPreflight, preflightFields } from './cors.ts'
import { type BeginWork, countBody } from './counted-body.ts'
import { hasEdge } from './edge.ts'
import { renderReason } from './error-response.ts'
import { readRequestHead } from './request-head.ts'
import { sendAnswer } from './send.ts'
import type { Served } from './served.ts'

export type PointDeps = AdmitDeps &
  ConcludeDeps & {
    readonly edge: string
    /** Logs an unexpected fault, which the client never sees. */
    readonly logFault: (error: unknown, requestId: string) => void
    readonly isDraining: () => boolean
    /** Whether there is too much to do; called before any work on a request. */
    readonly isOverloaded: (hasBody: boolean) => boolean
    readonly beginWork: BeginWork
  }

/** One of the two enforcement points; created once for all requests. */
export type Entry = {
  readonly point: Point
  /** Answers what needs no admission; returns false if the request has to be admitted. */
  readonly answerOpen?: (call: Call) => boolean
  /** Returns the body of a request; left out if the point sees none. */
  readonly openBody?: (call: Call) => BodySource
  /** The point's own fields for answers to preflights. */
  readonly preflight: Fields
}

/** Does what an admission allows, with the fields that its obligations set. */
export type Serve = (
  call: Call,
  admitted: Admitted,
  given: { readonly fields: Fields; readonly body: BodySource | null },
) => Served | Promise<Served>

/** Answers one request, and never rejects. */
export async function answerCall(
  call: Call,
  entry: Entry,
  deps: PointDeps,
  serve: Serve,
): Promise<void> {
  const head = receive(call, entry, deps)
  if (head === null) return
  const { requestId } = head
  const body = openBody(call, { head, entry }, deps)
  let verdict: Admitted | Denial | null = null
  try {
    verdict = await admit(head, body, deps)
  } catch (error) {
    deps.logFault(error, requestId)
  } finally {
    body?.onDecided?.()
  }
  if (verdict === null || 'reason' in verdict) {
    return refuse(call, verdict ?? { reason: 'check-failed', check: 'fault', requestId }, deps)
  }
  let served = faulted
  try {
    const fields = discharge(verdict.admission)
    served = fields === null ? undischarged : await serve(call, verdict, { fields, body })
  } catch (error) {
    deps.logFault(error, requestId)
    // A partial answer must not end like a complete one.
    const { headersSent, writableEnded } = call.response
    if (headersSent && !writableEnded) call.response.destroy()
  }
  await conclude(call, verdict, served, deps)
}

/** Returns the head of a request that has to be admitted; null if it is answered already. */
function receive(call: Call, entry: Entry, deps: PointDeps): RequestHead | null {
  const { request } = call
  if (!hasEdge(request, deps.edge)) {
    return reject(call, { reason: 'edge-refused', check: 'edge' }, deps)
  }
  if (entry.answerOpen?.(call)) return null
  const head = readRequestHead(request, entry.point)
  if (head === null) return reject(call, { reason: 'route-mismatch', check: 'head' }, deps)
  const { requestId } = head
  const reason = findBusyReason(head, deps)
  if (reason !== null) return reject(call, { reason, check: 'head', requestId }, deps)
  // Admission refuses an address that the rules refuse, so that there is one answer for it.
  const isRefused = deps.addressRules().findRefusing(head.clientAddress) !== null
  if (isRefused || !isPreflight(head)) return head
  answerPreflight(call, { head, entry }, deps)
  return null
}

function reject(call: Call, refused: Refused, deps: PointDeps): null {
  refuse(call, refused, deps)
  return null
}

const failed = { status: 503, kind: 'failed', answerBytes: 0 } as const

/** A point that cannot meet the obligations of an admission sends nothing on. */
const undischarged: Served = {
  outcome: failed,
  usage: null,
  reason: 'obligation-unmet',
  check: 'discharge',
}

/** The outcome if serving threw. */
const faulted: Served = { outcome: failed, usage: null, reason: 'check-failed', check: 'fault' }

/** Returns the reason to reject a request by its head alone, or null. */
function findBusyReason(head: RequestHead, deps: PointDeps): 'draining' | 'overloaded' | null {
  if (deps.isDraining()) return 'draining'
  return deps.isOverloaded(head.hasBody) ? 'overloaded' : null
}

type Begun = { readonly head: RequestHead; readonly entry: Entry }

/** Returns the body, which counts as work until the decision; null if the point sees none. */
function openBody(call: Call, { head, entry }: Begun, deps: PointDeps): BodySource | null {
  if (entry.openBody === undefined) return null
  const body = entry.openBody(call)
  return head.hasBody ? countBody(body, deps.beginWork) : body
}

function answerPreflight(call: Call, { head, entry }: Begun, deps: PointDeps): void {
  const path = head.target.split('?', 1)[0] ?? ''
  const fields = preflightFields(head, deps.findRoute(path, head.host), deps.isAppOrigin)
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
