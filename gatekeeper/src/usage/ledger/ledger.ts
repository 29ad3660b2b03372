/**
 * Counts usage. All limits that apply to a request are tested and charged in one synchronous step,
 * all or nothing: no value is read before an await and written after it, so parallel requests
 * cannot exceed a limit. Memory is the truth; the journal stores what must outlive the process.
 */
import { performance } from 'node:perf_hooks'
import type { Clock } from '../../lib/clock.ts'
import type { Refusal, Reservation } from '../../model/admission.ts'
import type { ScopedLimit, Standing } from '../../model/limit.ts'
import type { Balance, UsageJournal } from '../journal/usage-journal.ts'
import { type Account, type Accounts, createAccounts } from './accounts.ts'
import { createCalendar } from './calendar.ts'
import { describeQuota, Hold, type ScopedQuota } from './hold.ts'
import type { LedgerQuestion } from './ledger-question.ts'
import type { Meter, Now } from './meter.ts'
import { createRehearsal, HeldReservation, refuseShort } from './reservation.ts'

export type Ledger = {
  /**
   * Charges one request and its concurrency until it is settled; or returns the limit that refuses.
   */
  readonly reserve: (question: LedgerQuestion) => Reservation | Refusal
  /** Returns what `reserve` would return now. Charges nothing, and neither does its result. */
  readonly rehearse: (question: LedgerQuestion) => Reservation | Refusal
  /** Returns the current state of limits, for `GET /status`. */
  readonly standings: (limits: readonly ScopedLimit[]) => readonly Standing[]
  /** Returns how many reservations are not settled yet. */
  readonly running: () => number
  /** How many subjects are kept. */
  readonly size: () => number
}

export type LedgerDeps = {
  readonly clock: Clock
  /** Whole milliseconds of a monotonic clock. */
  readonly ticks?: Clock
  readonly timeZone: string
  /** Null if nothing is stored beyond the process. */
  readonly journal: UsageJournal | null
  /** The counts of earlier processes. */
  readonly balances?: readonly Balance[]
}

const systemTicks: Clock = () => Math.floor(performance.now())

export function createLedger(deps: LedgerDeps): Ledger {
  const { clock, ticks = systemTicks, journal } = deps
  const accounts = createAccounts(createCalendar(deps.timeZone), deps.balances ?? [])
  let running = 0
  const now = (): Now => ({ wallAt: clock(), ticksMs: ticks() })
  return {
    reserve: (question) => {
      const at = now()
      const found = findAccounts(question, accounts, at)
      const refusal = examine(found, { at, journal })
      if (refusal !== null) return refusal
      // From here on nothing can refuse: either everything is charged, or nothing was.
      for (const hold of found.counted) if (hold.unit === 'requests') hold.charge(1, at)
      const inUse = new Set(found.runs.map(({ account }) => account))
      const count = (step: 1 | -1) => {
        running += step
        for (const account of inUse) account.running += step
      }
      count(1)
      const { counted: holds, shown } = found
      const held = { question, holds, shown, release: () => count(-1) }
      return new HeldReservation(held, { now, journal, admittedAt: at })
    },
    rehearse: (question) => {
      const at = now()
      const found = findAccounts(question, accounts, at)
      return examine(found, { at, journal }) ?? createRehearsal(found, now)
    },
    standings: (limits) => {
      const at = now()
      return limits.map((scoped) => describe(scoped, accounts.of(scoped.subject, at), at))
    },
    running: () => running,
    size: accounts.size,
  }
}

type Run = { readonly account: Account; readonly scoped: ScopedLimit }
/** `shown` are all that apply; `counted` are those that charge a request of this class. */
type Found = {
  readonly shown: readonly Hold[]
  readonly counted: readonly Hold[]
  readonly runs: readonly Run[]
}

function findAccounts({ limits, facts }: LedgerQuestion, accounts: Accounts, now: Now): Found {
  const holds = new Map<Meter, Hold>()
  const runs: Run[] = []
  for (const scoped of limits) {
    if (scoped.limit.kind === 'cap') continue
    const account = accounts.of(scoped.subject, now)
    if (scoped.limit.kind === 'concurrent') {
      runs.push({ account, scoped })
      continue
    }
    const meter = account.meterOf(scoped.limit)
    const known = holds.get(meter)
    if (known === undefined) holds.set(meter, new Hold(meter, scoped as ScopedQuota, now))
    else known.compareTo(scoped as ScopedQuota)
  }
  const shown = [...holds.values()]
  const counted = shown.filter((hold) => hold.counts(facts.endpoint?.class))
  return { shown, counted, runs }
}

/** Returns why the request cannot be charged. Changes nothing. */
function examine(
  { counted, runs }: Found,
  { at, journal }: { at: Now; journal: UsageJournal | null },
): Refusal | null {
  for (const hold of counted) {
    // A caller without tokens left is refused before the body is read.
    const short = hold.findShort(1, at)
    if (short !== null) return refuseShort(short)
  }
  for (const { account, scoped } of runs) {
    if (account.running < scoped.limit.amount) continue
    const limit = describe(scoped, account, at)
    return { reason: 'too-many-running', limit, retryAfterMs: null }
  }
  // A charge that must outlive the process but cannot be stored must not be used.
  const isKept = journal === null || journal.state().status === 'healthy'
  if (isKept || !counted.some(({ isDurable }) => isDurable)) return null
  return { reason: 'ledger-unavailable', limit: null, retryAfterMs: null }
}

function describe(scoped: ScopedLimit, account: Account, now: Now): Standing {
  const { limit, scope, subject } = scoped
  if (limit.kind === 'quota') {
    return describeQuota(scoped as ScopedQuota, account.meterOf(limit), now)
  }
  const used = limit.kind === 'concurrent' ? account.running : 0
  return {
    ...{ scope, subject, text: limit.text, amount: limit.amount, used },
    unit: limit.kind === 'concurrent' ? 'concurrent' : limit.of,
    remaining: Math.max(0, limit.amount - used),
    resetAt: null,
    periodSeconds: null,
  }
}
