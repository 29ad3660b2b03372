import { formatInstant } from '../../../../../gatekeeper/src/lib/instant.ts'
import type {
  ExplainedCheck,
  Explanation,
} from '../../../../../gatekeeper/src/model/explanation.ts'
import { reasonRow } from '../../../../../gatekeeper/src/model/reason.ts'
import type { WrittenPlace } from '../../../../../gatekeeper/src/model/written-place.ts'
import {
  createPlaceFinder,
  type PlaceFiles,
} from '../../../../../gatekeeper/src/operations/explain/find-places.ts'
import { shortPath } from '../short-path.ts'
import { checkTexts } from './check-texts.ts'
import type { Explained } from './schema.ts'

/** Returns an explanation as the page shows it. */
export function viewExplanation(
  explanation: Explanation,
  files: PlaceFiles,
): Omit<Explained, 'command'> {
  const { request, caller, checks, limits, verdict, written } = explanation
  const find = createPlaceFinder(files)
  const shorten = (place: WrittenPlace): Explained['places'][number] => {
    const { file, line, member } = find(place)
    return { file: shortPath(file, files), line, member }
  }
  const placeOf = ([first]: readonly WrittenPlace[]) =>
    first === undefined ? null : shorten(first)
  const { isAllowed, status, reason, text, check, limit } = verdict
  return {
    ...{ verdict: isAllowed ? 'allowed' : 'refused', status, reason, text, check, limit, request },
    caller: caller && viewCaller(caller),
    checks: checks.map((one) => ({ ...viewCheck(one, explanation), place: placeOf(one.written) })),
    limits: limits.map((one) => ({
      ...viewLimit(one),
      isRefusing: limit === `${one.scope} ${one.text}`,
      place: placeOf(one.written),
    })),
    places: written.map(shorten),
  }
}

function viewCaller({ id, user, role, services, models }: NonNullable<Explanation['caller']>) {
  return { id, user, role, services: [...services], models: [...models] }
}

function viewCheck(one: ExplainedCheck, explanation: Explanation) {
  const { check: name, needs, reason, principal } = one
  const text = checkTexts[name]
  const about = { name, title: text?.title ?? name, needs, principal }
  if (reason === 'not-asked') return { ...about, result: 'skip', reason: null, why: null } as const
  if (reason === null) {
    return { ...about, result: 'pass', reason, why: text?.found?.(explanation) ?? null } as const
  }
  const isDecisive = explanation.verdict.check === name && explanation.verdict.reason === reason
  const why = (isDecisive ? explanation.verdict.text : null) ?? reasonRow(reason).text
  return { ...about, result: 'deny', reason, why } as const
}

function viewLimit(one: Explanation['limits'][number]) {
  const { scope, text, unit, amount, used, remaining, resetAt } = one
  const resetsAt = resetAt === null ? null : formatInstant(resetAt)
  return { scope, text, unit, limit: amount, used, remaining, resetsAt }
}
