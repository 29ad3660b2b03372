import { isRatePeriod, type QuotaLimit } from '../../model/limit.ts'
import type { Balance } from '../journal/usage-journal.ts'
import type { Calendar, CalendarPeriod } from './calendar.ts'
import type { Meter, Now } from './meter.ts'
import { PeriodMeter } from './period-meter.ts'
import { createRateMeter, keptPeriodOf } from './rate-meter.ts'

export type AccountDeps = { readonly calendar: Calendar; readonly now: Now }

type NamedMeter = { readonly name: string; readonly meter: Meter; readonly isKept: boolean }

/** All counters of one subject. A class, since there are up to some hundred thousand. */
export class Account {
  readonly subject: string
  /** Requests that are running or waiting, where their number is limited. */
  running = 0
  /** Reservations that are not settled: until then not everything is with the journal. */
  held = 0
  #balances: readonly Balance[]
  /** Grows by `concat`: a map, or the room that `push` and spreading reserve, costs more than it. */
  #meters: readonly NamedMeter[] = []

  /** `balances` are the counts of earlier processes. */
  constructor(subject: string, balances: readonly Balance[]) {
    this.subject = subject
    this.#balances = balances
  }

  meterOf(limit: QuotaLimit, { calendar, now }: AccountDeps): Meter {
    const name = meterName(limit)
    const known = this.#meters.find((one) => one.name === name)
    if (known !== undefined) return known.meter
    const starts = startsOf(limit, this.#balances)
    const meter = isRatePeriod(limit.period)
      ? createRateMeter(limit, { charges: starts, now })
      : new PeriodMeter(limit.period, calendar, starts)
    this.#meters = this.#meters.concat({ name, meter, isKept: keptPeriodOf(limit) !== 'minute' })
    return meter
  }

  /** Whether dropping it changes nothing. */
  isIdle(now: Now): boolean {
    return this.running === 0 && this.#meters.every(({ meter }) => meter.isIdle(now))
  }

  /** Whether all that it counts can be read from the journal again. */
  isKept(now: Now): boolean {
    return this.held === 0 && this.#meters.every(({ meter, isKept }) => isKept || meter.isIdle(now))
  }
}

/** Each rate has its own meter; limits of the same calendar period share one. */
function meterName({ period, text, unit }: QuotaLimit): string {
  return isRatePeriod(period) ? text : calendarNames[unit][period]
}

/** Made once: a name of its own would cost each account more than its meter. */
const calendarNames = {
  requests: { day: 'requests/day', month: 'requests/month', lifetime: 'requests/lifetime' },
  tokens: { day: 'tokens/day', month: 'tokens/month', lifetime: 'tokens/lifetime' },
  'micro-usd': { day: 'usd/day', month: 'usd/month', lifetime: 'usd/lifetime' },
} as const satisfies Record<QuotaLimit['unit'], Record<CalendarPeriod, string>>

function startsOf(limit: QuotaLimit, balances: readonly Balance[]): ReadonlyMap<number, number> {
  const period = keptPeriodOf(limit)
  return new Map(
    balances
      .filter((balance) => balance.unit === limit.unit && balance.period === period)
      .map(({ startAt, amount }) => [startAt, amount]),
  )
}
