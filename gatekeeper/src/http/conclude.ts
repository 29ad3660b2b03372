/**
 * The end of a request: settles an admitted request, sends the refusal of a refused one, and makes
 * the one record of the decision.
 */
import type { IncomingMessage } from 'node:http'
import { performance } from 'node:perf_hooks'
import type { Admitted } from '../admission/admit.ts'
import type { Clock } from '../lib/clock.ts'
import type { Admission, Outcome } from '../model/admission.ts'
import type { Denial } from '../model/denial.ts'
import { describeMissingModel } from '../model/missing-model.ts'
import { reasonRow } from '../model/reason.ts'
import type { Decided } from '../telemetry/decision-log.ts'
import type { Answer } from './answer.ts'
import type { Call } from './call.ts'
import { renderReason } from './error-response.ts'
import { sendRefusal } from './send-refusal.ts'
import type { Served } from './served.ts'
import { settleWithin } from './settle-within.ts'

export type ConcludeDeps = {
  /** Called once for each decided request, when it has ended; log, audit and metrics use it. */
  readonly onDecided: (decided: Decided) => void
  /** Address where clients learn which issuers are accepted; null if only our own tokens are. */
  readonly resourceMetadata: string | null
  /** Gives the current time for the limit fields of answers. */
  readonly clock: Clock
  /** Whether limit fields have their `X-RateLimit-*` forms too; left out, they have. */
  readonly legacyLimitFields?: boolean
  /** Changes a refusal for Caddy; left out if the point has nothing to change. */
  readonly frameRefusal?: (request: IncomingMessage, answer: Answer) => Answer
}

/**
 * Settles an admitted request, sends the withheld end of its answer or its refusal, and records it.
 * No other place settles a request after its admission.
 */
export async function conclude(
  call: Call,
  admitted: Admitted,
  served: Served,
  deps: ConcludeDeps,
): Promise<void> {
  const { facts, principal, reservation, waitedMs } = admitted.admission
  const settled = reservation.settle(served.outcome, served.usage)
  if (served.whenEnded !== undefined) return recordLater(call, admitted.admission, served, deps)
  const end = await sendLast(served, settled)
  const { reason, usage } = end
  const outcome = waitedMs === null ? end.outcome : { ...end.outcome, waitedMs }
  if (reason === null) {
    const { requestId } = facts
    const { status } = outcome
    return record(call, { facts, requestId, principal, reason, status, outcome, usage }, deps)
  }
  const detail =
    reason === 'model-not-found' ? describeMissingModel(facts, admitted.body) : end.detail
  const check = served.check ?? 'upstream'
  refuse(call, { reason, check, facts, principal, outcome, detail: detail ?? null }, deps)
}

/** Records the request when Caddy, which carries the answer, reports how it ended. */
function recordLater(
  call: Call,
  { facts, principal }: Admission,
  { outcome: answered, whenEnded }: Served,
  deps: ConcludeDeps,
): void {
  const { requestId } = facts
  whenEnded?.((end) => {
    if (end === null) {
      const { status } = answered
      const about = { facts, requestId, principal, reason: null, status, outcome: null } as const
      return record(call, { ...about, isEndUnknown: true }, deps)
    }
    const { outcome, reason } = end
    const { status } = outcome
    const about = { facts, requestId, principal, reason, status, outcome }
    record(call, reason === null ? about : { ...about, check: 'upstream' }, deps)
  })
}

/** Milliseconds; no disk takes longer to write a line. The answer is cut after that. */
const settleMsMaxUsual = 10_000

/** Sends the end of an answer once its record is written; cuts it if that takes too long. */
export async function sendLast(
  served: Served,
  settled: Promise<void>,
  settleMsMax = settleMsMaxUsual,
): Promise<Served> {
  const isSettled = await settleWithin(settled, settleMsMax)
  if (served.last === undefined) return served
  if (isSettled) {
    served.last.send()
    return served
  }
  const reason = served.last.cut() ? null : 'ledger-unavailable'
  return { ...served, reason, outcome: { ...served.outcome, kind: 'failed', cause: 'UNRECORDED' } }
}

/** A refusal, with what is known about its request. */
export type Refused = Pick<Denial, 'reason' | 'check'> &
  Partial<Denial> & { readonly requestId?: string; readonly outcome?: Outcome }

/** Sends the refusal in the caller's dialect and records it. */
export function refuse(call: Call, refused: Refused, deps: ConcludeDeps): void {
  const { reason, check, facts = null, principal = null, outcome = null } = refused
  const { refusal = null, detail = null } = refused
  const requestId = facts?.requestId ?? refused.requestId ?? 'unknown'
  sendRefusal(
    call,
    () => {
      const { resourceMetadata, clock, legacyLimitFields: hasLegacy = true } = deps
      const limits = { refusal, now: clock(), hasLegacy }
      const about = { facts, requestId, detail, resourceMetadata, ...limits }
      const { accept } = call.request.headers
      const answer = renderReason(reason, { ...about, accept })
      return deps.frameRefusal?.(call.request, answer) ?? answer
    },
    () => {
      const limit = refusal?.limit ? `${refusal.limit.scope} ${refusal.limit.text}` : null
      const { status } = reasonRow(reason)
      record(call, { facts, principal, requestId, reason, check, limit, outcome, status }, deps)
    },
  )
}

/** Reports a decision; no other place does. */
function record(
  { startedAt }: Call,
  decided: Omit<Decided, 'durationMs'>,
  { onDecided }: ConcludeDeps,
): void {
  onDecided({ ...decided, durationMs: performance.now() - startedAt })
}
