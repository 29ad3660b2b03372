import type { Outcome } from '../model/admission.ts'
import type { RequestFacts } from '../model/facts.ts'
import { scrubKeys } from '../model/key-shape.ts'
import type { Principal } from '../model/principal.ts'
import { type Reason, reasonRow } from '../model/reason.ts'
import type { Usage } from '../model/usage.ts'
import type { Log } from './log.ts'

/** What is known of a decided request. Only the members named here ever reach a log. */
export type Decided = {
  readonly facts: RequestFacts | null
  readonly requestId: string
  readonly principal: Principal | null
  /** Why it was refused or failed; null where it was answered. */
  readonly reason: Reason | null
  readonly check?: string
  /** The limit that refused, in its one form, with whose it is. */
  readonly limit?: string | null
  readonly status: number
  readonly outcome: Outcome | null
  /** Caddy carried the answer, and did not tell of it. */
  readonly isEndUnknown?: true
  readonly usage?: Usage | null
  readonly durationMs: number
}

const pathCharsMax = 200
const methodCharsMax = 20

/** Writes the one line of a request, at the level that its reason has. */
export function logDecision(
  log: Log,
  decided: Decided,
  described: DescribedDecision = describeDecision(decided),
): void {
  const { reason } = decided
  log[reason === null ? 'info' : reasonRow(reason).level](described, 'decision')
}

export type DescribedDecision = Readonly<Record<string, unknown>>

/** What may be told of a decided request, in a log or an audit: no credential, and nothing long. */
export function describeDecision(decided: Decided): DescribedDecision {
  const { facts, principal, reason, outcome } = decided
  return {
    outcome: reason === null ? 'allow' : outcome === null ? 'deny' : 'fail',
    ...(reason !== null && { reason, check: decided.check }),
    ...(decided.limit && { limit: decided.limit }),
    requestId: decided.requestId,
    ...(facts && { traceId: facts.trace.traceId }),
    ...(facts && describeRequest(facts, reason)),
    ...(principal && { principal: principal.id, user: principal.user }),
    status: decided.status,
    ...(outcome && describeOutcome(outcome)),
    ...(decided.isEndUnknown && { ended: 'unknown' }),
    ...(decided.usage && describeUsage(decided.usage)),
    durationMs: Math.round(decided.durationMs * 10) / 10,
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

/** Without the model's name, which the caller chose. */
function describeUsage({ inputTokens, outputTokens, microUsd, isEstimated }: Usage) {
  return { inputTokens, outputTokens, microUsd, ...(isEstimated && { isEstimated }) }
}

function describeRequest(facts: RequestFacts, reason: Reason | null) {
  // A plain key has no shape by which it could be hidden.
  const isHidden = reason === 'credential-in-target' || facts.hasKeyInTarget
  const path = isHidden ? '***' : facts.path
  return {
    point: facts.point,
    method: facts.method.slice(0, methodCharsMax),
    // Without the query, which may hold anything; cut, since a stranger chooses its length. Scrubbed
    // before: what the cut leaves of a key has no longer the shape of one.
    path: maskLongSegments(scrubKeys(path)).slice(0, pathCharsMax),
    service: facts.service?.name,
    endpoint: facts.endpoint?.pattern,
    clientAddress: facts.clientAddress,
  }
}

/** A stranger's path may hold a credential of any form; what is long and without a gap may be one. */
function maskLongSegments(path: string): string {
  return path.replace(/[A-Za-z0-9_=~+.-]{24,}/g, '***')
}
