/**
 * The one door. Every request of both enforcement points goes through `admit()`: facts, credential,
 * principal, the checks on the head, the reservation, and only then the body and its checks.
 * Whatever throws on the way is a denial.
 */
import { Admission, type Reservation } from '../policy/admission.ts'
import { resolveCaller } from '../policy/caller.ts'
import { decide } from '../policy/decide.ts'
import type { Check, Question } from '../policy/decision.ts'
import type { RequestFacts } from '../policy/facts.ts'
import type { Principal } from '../policy/principal.ts'
import type { Reason } from '../policy/reason.ts'
import { type BodySource, readBodyFacts } from './body-facts.ts'
import type { Denial } from './denial.ts'
import { type FactsDeps, readRequestFacts } from './request-facts.ts'
import type { RequestHead } from './request-head.ts'

export type AdmitDeps = FactsDeps & {
  readonly checks: readonly Check[]
  readonly authenticate: (
    credential: string,
    clientAddress: string,
  ) => Principal | Reason | Promise<Principal | Reason>
  /** Tests and charges in one step, all or nothing. */
  readonly reserve: (question: {
    facts: RequestFacts
    principal: Principal
  }) => Reservation | Reason
}

/** An admission, with the body's bytes where a check had to read them. */
export type Admitted = { readonly admission: Admission; readonly bytes: Buffer | null }

/**
 * Decides on one request. `body` is null at the check point, which never sees one.
 */
export async function admit(
  head: RequestHead,
  body: BodySource | null,
  deps: AdmitDeps,
): Promise<Admitted | Denial> {
  const { facts, credential } = readRequestFacts(head, deps)
  const caller = resolveCaller(facts, await authenticate(facts, credential, deps))
  const principal = typeof caller === 'string' ? null : caller
  const deny = (reason: Reason, check: string): Denial => ({ reason, check, facts, principal })

  const onHead = decide(deps.checks, 'head', { facts, caller, body: null })
  if (!onHead.allowed) return deny(onHead.reason, onHead.check)
  if (principal === null) return deny('check-failed', 'principal')
  const reservation = reserve({ facts, principal }, deps)
  if (typeof reservation === 'string') return deny(reservation, 'reserve')

  const onBody = await admitBody({ head, facts, caller, principal }, body, deps).catch((error) => {
    reservation.settle({ status: 0, kind: 'aborted', answerBytes: 0 })
    throw error
  })
  if ('reason' in onBody) {
    reservation.settle({ status: 0, kind: 'failed', answerBytes: 0 })
    return deny(onBody.reason, onBody.check)
  }
  const obligations = [...onHead.obligations, ...onBody.obligations]
  return {
    admission: new Admission({ facts, principal, obligations, reservation }),
    bytes: onBody.bytes,
  }
}

/** A ledger that fails has charged nothing, and what is not charged is not admitted. */
function reserve(
  question: { facts: RequestFacts; principal: Principal },
  deps: AdmitDeps,
): Reservation | Reason {
  try {
    return deps.reserve(question)
  } catch {
    return 'check-failed'
  }
}

async function authenticate(
  facts: RequestFacts,
  credential: string | null,
  deps: AdmitDeps,
): Promise<Principal | Reason> {
  if (facts.defect !== null) return facts.defect
  if (credential === null) return 'no-credential'
  try {
    return await deps.authenticate(credential, facts.clientAddress)
  } catch {
    return 'check-failed'
  }
}

type BodyQuestion = Omit<Question, 'body'> & { head: RequestHead; principal: Principal }

async function admitBody(question: BodyQuestion, source: BodySource | null, deps: AdmitDeps) {
  if (source === null) return { obligations: [], bytes: null }
  const read = await readBodyFacts(question, source)
  const decision = decide(deps.checks, 'body', { ...question, body: read.facts })
  return decision.allowed ? { obligations: decision.obligations, bytes: read.bytes } : decision
}
