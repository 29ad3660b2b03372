/**
 * The only way in. Every request of both enforcement points goes through `admit()`: facts,
 * credential, principal, the checks on the head, the reservation, the body and its checks, the
 * estimate of its use, and its turn in the queue. An exception on the way is a denial.
 */
import type { FollowCredential } from '../credentials/follow-credential.ts'
import { Admission, type Refusal, type Reservation } from '../model/admission.ts'
import type { Obligation } from '../model/decision.ts'
import type { Denial } from '../model/denial.ts'
import type { Detail } from '../model/detail.ts'
import type { BodyFacts, RequestFacts } from '../model/facts.ts'
import type { ScopedLimit } from '../model/limit.ts'
import { decide, decideForLineage } from '../policy/decide.ts'
import { adaptRequest } from './adapt-request.ts'
import { type LimitAddress, unlimitedAddress } from './address-limits.ts'
import { readBodyFacts } from './body-facts.ts'
import type { BodySource, ReadBody } from './body-source.ts'
import { type EstimateDeps, extendReservation } from './estimate.ts'
import { createFormGuard, type FormGuard } from './form-guard.ts'
import {
  type HeadAnswer,
  type HeadDeps,
  judgeHead,
  refuseBy,
  refuseByLimit,
  shownAt,
} from './judge-head.ts'
import { type FactsDeps, readRequestFacts } from './request-facts.ts'
import type { RequestHead } from './request-head.ts'
import type { Reserver } from './reserve.ts'
import { rewriteBody, withoutQuestion } from './rewrite-body.ts'
import { createHolding, type EnterQueue, type Holding } from './slot.ts'
import type { StoreDeps } from './stored-responses.ts'

export type AdmitDeps = FactsDeps &
  StoreDeps &
  EstimateDeps &
  HeadDeps & {
    /**
     * Follows a valid credential: returns a function that says whether it is still valid while the
     * answer continues. Left out if answers are never cut for that.
     */
    readonly followCredential?: FollowCredential
    /**
     * Reads what `reserve` needs of a caller with a chosen name; false refuses the request. Left out
     * if nothing has to be read.
     */
    readonly prepare?: (limits: readonly ScopedLimit[]) => Promise<boolean>
    /** Tests and charges the limits of the client's address; left out if there are none. */
    readonly limitAddress?: LimitAddress
    /** Tests and charges in one step, all or nothing. */
    readonly reserve: Reserver<never>['reserve']
    /** Waits for a slot of the service; resolves to null if no wait is needed. */
    readonly enterQueue: EnterQueue
  }

/** An admission, with the facts of its body and the bytes to send if a check had to read them. */
export type Admitted = {
  readonly admission: Admission
  readonly body: BodyFacts | null
  readonly bytes: Buffer | null
  /** Returns `bytes` without the usage question that we added; null if we added none. */
  readonly bytesWithout: (() => Buffer) | null
  /** Checks an upload while it passes through; null for other bodies. */
  readonly form: FormGuard | null
}

/** Decides on one request. `body` is null at the check point, which never sees one. */
export async function admit(
  head: RequestHead,
  body: BodySource | null,
  deps: AdmitDeps,
): Promise<Admitted | Denial> {
  const { facts, credential } = readRequestFacts(head, deps)
  const onFacts = decide(deps.checks.facts, { facts })
  if (!onFacts.allowed) return refuseBy(onFacts, facts, null)
  const ofAddress = deps.limitAddress?.(facts) ?? unlimitedAddress
  if (ofAddress.refusal !== null) {
    const { refusal } = ofAddress
    return refuseByLimit(refusal, { check: 'address-limit', facts, principal: null })
  }
  const onHead = await judgeHead(facts, credential, deps)
  if ('reason' in onHead) return onHead
  // A revocation counts from here on, also while the body arrives or the request is queued.
  const isStanding = follow(onHead, credential, deps)
  // The use of whoever chose a name may have to be read first; that of all others is at hand.
  const isAtHand = !['app', 'widget'].includes(onHead.principal.kind)
  const reserved = isAtHand ? reserve(onHead, deps) : await prepareAndReserve(onHead, deps)
  if ('reason' in reserved) {
    const { principal } = onHead
    return refuseByLimit(reserved, { check: 'reserve', facts, principal })
  }
  const reservation = createHolding(reserved, ofAddress.standings)
  const owed = onFacts.obligations
  const request = { head, body, facts, credential, owed, onHead, reservation, isStanding }
  let verdict: Admitted | Denial | null = null
  try {
    verdict = await (facts.route?.adapter ? admitAdapted : admitReserved)(request, deps)
    return verdict
  } finally {
    // The only other place that settles is the end of an admitted request (http/conclude.ts).
    const kind = verdict === null ? 'aborted' : 'reason' in verdict ? 'failed' : null
    if (kind !== null) void reservation.settle({ status: 0, kind, answerBytes: 0 })
  }
}

/** Reads the use of a caller with a chosen name, then reserves. */
async function prepareAndReserve(
  question: HeadAnswer,
  deps: AdmitDeps,
): Promise<Reservation | Refusal> {
  const isPrepared = (await deps.prepare?.(question.limits)) ?? true
  if (isPrepared) return reserve(question, deps)
  return { reason: 'ledger-unavailable', limit: null, retryAfterMs: null }
}

/** A ledger that fails has charged nothing, and a request without a charge is not admitted. */
function reserve(question: HeadAnswer, deps: AdmitDeps): Reservation | Refusal {
  try {
    return deps.reserve(question)
  } catch {
    return { reason: 'check-failed', limit: null, retryAfterMs: null }
  }
}

