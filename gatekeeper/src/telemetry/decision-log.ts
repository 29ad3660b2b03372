import type { Outcome } from '../model/admission.ts'
import type { RequestFacts } from '../model/facts.ts'
import { scrubKeys } from '../model/key-shape.ts'
import { holderOf, type Principal } from '../model/principal.ts'
import { type Reason, reasonRow } from '../model/reason.ts'
import type { Usage } from '../model/usage.ts'
import type { Log } from './log.ts'

/** A decided request. Only these members ever reach a log. */
export type Decided = {
  readonly facts: RequestFacts | null
  readonly requestId: string
  readonly principal: Principal | null
  /** Why it was refused or failed; null if it was answered. */
  readonly reason: Reason | null
  readonly check?: string
  /** The limit that refused, in its canonical form, with its owner. */
  readonly limit?: string | null
  readonly status: number
  readonly outcome: Outcome | null
  /** Caddy carried the answer and did not report how it ended. */
  readonly isEndUnknown?: true
  readonly usage?: Usage | null
  readonly durationMs: number
}

const pathCharsMax = 200
const methodCharsMax = 20

/** Writes the log line of a request, at the level of its reason. */
export function logDecision(
  log: Log,
  decided: Decided,
  described: DescribedDecision = describeDecision(decided),
): void {
  const { reason } = decided
  log[reason === null ? 'info' : reasonRow(reason).level](described, 'decision')
}

export type DescribedDecision = Readonly<Record<string, unknown>>

/**
 * Returns the loggable facts of a decided request, for the log or the audit: no credential, and
 * nothing long.
 */
export function describeDecision(decided: Decided): DescribedDecision {
  const { facts, principal, reason, outcome } = decided
  return {
    outcome: reason === null ? 'allow' : outcome === null ? 'deny' : 'fail',
    ...(reason !== null && { reason, check: decided.check }),
    ...(decided.limit && { limit: decided.limit }),
    requestId: decided.requestId,
    ...(facts && { traceId: facts.trace.traceId }),
    ...(facts && describeRequest(facts, reason)),
    ...(principal && describeCaller(principal)),
    status: decided.status,
    ...(outcome && describeOutcome(outcome)),
    ...(decided.isEndUnknown && { ended: 'unknown' }),
    ...(decided.usage && describeUsage(decided.usage)),
    durationMs: Math.round(decided.durationMs * 10) / 10,
  }
}

/** A token says whose it is: it is gone in minutes, and its key is what people look for. */
function describeCaller(principal: Principal) {
  const { id, user, parent, team } = principal
  return {
    principal: id,
    ...(parent && { holder: holderOf(parent).id }),
    user,
    ...(team && { team }),
  }
}

function describeOutcome({ kind, answerBytes, cause, waitedMs, firstByteMs }: Outcome) {
  return {
    ...{ ended: kind, answerBytes },
    ...(waitedMs !== undefined && { queueMs: Math.round(waitedMs) }),
    ...(firstByteMs !== undefined && { firstByteMs: Math.round(firstByteMs) }),
    ...(cause !== undefined && { cause }),
  }
}

/** Without the model's name, which is text from the caller. */
function describeUsage({ inputTokens, outputTokens, microUsd, isEstimated }: Usage) {
  return { inputTokens, outputTokens, microUsd, ...(isEstimated && { isEstimated }) }
}

function describeRequest(facts: RequestFacts, reason: Reason | null) {
  // A plain key has no form by which it could be hidden.
  const isHidden = reason === 'credential-in-target' || facts.hasKeyInTarget
  const path = isHidden ? '***' : facts.path
  return {
    point: facts.point,
    method: facts.method.slice(0, methodCharsMax),
    // Without the query, which may contain anything; truncated, because clients choose the length.
    // Scrubbed before: a truncated key no longer has its form.
    path: maskLongSegments(scrubKeys(path)).slice(0, pathCharsMax),
    service: facts.service?.name,
    endpoint: facts.endpoint?.pattern,
    clientAddress: facts.clientAddress,
  }
}

/** A path may contain a credential in any form; a long segment without separators may be one. */
function maskLongSegments(path: string): string {
  return path.replace(/[A-Za-z0-9_=~+.-]{24,}/g, '***')
}
