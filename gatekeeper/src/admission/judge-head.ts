/** The judgement on the head of a request: who calls, and the checks that need no body. */
import type { Attempts, Authenticate, Shown } from '../credentials/attempts.ts'
import type { Refusal } from '../model/admission.ts'
import type { Checks, Decision, Obligation } from '../model/decision.ts'
import type { Denial } from '../model/denial.ts'
import type { RequestFacts } from '../model/facts.ts'
import type { ScopedLimit } from '../model/limit.ts'
import { describeRefusal } from '../model/limit-text.ts'
import type { Principal } from '../model/principal.ts'
import { type Reason, reasonRow } from '../model/reason.ts'
import { tokenClassOf } from '../model/service.ts'
import { resolveCaller } from '../policy/caller.ts'
import { decide, decideForLineage } from '../policy/decide.ts'

export type HeadDeps = {
  readonly checks: Checks
  readonly authenticate: Authenticate
  /** Returns what the address has left where administrators are locked out; null elsewhere. */
  readonly attemptsAt?: Attempts['standing']
  /** Returns every limit that applies to the principal at the service. */
  readonly limitsOf: (question: Known) => readonly ScopedLimit[]
}

type Known = { readonly facts: RequestFacts; readonly principal: Principal }

export type HeadAnswer = {
  readonly principal: Principal
  readonly limits: readonly ScopedLimit[]
  readonly obligations: readonly Obligation[]
  readonly facts: RequestFacts
}

/** Returns the caller, or the denial of the checks on the head. Charges nothing, reads no body. */
export async function judgeHead(
  facts: RequestFacts,
  credential: string | null,
  deps: HeadDeps,
): Promise<HeadAnswer | Denial> {
  let found: Principal | Reason = 'no-credential'
  try {
    if (credential !== null) found = await deps.authenticate(credential, shownAt(facts))
  } catch {
    found = 'check-failed'
  }
  const caller = resolveCaller(facts, found)
  const onCaller = decide(deps.checks.caller, { facts, caller })
  if (!onCaller.allowed) return refuseCaller(onCaller, facts, deps)
  // Independent of the list of checks: without a principal nobody is admitted.
  if (typeof caller === 'string') {
    return { reason: 'check-failed', check: 'principal', facts, principal: null }
  }
  const limits = deps.limitsOf({ facts, principal: caller })
  const question = { facts, principal: caller, limits, body: null }
  const onHead = decideForLineage(deps.checks.head, question)
  if (!onHead.allowed) return refuseBy(onHead, facts, caller)
  return { principal: caller, limits, facts, obligations: onHead.obligations }
}

/** Outside all services a token of the usual class is good, as an API key is. */
export function shownAt({ clientAddress, service, carrier }: RequestFacts): Shown {
  const isControl = service?.kind.furtherCarriers === 'control'
  return {
    ...{ clientAddress, tokenClass: tokenClassOf(service) },
    ...(isControl && { control: { isAdminField: carrier === 'admin-field' } }),
  }
}

/** Where administrators are locked out, the answer says how many attempts are left. */
function refuseCaller(
  refused: Extract<Decision, { allowed: false }>,
  facts: RequestFacts,
  deps: HeadDeps,
): Denial {
  const denial = refuseBy(refused, facts, null)
  const standing = deps.attemptsAt?.(shownAt(facts)) ?? null
  if (standing === null) return denial
  const { reason, detail } = refused
  const { attemptsRemaining, retryAfterMs } = standing
  const members = { ...detail?.members, attemptsRemaining }
  const text = detail?.text ?? reasonRow(reason).text
  return {
    ...denial,
    detail: { text, param: detail?.param ?? null, members },
    ...(reason === 'too-many-attempts' && { refusal: { reason, limit: null, retryAfterMs } }),
  }
}

export function refuseBy(
  { reason, check, detail }: Extract<Decision, { allowed: false }>,
  facts: RequestFacts,
  principal: Principal | null,
): Denial {
  return { reason, check, facts, principal, detail }
}

/** Returns the denial of a limit or a queue, with the text for the caller. */
export function refuseByLimit(
  refusal: Refusal,
  about: Pick<Denial, 'facts' | 'principal' | 'check'>,
): Denial {
  const detail = describeRefusal(refusal, about)
  return { ...about, reason: refusal.reason, refusal, detail }
}
