import type { QuotaLimit } from '../../model/limit.ts'
import type { Calendar, CalendarPeriod, Span } from './calendar.ts'
import type { Meter, Now, Reading } from './meter.ts'

/** The current period, the one before if the clock is set back, and one from a wrong clock. */
const periodsMax = 3

const forgetAfterMs = 26 * 3_600_000

type Used = { readonly startAt: number; units: number }

/**
 * Usage of calendar periods. Limits of different amounts share one meter: only the comparison
 * differs. Each period is identified by its `startAt`. A class with a short list, since there are up
 * to some hundred thousand.
 */
export class PeriodMeter implements Meter {
  readonly #period: CalendarPeriod
  readonly #calendar: Calendar
  /** Grows by `concat`: `push` and spreading would reserve room for many. */
  #used: readonly Used[]
  #touchedTicksMs: number | null = null

  /** `earlier` are the counts of an earlier process, by the start of the period. */
  constructor(
    period: CalendarPeriod,
    calendar: Calendar,
    earlier: ReadonlyMap<number, number> = new Map(),
  ) {
    this.#period = period
    this.#calendar = calendar
    this.#used = [...earlier].map(([startAt, units]) => ({ startAt, units }))
  }

  read(limit: QuotaLimit, now: Now): Reading {
    const { endAt } = this.#spanAt(now)
    const used = this.#usedAt(now)
    return {
      room: limit.amount - used,
      used,
      resetMs: endAt === null ? null : endAt - now.wallAt,
    }
  }

  fits(units: number, limit: QuotaLimit, now: Now): boolean {
    return this.#usedAt(now) + units <= limit.amount
  }

  waitMs(units: number, limit: QuotaLimit, now: Now): number | null {
    const { endAt } = this.#spanAt(now)
    return endAt === null || units > limit.amount ? null : endAt - now.wallAt
  }

  periodAt(now: Now): number {
    return this.#spanAt(now).startAt
  }

  add(units: number, periodAt: number, now: Now): void {
    this.#touchedTicksMs = now.ticksMs
    const known = this.#used.find(({ startAt }) => startAt === periodAt)
    const next = Math.min(Math.max(0, (known?.units ?? 0) + units), Number.MAX_SAFE_INTEGER)
    if (known !== undefined) known.units = next
    else this.#used = this.#used.concat({ startAt: periodAt, units: next })
    // Kept longer than they last: after a clock jumps ahead and back, the usage is still known.
    if (this.#used.length > periodsMax) this.#used = withoutFarthest(this.#used, periodAt)
  }

  isIdle(now: Now): boolean {
    // By ticks: setting the clock ahead and back must not drop counts.
    return (
      this.#period !== 'lifetime' &&
      this.#usedAt(now) === 0 &&
      now.ticksMs - (this.#touchedTicksMs ?? 0) > forgetAfterMs
    )
  }

  #spanAt({ wallAt }: Now): Span {
    return this.#calendar(this.#period, wallAt)
  }

  #usedAt(now: Now): number {
    const { startAt } = this.#spanAt(now)
    return this.#used.find((one) => one.startAt === startAt)?.units ?? 0
  }
}

/** Returns the periods without the one that is farthest from the one at `from`. */
function withoutFarthest(periods: readonly Used[], from: number): readonly Used[] {
  const distance = ({ startAt }: Used) => Math.abs(startAt - from)
  const farthest = periods.reduce((one, other) => (distance(other) > distance(one) ? other : one))
  return periods.filter((one) => one !== farthest)
}
