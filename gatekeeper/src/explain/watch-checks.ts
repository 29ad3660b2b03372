/** Watches the checks of one question, so that each can be explained afterwards. */

import type { Check, Checks, FactsQuestion, Question, RefusedBy } from '../model/decision.ts'
import type { ExplainedCheck } from '../model/explanation.ts'
import { lineageOf } from '../model/principal.ts'
import type { Reason } from '../model/reason.ts'
import type { WrittenPlace } from '../model/written-place.ts'
import { explain } from '../policy/decide.ts'

export type WatchedChecks = {
  readonly checks: Checks
  /** Every check in order. Checks that did not run are `not-asked`. */
  readonly rows: () => ExplainedCheck[]
  /** Where the rule of the check that refused is written. */
  readonly written: () => readonly WrittenPlace[]
}

/** The key of a question, and the person who made it. */
type AskedKey = Omit<RefusedBy, 'reason'>

/** Returns the checks with a watcher; `key` is that of the question, if there is one. */
export function watchChecks(checks: Checks, key: AskedKey): WatchedChecks {
  let written: readonly WrittenPlace[] = []
  const note = <Asked>(check: Check<Asked>, question: Asked, reason: Reason | null) => {
    if (reason !== null) written = check.written?.(question, { reason, ...key }) ?? []
  }
  const alone = <Asked>(question: Asked) => [{ question, principal: null }]
  const ofCaller = { note, partsOf: alone, key } as const
  const ofLineage = { note, partsOf: byLineage, key } as const
  const facts = watchList(checks.facts, { needs: 'head', ...ofCaller })
  const caller = watchList(checks.caller, { needs: 'head', ...ofCaller })
  const head = watchList(checks.head, { needs: 'head', ...ofLineage })
  const body = watchList(checks.body, { needs: 'body', ...ofLineage })
  return {
    checks: { facts: facts.checks, caller: caller.checks, head: head.checks, body: body.checks },
    rows: () => [facts, caller, head, body].flatMap(({ rows }) => rows()),
    written: () => written,
  }
}

type Part<Asked> = { readonly question: Asked; readonly principal: string | null }

/** Returns the question for the caller, and for each principal that its token came from. */
function byLineage(question: Question): Part<Question>[] {
  return lineageOf(question.principal).map((principal) => ({
    question: { ...question, principal },
    principal: principal.id,
  }))
}

type Watching<Asked> = {
  readonly needs: ExplainedCheck['needs']
  readonly note: (check: Check<Asked>, question: Asked, reason: Reason | null) => void
  readonly partsOf: (question: Asked) => readonly Part<Asked>[]
  readonly key: AskedKey
}

function watchList<Asked extends FactsQuestion>(
  checks: readonly Check<Asked>[],
  { needs, note, partsOf, key }: Watching<Asked>,
) {
  let asked: Asked | null = null
  return {
    checks: checks.map(
      (check): Check<Asked> => ({
        ...check,
        examine: (question) => {
          // A request that names its endpoint is asked about again, with the facts of that.
          if (asked?.facts !== question.facts) asked = question
          const reason = check.examine(question)
          note(check, question, reason)
          return reason
        },
      }),
    ),
    rows: (): ExplainedCheck[] =>
      checks.flatMap((check): ExplainedCheck[] => {
        const row = { check: check.name, needs }
        if (asked === null) {
          return [{ ...row, reason: 'not-asked', principal: null, written: [] }]
        }
        return partsOf(asked).map(({ question, principal }) => {
          const reason = explain([check], question)[0]?.reason ?? null
          const written =
            reason === null ? [] : (check.written?.(question, { reason, ...key }) ?? [])
          return { ...row, reason, principal, written }
        })
      }),
  }
}
