/**
 * Records attempts at changes that were refused, with `success: false`: who tries what they may not
 * do is worth knowing. A caller is recorded twenty times at once and ten times a minute at most, so
 * that nobody can fill the audit.
 */
import type { Clock } from '../../../gatekeeper/src/lib/clock.ts'
import { createRateLimiter } from '../../../gatekeeper/src/lib/load/rate-limiter.ts'
import type { RecordActs } from '../../../gatekeeper/src/operations/audit/record-acts.ts'
import type { ApiReason } from './api-error.ts'

export type RefusedWrite = {
  readonly event: string
  readonly callerId: string
  readonly requestId: string
  readonly clientAddress: string
  readonly reason: ApiReason
}

/** Refusals that say something about the caller, not about a mistake in what they sent. */
const recorded: ReadonlySet<ApiReason> = new Set([
  'role',
  'step_up_required',
  'recent_sign_in_required',
  'not_found',
  'too_many',
])

/** Returns a function that records a refused attempt; it never rejects. */
export function createRefusalRecorder(record: RecordActs, clock?: Clock) {
  const limiter = createRateLimiter({ burst: 20, perMinute: 10 }, clock)
  return async ({ event, callerId, reason, requestId, clientAddress }: RefusedWrite) => {
    if (!recorded.has(reason) || !limiter.take(callerId)) return
    const act = { event, success: false, reason, principal: callerId, requestId, clientAddress }
    // Nothing was changed, so a full disk takes nothing but this line.
    await record([act]).catch(() => {})
  }
}
