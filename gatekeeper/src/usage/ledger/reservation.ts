import { randomUUID } from 'node:crypto'
import type { Outcome, Refusal, Reservation } from '../../model/admission.ts'
import { isRateSeconds } from '../../model/limit.ts'
import type { Charge, Estimate, Usage } from '../../model/usage.ts'
import type { Balance, UsageJournal, UsageRecord } from '../journal/usage-journal.ts'
import type { Hold, Short } from './hold.ts'
import type { LedgerQuestion } from './ledger-question.ts'
import type { Now } from './meter.ts'

/** What is charged already when a reservation begins. */
export type Held = {
  readonly question: LedgerQuestion
  /** What the request is charged to. */
  readonly holds: readonly Hold[]
  /** What answers tell of: limits that apply and do not count it are among them. */
  readonly shown: readonly Hold[]
  /** Gives back what runs; called once. */
  readonly release: () => void
}

export type ReservationDeps = {
  readonly now: () => Now
  readonly journal: UsageJournal | null
  readonly admittedAt: Now
}

/** More than any answer has: a provider that counts wrongly must not close an account for ever. */
const unitsMax = 1_000_000_000_000

const nothingUsed: Charge = { tokens: 0, microUsd: 0 }

export function createReservation(held: Held, deps: ReservationDeps): Reservation {
  const { holds } = held
  const { now, journal } = deps
  let estimate: Estimate | null = null
  let openedAs: string | null = null
  let isSentOn = false
  let settled: Promise<void> | null = null

  return {
    extend: (wanted) => {
      const at = now()
      const refusal = findRefusal(wanted, { holds, at })
      if (refusal !== null) return refusal
      estimate = wanted
      for (const hold of holds) {
        hold.charge(unitsOf(wanted.firm, hold), at)
        hold.charge(Math.min(unitsOf(wanted.hoped, hold), hold.room(at)), at)
      }
      return null
    },
    room: () => roomOf({ holds, at: now() }),
    standings: () => standingsOf({ holds: held.shown, at: now() }),
    open: async () => {
      isSentOn = true
      if (journal === null || !holds.some(({ isDurable }) => isDurable)) return null
      const id = randomUUID()
      const charges = balancesOf(holds.filter(({ isDurable }) => isDurable))
      const record = describeRequest(held, deps, { estimate, outcome: interrupted, usage: null })
      const result = await journal.open({ id, record, charges })
      if (result === 'open') openedAs = id
      return result === 'open' ? null : unavailable
    },
    settle: (outcome, usage = null) => {
      settled ??= settle(outcome, usage)
      return settled
    },
  }

  function settle(outcome: Outcome, usage: Usage | null): Promise<void> {
    held.release()
    const at = now()
    const used = usedBy(outcome, usage, estimate)
    for (const hold of holds) {
      if (hold.unit === 'requests') continue
      // What nobody counted stays charged as it was held.
      if (used !== null) hold.settle(unitsOf(used, hold), at)
    }
    // Who was refused before it was sent on is in the log of decisions, and used nothing; what it
    // is charged for all the same has to be kept.
    const isNothing = !isSentOn && !holds.some(({ isKept }) => isKept)
    return journal === null || isNothing || held.question.facts.service?.kind === 'own'
      ? Promise.resolve()
      : keep(journal, { held, deps, openedAs, end: { estimate, outcome, usage } })
  }
}

/** A reservation that only tests: what it is asked to hold is compared and not charged. */
export function createRehearsal(
  { counted: holds, shown }: { readonly counted: readonly Hold[]; readonly shown: readonly Hold[] },
  now: () => Now,
): Reservation {
  return {
    extend: (wanted) => findRefusal(wanted, { holds, at: now() }),
    room: () => roomOf({ holds, at: now() }),
    standings: () => standingsOf({ holds: shown, at: now() }),
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

function standingsOf({ holds, at }: HoldsNow) {
  return holds.flatMap((hold) => hold.standings(at))
}

/** Should the process die now, everything that is held counts as used. */
const interrupted: Outcome = { status: 0, kind: 'aborted', answerBytes: 0 }
const unavailable: Refusal = { reason: 'ledger-unavailable', limit: null, retryAfterMs: null }

function unitsOf(charge: Charge, { unit }: Hold): number {
  if (unit === 'requests') return 0
  const units = unit === 'tokens' ? charge.tokens : charge.microUsd
  return Math.min(Math.max(0, Math.ceil(units) || 0), unitsMax)
}

/**
 * What the request cost in the end; null where what was held is the best that is known. A request
 * that never reached a model, or that it refused, used nothing.
 */
function usedBy(outcome: Outcome, usage: Usage | null, estimate: Estimate | null): Charge | null {
  if (usage !== null) {
    return { tokens: usage.inputTokens + usage.outputTokens, microUsd: usage.microUsd }
  }
  const isUnanswered = outcome.kind === 'failed' && outcome.answerBytes === 0
  const isRefused = outcome.kind === 'answered' && outcome.status >= 400
  return estimate === null || isUnanswered || isRefused ? nothingUsed : null
}

/** A refusal by a limit: rates recover by themselves, quotas when they are renewed. */
export function refuseShort(
  { standing, waitMs, units, againAt }: Short,
  wanted: Estimate | null = null,
): Refusal {
  return {
    reason: isRateSeconds(standing.periodSeconds) ? 'rate-limited' : 'quota-exceeded',
    limit: standing,
    // What never fits is not worth a repetition before everything is there again.
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

/** Two rates of one period are two meters, and one count. */
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

/** Resolves when the journal has it; it says itself that it never rejects. */
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
  // The check point's yes is out already, and whoever left waits for nothing.
  const isAwaited = held.question.facts.point === 'relay' && end.outcome.kind !== 'aborted'
  const urgency = isAwaited ? 'at-once' : 'soon'
  await journal.record({ reservationId: openedAs, record, charges }, urgency)
}

function describeRequest(
  { question }: Held,
  { now, admittedAt }: ReservationDeps,
  { estimate, outcome, usage }: End,
): Omit<UsageRecord, 'outcome' | 'isEstimated'> {
  const { facts, principal } = question
  const isUsed = usedBy(outcome, usage, estimate) === null
  return {
    at: admittedAt.wallAt,
    requestId: facts.requestId,
    principalId: principal.id,
    user: principal.user,
    service: facts.service?.name ?? '',
    model: usage?.model ?? estimate?.model ?? null,
    endpoint: facts.endpoint?.pattern ?? null,
    status: outcome.status,
    inputTokens: usage?.inputTokens ?? (isUsed ? (estimate?.inputTokens ?? 0) : 0),
    outputTokens: usage?.outputTokens ?? (isUsed ? (estimate?.outputTokens ?? 0) : 0),
    microUsd: usage?.microUsd ?? (isUsed ? (estimate?.firm.microUsd ?? 0) : 0),
    durationMs: now().ticksMs - admittedAt.ticksMs,
    queueMs: outcome.waitedMs ?? 0,
    answerBytes: outcome.answerBytes,
  }
}