/** Returns null without a credential, since nothing can be revoked then. */
function follow({ principal, facts }: HeadAnswer, credential: string | null, deps: AdmitDeps) {
  if (credential === null || principal.kind === 'anonymous') return null
  return deps.followCredential?.(credential, principal, shownAt(facts)) ?? null
}

type Reserved = {
  readonly head: RequestHead
  readonly body: BodySource | null
  readonly facts: RequestFacts
  readonly credential: string | null
  /** Obligations from the checks on the facts. */
  readonly owed: readonly Obligation[]
  readonly onHead: HeadAnswer
  readonly reservation: Holding
  readonly isStanding: (() => boolean) | null
  /** The body, if it was read to learn which endpoint the request is for. */
  readonly read?: ReadBody | null
}

/**
 * Does the same for the endpoint that the request names, after its checks on the head. It has the
 * reservation and the limits of the request that named it.
 */
async function admitAdapted(request: Reserved, deps: AdmitDeps): Promise<Admitted | Denial> {
  const { head, body, onHead } = request
  const { principal, limits } = onHead
  if (body === null || request.facts.endpoint?.isOwn) return await admitReserved(request, deps)
  const { facts, read } = await adaptRequest({ head, facts: request.facts, principal }, body, deps)
  const question = { facts, principal, limits, body: null }
  const onNative = decideForLineage(deps.checks.head, question)
  if (!onNative.allowed) return refuseBy(onNative, facts, principal)
  const native = { ...onHead, facts, obligations: onNative.obligations }
  return await admitReserved({ ...request, facts, onHead: native, read }, deps)
}

/** Does everything after the reservation. The caller settles it if this denies or throws. */
async function admitReserved(request: Reserved, deps: AdmitDeps): Promise<Admitted | Denial> {
  const { facts, onHead, reservation, isStanding } = request
  const { principal } = onHead
  const refuse = (refusal: Refusal, check: string) =>
    refuseByLimit(refusal, { check, facts, principal })

  const onBody = await judgeBody(request, deps)
  if ('reason' in onBody) return refuseBy(onBody, facts, principal)
  const owed = onBody.obligations
  const question = { facts, principal, body: onBody.read?.facts ?? null, obligations: owed }
  const extended = extendReservation(question, reservation, deps)
  if ('reason' in extended) return refuse(extended, 'reserve')
  const obligations = [...onBody.obligations, ...extended.obligations]
  const bytes = rewrite(onBody.read, facts, obligations)
  if (bytes === undefined) {
    return { reason: 'output-too-long', check: 'rewrite', facts, principal, detail: tooManyAnswers }
  }
  const bytesWithout = withoutOurQuestion(onBody.read, bytes, obligations)
  request.body?.onDecided?.()
  const unkept = await reservation.open(facts)
  if (unkept !== null) return refuse(unkept, 'reserve')

  const leaving = request.body?.leaving ?? null
  const [model = null] = question.body?.models ?? []
  const slot = await deps.enterQueue({ facts, principal, leaving, model })
  if (slot !== null && 'reason' in slot) return refuse(slot, 'queue')
  if (slot !== null) reservation.hold(slot)
  // The key may have been revoked, or its role changed, while the request waited.
  const again = slot?.hasWaited ? await judgeHead(facts, request.credential, deps) : onHead
  if ('reason' in again) return again
  const parts = {
    ...{ facts, principal: again.principal, waitedMs: slot?.waitedMs ?? null },
    obligations: [...request.owed, ...again.obligations, ...obligations],
  }
  return {
    admission: new Admission({ ...parts, reservation, ...(isStanding && { isStanding }) }),
    body: question.body,
    bytes,
    bytesWithout,
    form: question.body?.isOnItsWay ? guardForm(request, deps) : null,
  }
}

/** Judges an upload with the checks on bodies, but later: when its fields have arrived. */
function guardForm({ head, facts, onHead }: Reserved, deps: AdmitDeps): FormGuard {
  const { principal, limits } = onHead
  const judge = (body: BodyFacts) => {
    const decision = decideForLineage(deps.checks.body, { facts, principal, limits, body })
    // Without the detail: a model that does not exist gets the same text.
    return decision.allowed ? null : { reason: decision.reason, detail: null }
  }
  return createFormGuard({ head, facts, principal, judge })
}

async function judgeBody(request: Reserved, deps: AdmitDeps) {
  const { head, body, facts, onHead } = request
  if (body === null) return { obligations: [], read: null }
  const { principal, limits } = onHead
  const read = request.read ?? (await readBodyFacts({ head, facts, principal }, body, deps))
  const question = { facts, principal, limits, body: read.facts }
  const decision = decideForLineage(deps.checks.body, question)
  return decision.allowed ? { obligations: decision.obligations, read } : decision
}

const tooManyAnswers: Detail = {
  text: 'The request asks for more answers (n, best_of) than it may have output tokens.',
  param: 'n',
}

/** Returns the body to send; null if it is streamed, undefined if its output cannot be capped. */
function rewrite(
  read: ReadBody | null,
  facts: RequestFacts,
  obligations: readonly Obligation[],
): Buffer | null | undefined {
  if (read === null || read.json === null || facts.endpoint === null) return null
  return rewriteBody({ json: read.json, facts: read.facts }, facts, obligations) ?? undefined
}

/** Returns the same body without the usage question that we added; null if we added none. */
function withoutOurQuestion(
  read: ReadBody | null,
  bytes: Buffer | null,
  obligations: readonly Obligation[],
) {
  return read?.json && bytes !== null ? withoutQuestion(bytes, read.json, obligations) : null
}
