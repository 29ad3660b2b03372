import { basename, dirname, join } from 'node:path'
import { formatInstant } from '../../../../../gatekeeper/src/lib/instant.ts'
import type {
  ExplainedCheck,
  Explanation,
} from '../../../../../gatekeeper/src/model/explanation.ts'
import { reasonRow } from '../../../../../gatekeeper/src/model/reason.ts'
import type { WrittenPlace } from '../../../../../gatekeeper/src/model/written-place.ts'
import {
  createPlaceFinder,
  type FoundPlace,
  type PlaceFiles,
} from '../../../../../gatekeeper/src/operations/explain/find-places.ts'
import { checkTexts } from './check-texts.ts'
import type { Explained } from './schema.ts'

/** Returns an explanation as the page shows it. */
export function viewExplanation(
  explanation: Explanation,
  files: PlaceFiles,
): Omit<Explained, 'command'> {
  const { request, caller, checks, limits, verdict, written } = explanation
  const find = createPlaceFinder(files)
  const placeOf = ([first]: readonly WrittenPlace[]) =>
    first === undefined ? null : shorten(find(first))
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
    places: written.map(find).map(shorten),
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

/** `keys/keys.json`: where the folder stands on the host is not the matter of a page. */
function shorten({ file, line, member }: FoundPlace) {
  const name = line === null ? file : join(basename(dirname(file)), basename(file))
  return { file: name, line, member }
}
