import { scrubKeys } from '../lib/key-shape.ts'
import type { Outcome } from '../policy/admission.ts'
import type { RequestFacts } from '../policy/facts.ts'
import type { Principal } from '../policy/principal.ts'
import { type Reason, reasonRow } from '../policy/reason.ts'
import type { Log } from './log.ts'

/** What is known of a decided request. Only the members named here ever reach a log. */
export type Decided = {
  readonly facts: RequestFacts | null
  readonly requestId: string
  readonly principal: Principal | null
  /** Why it was refused or failed; null where it was answered. */
  readonly reason: Reason | null
  readonly check?: string
  readonly status: number
  readonly outcome: Outcome | null
  readonly durationMs: number
}

const pathCharsMax = 200
const methodCharsMax = 20

/** Writes the one line of a request, at the level that its reason has. */
export function logDecision(log: Log, decided: Decided): void {
  const { facts, principal, reason, outcome } = decided
  const level = reason === null ? 'info' : reasonRow(reason).level
  log[level](
    {
      outcome: reason === null ? 'allow' : outcome === null ? 'deny' : 'fail',
      ...(reason !== null && { reason, check: decided.check }),
      requestId: decided.requestId,
      ...(facts && describeRequest(facts, reason)),
      ...(principal && { principal: principal.id, user: principal.user }),
      status: decided.status,
      ...(outcome && describeOutcome(outcome)),
      durationMs: Math.round(decided.durationMs * 10) / 10,
    },
    'decision',
  )
}

function describeOutcome({ kind, answerBytes, cause }: Outcome) {
  return { ended: kind, answerBytes, ...(cause !== undefined && { cause }) }
}

function describeRequest(facts: RequestFacts, reason: Reason | null) {
  // The very thing that was refused: a plain key has no shape by which it could be hidden.
  const path = reason === 'credential-in-target' ? '***' : facts.path

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
