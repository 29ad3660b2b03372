import type { Calendar, CalendarPeriod } from './calendar.ts'
import type { Meter, Now } from './meter.ts'

/** The current period, the one before if the clock is set back, and one from a wrong clock. */
const periodsMax = 3

const forgetAfterMs = 26 * 3_600_000

/**
 * Usage of calendar periods. Limits of different amounts share one meter: only the comparison
 * differs. Each period is identified by its `startAt`.
 */
export function createPeriodMeter(
  period: CalendarPeriod,
  calendar: Calendar,
  /** The counts of an earlier process, by the start of the period. */
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
      // Kept longer than they last: after a clock jumps ahead and back, the usage is still known.
      if (used.size > periodsMax) used.delete(farthest([...used.keys()], periodAt))
    },
    // By ticks: setting the clock ahead and back must not drop counts.
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
