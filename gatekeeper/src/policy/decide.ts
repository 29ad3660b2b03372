/**
 * Decides, and nothing else: no clock, no file, no network. Every rule is a check in the lists of
 * `checks.ts`; the first that refuses wins, and one that throws refuses.
 */
import type { Check, Decision, Obligation, Question } from '../model/decision.ts'
import type { Detail } from '../model/detail.ts'
import type { Reason } from '../model/reason.ts'

/** Runs the checks of one list in order, until one refuses. */
export function decide<Asked>(checks: readonly Check<Asked>[], question: Asked): Decision {
  const obligations: Obligation[] = []
  for (const check of checks) {
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
export function decideForLineage(checks: readonly Check[], question: Question): Decision {
  const { parent } = question.principal
  const decision = decide(checks, question)
  if (!decision.allowed || parent === undefined) return decision
  const onParent = decideForLineage(checks, { ...question, principal: parent })
  return onParent.allowed ? decision : onParent
}

/** For people: returns the result of every check; a refusal does not end the list. */
export function explain<Asked>(
  checks: readonly Check<Asked>[],
  question: Asked,
): readonly { readonly check: string; readonly reason: Reason | null }[] {
  return checks.map((check) => ({ check: check.name, reason: examineSafely(check, question, []) }))
}

function examineSafely<Asked>(
  check: Check<Asked>,
  question: Asked,
  obligations: Obligation[],
): Reason | null {
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
function describeSafely<Asked>(check: Check<Asked>, question: Asked): Detail | null {
  try {
    return check.describe?.(question) ?? null
  } catch {
    return null
  }
}
