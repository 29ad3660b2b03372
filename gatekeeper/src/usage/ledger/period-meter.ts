import type { Calendar, CalendarPeriod } from './calendar.ts'
import type { Meter, Now } from './meter.ts'

/** The current period, the one before for a clock that is set back, and one that was never meant. */
const periodsMax = 3

const forgetAfterMs = 26 * 3_600_000

/**
 * What was used in a period of the calendar. Limits of different amounts share one: only the
 * comparison differs. `startAt` of each period is its name.
 */
export function createPeriodMeter(
  period: CalendarPeriod,
  calendar: Calendar,
  /** What an earlier process counted, by the start of the period. */
  earlier: ReadonlyMap<number, number> = new Map(),
): Meter {
  const used = new Map(earlier)
  let touchedTicksMs: number | null = null
  const spanAt = ({ wallAt }: Now) => calendar(period, wallAt)
  const usedAt = (now: Now) => used.get(spanAt(now).startAt) ?? 0
  return {
    read: (limit, now) => {
      const { endAt } = spanAt(now)
      return {
        room: limit.amount - usedAt(now),
        used: usedAt(now),
        resetMs: endAt === null ? null : endAt - now.wallAt,
      }
    },
    fits: (units, limit, now) => usedAt(now) + units <= limit.amount,
    waitMs: (units, limit, now) => {
      const { endAt } = spanAt(now)
      return endAt === null || units > limit.amount ? null : endAt - now.wallAt
    },
    periodAt: (now) => spanAt(now).startAt,
    add: (units, periodAt, now) => {
      touchedTicksMs = now.ticksMs
      const next = Math.max(0, (used.get(periodAt) ?? 0) + units)
      used.set(periodAt, Math.min(next, Number.MAX_SAFE_INTEGER))
      // Kept longer than they last: a clock that jumps on and comes back finds what was used.
      if (used.size > periodsMax) used.delete(farthest([...used.keys()], periodAt))
    },
    // By ticks: whoever sets the clock on must not make it forget, and then set it back.
    isIdle: (now) =>
      period !== 'lifetime' &&
      usedAt(now) === 0 &&
      now.ticksMs - (touchedTicksMs ?? 0) > forgetAfterMs,
  }
}

function farthest(starts: readonly number[], from: number): number {
  const distance = (at: number) => Math.abs(at - from)
  return starts.reduce((one, other) => (distance(other) > distance(one) ? other : one))
}
