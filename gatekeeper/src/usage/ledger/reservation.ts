import { randomUUID } from 'node:crypto'
import type { Outcome, Refusal, Reservation } from '../../model/admission.ts'
import type { RequestFacts } from '../../model/facts.ts'
import { holderOf } from '../../model/principal.ts'
import type { Charge, Estimate, Usage } from '../../model/usage.ts'
import type { Balance, UsageJournal, UsageRecord } from '../journal/usage-journal.ts'
import type { Hold, Short } from './hold.ts'
import type { LedgerQuestion } from './ledger-question.ts'
import type { Now } from './meter.ts'

/** The charges of a new reservation. */
export type Held = {
  readonly question: LedgerQuestion
  /** What the request is charged to. */
  readonly holds: readonly Hold[]
  /** Limits shown in answers, including those that apply and do not count the request. */
  readonly shown: readonly Hold[]
  /** Releases the concurrency; called once. */
  readonly release: () => void
}

export type ReservationDeps = {
  readonly now: () => Now
  readonly journal: UsageJournal | null
  readonly admittedAt: Now
}

/** More than any answer uses: wrong figures of a provider must not close an account forever. */
const unitsMax = 1_000_000_000_000

const nothingUsed: Charge = { tokens: 0, microUsd: 0 }

/** The charges of one admitted request, until it is settled. */
export class HeldReservation implements Reservation {
  #held: Held
  readonly #deps: ReservationDeps
  #estimate: Estimate | null = null
  #openedAs: string | null = null
  #isSentOn = false
  #settled: Promise<void> | null = null

  constructor(held: Held, deps: ReservationDeps) {
    this.#held = held
    this.#deps = deps
  }

  extend(wanted: Estimate): Refusal | null {
    const at = this.#deps.now()
    const { holds } = this.#held
    const refusal = findRefusal(wanted, { holds, at })
    if (refusal !== null) return refusal
    this.#estimate = wanted
    for (const hold of holds) {
      hold.charge(unitsOf(wanted.firm, hold), at)
      hold.charge(Math.min(unitsOf(wanted.hoped, hold), hold.room(at)), at)
    }
    return null
  }

