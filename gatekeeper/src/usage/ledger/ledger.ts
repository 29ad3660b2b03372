/**
 * Counts usage. All limits that apply to a request are tested and charged in one synchronous step,
 * all or nothing: no value is read before an await and written after it, so parallel requests
 * cannot exceed a limit. Memory is the truth; the journal stores what must outlive the process.
 */
import { performance } from 'node:perf_hooks'
import type { Clock } from '../../lib/clock.ts'
import type { Refusal, Reservation } from '../../model/admission.ts'
import type { ScopedLimit, Standing } from '../../model/limit.ts'
import { choosingOwnerOf, subjectsOf } from '../../model/subject.ts'
import type { Balance, UsageJournal } from '../journal/usage-journal.ts'
import type { Account } from './account.ts'
import { createAccounts } from './accounts.ts'
import { type Calendar, createCalendar } from './calendar.ts'
import { createChosenAccounts, ownersMaxUsual } from './chosen-accounts.ts'
import { describeQuota, Hold, type ScopedQuota } from './hold.ts'
import type { LedgerQuestion } from './ledger-question.ts'
import type { Meter, Now } from './meter.ts'
import { createRehearsal, HeldReservation, refuseShort } from './reservation.ts'

export type Ledger = {
  /**
   * Reads what callers of a chosen name have used, before `reserve` is asked. Resolves to false if
   * that is not possible: the request must be refused. Never rejects.
   */
  readonly prepare: (limits: readonly ScopedLimit[]) => Promise<boolean>
  /**
   * Charges one request and its concurrency until it is settled; or returns the limit that refuses.
   */
  readonly reserve: (question: LedgerQuestion) => Reservation | Refusal
  /** Returns what `reserve` would return now. Charges nothing, and neither does its result. */
  readonly rehearse: (question: LedgerQuestion) => Reservation | Refusal
  /**
   * Returns the current state of limits, for `GET /status`; leaves out those of chosen names that
   * are not prepared.
   */
  readonly standings: (limits: readonly ScopedLimit[]) => readonly Standing[]
  /** Returns the same for any limits, prepared or not; null if they cannot be read. */
  readonly readStandings: (limits: readonly ScopedLimit[]) => Promise<readonly Standing[] | null>
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
  /** How many callers with a chosen name are kept in memory. */
  readonly ownersMax?: number
}

const systemTicks: Clock = () => Math.floor(performance.now())

export function createLedger(deps: LedgerDeps): Ledger {
  const { clock, ticks = systemTicks, journal } = deps
  const calendar = createCalendar(deps.timeZone)
  const accounts = createAccounts(deps.balances ?? [])
  const chosen = createChosenAccounts({
    read: (owner) => journal?.balancesOf(subjectsOf(owner)) ?? Promise.resolve([]),
    ownersMax: deps.ownersMax ?? ownersMaxUsual,
  })
  let running = 0
  const now = (): Now => ({ wallAt: clock(), ticksMs: ticks() })
  const finder: AccountFinder = {
    calendar,
    find: (subject, at) => {
      const owner = choosingOwnerOf(subject)
      return owner === null ? accounts.of(subject, at) : chosen.find(owner, subject)
    },
  }
  return {
    prepare: async (limits) => {
      const owners = new Set(limits.flatMap(({ subject }) => choosingOwnerOf(subject) ?? []))
      const loaded = await Promise.all([...owners].map((owner) => chosen.load(owner, now)))
      return loaded.every((isLoaded) => isLoaded)
    },
    reserve: (question) => {
      const at = now()
      const found = findAccounts(question, finder, at)
      const refusal = examine(found, { at, journal, calendar })
      if (refusal !== null) return refusal
      // From here on nothing can refuse: either everything is charged, or nothing was.
      for (const hold of found.counted) if (hold.unit === 'requests') hold.charge(1, at)
      const inUse = new Set(found.runs.map(({ account }) => account))
      const count = (step: 1 | -1) => {
        running += step
        for (const account of inUse) account.running += step
        for (const account of found.accounts) account.held += step
      }
      count(1)
      const { counted: holds, shown } = found
      const held = { question, holds, shown, release: () => count(-1) }
      return new HeldReservation(held, { now, journal, admittedAt: at })
    },
    rehearse: (question) => {
      const at = now()
      const found = findAccounts(question, finder, at)
      return examine(found, { at, journal, calendar }) ?? createRehearsal(found, now)
    },
    standings: (limits) => {
      const at = now()
      return limits.flatMap((scoped) => {
        const account = finder.find(scoped.subject, at)
        return account === null ? [] : describe(scoped, account, { at, calendar })
      })
    },
    readStandings: async (limits) => {
      const standings: Standing[] = []
      for (const scoped of limits) {
        const owner = choosingOwnerOf(scoped.subject)
        const account =
          owner === null
            ? accounts.of(scoped.subject, now())
            : await chosen.look(owner, scoped.subject)
        if (account === null) return null
        standings.push(describe(scoped, account, { at: now(), calendar }))
      }
      return standings
    },
    running: () => running,
    size: () => accounts.size() + chosen.size(),
  }
}

