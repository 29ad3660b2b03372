/**
 * Decides, and nothing else: no clock, no file, no network. Every rule is a check in the one array
 * of `checks.ts`; the first that refuses wins, and one that throws refuses.
 */
import type { Check, Decision, Obligation, Question } from '../model/decision.ts'
import type { Detail } from '../model/detail.ts'
import type { Reason } from '../model/reason.ts'

/** Runs every check that needs no more than `phase`, in order, until one refuses. */
export function decide(
  checks: readonly Check[],
  phase: Check['needs'],
  question: Question,
): Decision {
  const obligations: Obligation[] = []
  for (const check of checks) {
    if (check.needs !== phase) continue
    const reason = examineSafely(check, question, obligations)
    if (reason !== null) {
      return { allowed: false, reason, check: check.name, detail: describeSafely(check, question) }
    }
  }
  return { allowed: true, obligations }
}

/**
 * Decides for the caller and for the parent of an exchanged token: the first that refuses wins. The
 * obligations follow from the caller's own checks, which already include the parent's rights.
 */
export function decideForLineage(
  checks: readonly Check[],
  phase: Check['needs'],
  question: Question,
): Decision {
  const { caller } = question
  const decision = decide(checks, phase, question)
  if (!decision.allowed || typeof caller === 'string' || caller.parent === undefined)
    return decision
  const onParent = decideForLineage(checks, phase, { ...question, caller: caller.parent })
  return onParent.allowed ? decision : onParent
}

/** For people: returns the result of every check; a refusal does not end the list. */
export function explain(
  checks: readonly Check[],
  question: Question,
): readonly { readonly check: string; readonly reason: Reason | null }[] {
  return checks.map((check) => ({ check: check.name, reason: examineSafely(check, question, []) }))
}

function examineSafely(check: Check, question: Question, obligations: Obligation[]): Reason | null {
  try {
    const reason = check.examine(question)
    const obligation = reason === null ? (check.oblige?.(question) ?? null) : null
    if (obligation !== null) obligations.push(obligation)
    return reason
  } catch {
    // A check that throws must not count as a permit.
    return 'check-failed'
  }
}

/** The refusal remains without its detail. */
function describeSafely(check: Check, question: Question): Detail | null {
  try {
    return check.describe?.(question) ?? null
  } catch {
    return null
  }
}
