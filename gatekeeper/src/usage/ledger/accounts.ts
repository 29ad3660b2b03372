import { isRatePeriod, type QuotaLimit } from '../../model/limit.ts'
import type { Balance } from '../journal/usage-journal.ts'
import type { Calendar } from './calendar.ts'
import type { Meter, Now } from './meter.ts'
import { createPeriodMeter } from './period-meter.ts'
import { createRateMeter, keptPeriodOf } from './rate-meter.ts'

/** All counters of one subject. */
export type Account = {
  readonly subject: string
  /** Requests that are running or waiting. */
  running: number
  readonly meterOf: (limit: QuotaLimit) => Meter
  readonly isIdle: (now: Now) => boolean
}

export type Accounts = {
  readonly of: (subject: string, now: Now) => Account
  readonly size: () => number
}

const sizeMin = 1_000

/**
 * The accounts of all subjects. Subjects come from the configuration and from keys, never from
 * client data; idle accounts are dropped whenever their number has doubled.
 */
export function createAccounts(calendar: Calendar, balances: readonly Balance[]): Accounts {
  const earlier = Map.groupBy(balances, ({ subject }) => subject)
  const accounts = new Map<string, Account>()
  let sweepAt = sizeMin
  const sweep = (now: Now) => {
    for (const [subject, account] of accounts) if (account.isIdle(now)) accounts.delete(subject)
    sweepAt = Math.max(sizeMin, accounts.size * 2)
  }
  return {
    of: (subject, now) => {
      const known = accounts.get(subject)
      if (known !== undefined) return known
      if (accounts.size >= sweepAt) sweep(now)
      const opened = openAccount(subject, { calendar, balances: earlier.get(subject) ?? [], now })
      accounts.set(subject, opened)
      return opened
    },
    size: () => accounts.size,
  }
}

type Opening = {
  readonly calendar: Calendar
  readonly balances: readonly Balance[]
  readonly now: Now
}

function openAccount(subject: string, { calendar, balances, now }: Opening): Account {
  const meters = new Map<string, Meter>()
  const account: Account = {
    subject,
    running: 0,
    meterOf: (limit) => {
      const name = meterName(limit)
      const known = meters.get(name)
      if (known !== undefined) return known
      const made = isRatePeriod(limit.period)
        ? createRateMeter(limit, { charges: startsOf(limit, balances), now })
        : createPeriodMeter(limit.period, calendar, startsOf(limit, balances))
      meters.set(name, made)
      return made
    },
    isIdle: (now) =>
      account.running === 0 && [...meters.values()].every((meter) => meter.isIdle(now)),
  }
  return account
}

/** Each rate has its own meter; limits of the same calendar period share one. */
function meterName({ period, text, unit }: QuotaLimit): string {
  return isRatePeriod(period) ? text : `${unit}/${period}`
}

function startsOf(limit: QuotaLimit, balances: readonly Balance[]): ReadonlyMap<number, number> {
  const period = keptPeriodOf(limit)
  return new Map(
    balances
      .filter((balance) => balance.unit === limit.unit && balance.period === period)
      .map(({ startAt, amount }) => [startAt, amount]),
  )
}