/** Where counters are; an account of a chosen name is null until it is prepared. */
type AccountFinder = {
  readonly calendar: Calendar
  readonly find: (subject: string, now: Now) => Account | null
}

type Run = { readonly account: Account; readonly scoped: ScopedLimit }
/**
 * `shown` are all that apply; `counted` are those that charge a request of this class. `isMissing`
 * tells that an account could not be found, so that nothing may be charged.
 */
type Found = {
  readonly isMissing: boolean
  readonly accounts: ReadonlySet<Account>
  readonly shown: readonly Hold[]
  readonly counted: readonly Hold[]
  readonly runs: readonly Run[]
}

function findAccounts({ limits, facts }: LedgerQuestion, finder: AccountFinder, now: Now): Found {
  const { calendar } = finder
  const accounts = new Set<Account>()
  let isMissing = false
  const holds = new Map<Meter, Hold>()
  const runs: Run[] = []
  for (const scoped of limits) {
    if (scoped.limit.kind === 'cap') continue
    const account = finder.find(scoped.subject, now)
    if (account === null) {
      isMissing = true
      continue
    }
    accounts.add(account)
    if (scoped.limit.kind === 'concurrent') {
      runs.push({ account, scoped })
      continue
    }
    const meter = account.meterOf(scoped.limit, { calendar, now })
    const known = holds.get(meter)
    if (known === undefined) holds.set(meter, new Hold(meter, scoped as ScopedQuota, now))
    else known.compareTo(scoped as ScopedQuota)
  }
  const all = [...holds.values()]
  const counted = all.filter((hold) => hold.counts(facts.endpoint?.class))
  return { isMissing, accounts, shown: all.filter(({ isShown }) => isShown), counted, runs }
}

/** Returns why the request cannot be charged. Changes nothing. */
function examine(
  { isMissing, counted, runs }: Found,
  { at, journal, calendar }: { at: Now; journal: UsageJournal | null; calendar: Calendar },
): Refusal | null {
  // Counting it as new would give its quota again.
  if (isMissing) return unavailable
  for (const hold of counted) {
    // A caller without tokens left is refused before the body is read.
    const short = hold.findShort(1, at)
    if (short !== null) return { ...refuseShort(short), ...quotasOf(counted, at) }
  }
  for (const { account, scoped } of runs) {
    if (account.running < scoped.limit.amount) continue
    const limit = describe(scoped, account, { at, calendar })
    return { reason: 'too-many-running', limit, retryAfterMs: null }
  }
  // A charge that must outlive the process but cannot be stored must not be used.
  const isKept = journal === null || journal.state().status === 'healthy'
  if (isKept || !counted.some(({ isDurable }) => isDurable)) return null
  return unavailable
}

const unavailable: Refusal = { reason: 'ledger-unavailable', limit: null, retryAfterMs: null }

/** The quotas of an app's user, for the answer; nothing for other callers. */
function quotasOf(counted: readonly Hold[], at: Now): Pick<Refusal, 'quotas'> {
  const quotas = counted.flatMap((hold) => hold.standings(at)).filter(isOfUser)
  return quotas.length === 0 ? {} : { quotas }
}

const isOfUser = ({ scope, subject }: Standing) =>
  scope === 'app' && choosingOwnerOf(subject) !== null

type DescribeDeps = { readonly at: Now; readonly calendar: Calendar }

function describe(scoped: ScopedLimit, account: Account, { at, calendar }: DescribeDeps): Standing {
  const { limit, scope, subject } = scoped
  if (limit.kind === 'quota') {
    const meter = account.meterOf(limit, { calendar, now: at })
    return describeQuota(scoped as ScopedQuota, meter, at)
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