  room(): Charge {
    return roomOf({ holds: this.#held.holds, at: this.#deps.now() })
  }

  standings(used: Charge | null = null) {
    return standingsOf({ holds: this.#held.shown, at: this.#deps.now() }, used)
  }

  async open(facts: RequestFacts): Promise<Refusal | null> {
    this.#isSentOn = true
    const { question } = this.#held
    if (facts !== question.facts) this.#held = { ...this.#held, question: { ...question, facts } }
    const { journal } = this.#deps
    const durable = this.#held.holds.filter(({ isDurable }) => isDurable)
    if (journal === null || durable.length === 0) return null
    const id = randomUUID()
    const end = { estimate: this.#estimate, outcome: interrupted, usage: null }
    const record = describeRequest(this.#held, this.#deps, end)
    const result = await journal.open({ id, record, charges: balancesOf(durable) })
    if (result !== 'open') return unavailable
    this.#openedAs = id
    return null
  }

  settle(outcome: Outcome, usage: Usage | null = null): Promise<void> {
    const estimate = this.#estimate
    const isLess = usage !== null && isReservedMore(usage, estimate)
    this.#settled ??= this.#settle({ estimate, outcome, usage: isLess ? null : usage })
    return this.#settled
  }

  #settle(end: End): Promise<void> {
    const { holds, question, release } = this.#held
    const { now, journal } = this.#deps
    release()
    const at = now()
    const used = usedBy(end)
    for (const hold of holds) {
      // Units that nothing counted stay charged as reserved.
      if (hold.unit !== 'requests' && used !== null) hold.settle(unitsOf(used, hold), at)
    }
    // A request that was refused before it was forwarded used nothing and is in the decision log.
    // Its remaining charges must be stored.
    const isNothing = !this.#isSentOn && !holds.some(({ isKept }) => isKept)
    if (journal === null || isNothing || question.facts.service?.kind.isOwn) return done
    return keep(journal, { held: this.#held, deps: this.#deps, openedAs: this.#openedAs, end })
  }
}

const done = Promise.resolve()

/** A reservation that only tests: it compares and charges nothing. */
export function createRehearsal(
  { counted: holds, shown }: { readonly counted: readonly Hold[]; readonly shown: readonly Hold[] },
  now: () => Now,
): Reservation {
  return {
    extend: (wanted) => findRefusal(wanted, { holds, at: now() }),
    room: () => roomOf({ holds, at: now() }),
    standings: () => standingsOf({ holds: shown, at: now() }, null),
    open: () => Promise.resolve(null),
    settle: () => Promise.resolve(),
  }
}

type HoldsNow = { readonly holds: readonly Hold[]; readonly at: Now }

function findRefusal(wanted: Estimate, { holds, at }: HoldsNow): Refusal | null {
  for (const hold of holds) {
    const units = unitsOf(wanted.firm, hold)
    const short = units === 0 ? null : hold.findShort(units, at)
    if (short !== null) return refuseShort(short, wanted)
  }
  return null
}

function roomOf({ holds, at }: HoldsNow): Charge {
  const least = (unit: Hold['unit']) =>
    Math.min(...holds.filter((hold) => hold.unit === unit).map((hold) => hold.room(at)))
  return { tokens: least('tokens'), microUsd: least('micro-usd') }
}

function standingsOf({ holds, at }: HoldsNow, used: Charge | null) {
  return holds.flatMap((hold) => {
    const isSettled = used !== null && hold.unit !== 'requests'
    return hold.standings(at, isSettled ? unitsOf(used, hold) : null)
  })
}

/** If the process died now, everything that is reserved would count as used. */
const interrupted: Outcome = { status: 0, kind: 'aborted', answerBytes: 0 }
const unavailable: Refusal = { reason: 'ledger-unavailable', limit: null, retryAfterMs: null }

function unitsOf(charge: Charge, { unit }: Hold): number {
  if (unit === 'requests') return 0
  const units = unit === 'tokens' ? charge.tokens : charge.microUsd
  return Math.min(Math.max(0, Math.ceil(units) || 0), unitsMax)
}

/**
 * Returns the final cost of the request; null if the reserved units are the best estimate. A
 * request that never reached a model, or that the model refused, used nothing.
 */
function usedBy({ outcome, usage, estimate }: End): Charge | null {
  if (usage !== null) {
    return { tokens: usage.inputTokens + usage.outputTokens, microUsd: usage.microUsd }
  }
  const isUnanswered = outcome.kind === 'failed' && outcome.answerBytes === 0
  const isRefused = outcome.kind === 'answered' && outcome.status >= 400
  return estimate === null || isUnanswered || isRefused ? nothingUsed : null
}

/** Whether more was reserved than was seen of what may have been used. */
function isReservedMore(
  { inputTokens, outputTokens, isAtLeast }: Usage,
  estimate: Estimate | null,
): boolean {
  if (isAtLeast !== true || estimate === null) return false
  return inputTokens + outputTokens <= estimate.inputTokens + estimate.outputTokens
}

/** A refusal by a limit: rates recover continuously, quotas when they are renewed. */
export function refuseShort(
  { standing, waitMs, units, againAt }: Short,
  wanted: Estimate | null = null,
): Refusal {
  return {
    reason: standing.isRate ? 'rate-limited' : 'quota-exceeded',
    limit: standing,
    // A request that never fits is not worth a retry before the limit resets.
    ...{ retryAfterMs: waitMs, againAt },
    ...(wanted !== null && {
      asked: {
        units,
        inputTokens: wanted.inputTokens,
        outputTokens: wanted.outputTokens - wanted.hoped.tokens,
      },
    }),
  }
}

/** Two rates of one period are two meters, but one counter in the journal. */
function balancesOf(holds: readonly Hold[]): Balance[] {
  const balances = new Map<string, Balance>()
  for (const { balance } of holds) {
    const { subject, unit, period } = balance
    balances.set(`${unit}/${period} ${subject}`, balance)
  }
  return [...balances.values()]
}

type End = {
  readonly estimate: Estimate | null
  readonly outcome: Outcome
  readonly usage: Usage | null
}

/** Resolves when the journal has the record. The journal never rejects. */
async function keep(
  journal: UsageJournal,
  {
    held,
    deps,
    openedAs,
    end,
  }: { held: Held; deps: ReservationDeps; openedAs: string | null; end: End },
): Promise<void> {
  const charges = balancesOf(held.holds.filter(({ isKept }) => isKept))
  const request = describeRequest(held, deps, end)
  const record: UsageRecord = {
    ...request,
    outcome: end.outcome.kind,
    isEstimated: end.usage?.isEstimated ?? request.inputTokens + request.outputTokens > 0,
  }
  // At the check point the answer was already sent, and a client that disconnected does not wait.
  const isAwaited = held.question.facts.point === 'relay' && end.outcome.kind !== 'aborted'
  const urgency = isAwaited ? 'at-once' : 'soon'
  await journal.record({ reservationId: openedAs, record, charges }, urgency)
}

function describeRequest(
  { question }: Held,
  { now, admittedAt }: ReservationDeps,
  end: End,
): Omit<UsageRecord, 'outcome' | 'isEstimated'> {
  const { facts, principal } = question
  const { estimate, outcome, usage } = end
  const isUsed = usedBy(end) === null
  return {
    at: admittedAt.wallAt,
    requestId: facts.requestId,
    // A token lives for minutes: people look for the key that was charged.
    principalId: holderOf(principal).id,
    user: principal.user,
    service: facts.service?.name ?? '',
    model: usage?.model ?? estimate?.model ?? null,
    endpoint: facts.endpoint?.pattern ?? null,
    status: outcome.status,
    inputTokens: usage?.inputTokens ?? (isUsed ? (estimate?.inputTokens ?? 0) : 0),
    outputTokens: usage?.outputTokens ?? (isUsed ? (estimate?.outputTokens ?? 0) : 0),
    microUsd: usage?.microUsd ?? (isUsed ? reservedMicroUsd(estimate) : 0),
    durationMs: now().ticksMs - admittedAt.ticksMs,
    queueMs: outcome.waitedMs ?? 0,
    answerBytes: outcome.answerBytes,
    splitKey: facts.splitKey ?? null,
  }
}

/** The money of the tokens that a record of the estimate has. */
function reservedMicroUsd(estimate: Estimate | null): number {
  return estimate === null ? 0 : estimate.firm.microUsd + estimate.hoped.microUsd
}
