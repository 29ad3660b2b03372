import { type QuotaLimit, windowMsOf } from '../../model/limit.ts'
import type { KeptPeriod } from '../journal/usage-journal.ts'
import type { Meter, Now } from './meter.ts'

/**
 * A rate by the generic cell rate algorithm (ITU-T I.371) as a leaky bucket: usage drains evenly.
 * The level is units × period in milliseconds, so that every step is an exact integer.
 */
export function createRateMeter(limit: QuotaLimit, earlier: Earlier | null = null): Meter {
  const periodMs = windowMsOf(limit) as number
  const perMs = limit.amount
  const capacity = (limit.burst ?? limit.amount) * periodMs
  let level = 0
  let levelAt = 0
  if (earlier !== null) {
    level = replay(earlier, { periodMs, perMs })
    levelAt = earlier.now.ticksMs
  }

  const drained = ({ ticksMs }: Now): number =>
    ticksMs <= levelAt ? level : Math.max(0, level - (ticksMs - levelAt) * perMs)
  const overflow = (units: number, now: Now) => drained(now) + units * periodMs - capacity
  return {
    read: (_, now) => {
      const current = drained(now)
      return {
        room: floorDivide(capacity - current, periodMs),
        used: -floorDivide(-current, periodMs),
        resetMs: Math.ceil(current / perMs),
      }
    },
    fits: (units, _, now) => overflow(units, now) <= 0,
    waitMs: (units, _, now) =>
      units * periodMs > capacity ? null : Math.max(0, Math.ceil(overflow(units, now) / perMs)),
    periodAt: ({ wallAt }) => wallAt - (wallAt % sliceMs),
    add: (units, _, now) => {
      const next = Math.max(0, drained(now) + units * periodMs)
      level = Math.min(next, Number.MAX_SAFE_INTEGER)
      levelAt = Math.max(levelAt, now.ticksMs)
    },
    isIdle: (now) => drained(now) === 0,
  }
}

/** The charges of an earlier process, by the start of the time slice. */
export type Earlier = { readonly charges: ReadonlyMap<number, number>; readonly now: Now }

/**
 * The journal stores slices of five minutes instead of instants; a charge counts from a slice's
 * end.
 */
const sliceMs = 300_000

const hourMs = 3_600_000

/**
 * Returns the counter of the journal for a limit. Rates of up to an hour share one, and so do longer
 * ones, which are needed for longer. Shorter rates than a slice are over before a process has
 * restarted: their `minute` is never stored.
 */
export function keptPeriodOf(limit: QuotaLimit): KeptPeriod {
  const windowMs = windowMsOf(limit)
  if (windowMs === null) return limit.period
  if (windowMs <= sliceMs) return 'minute'
  return windowMs <= hourMs ? 'hour' : 'window'
}

/** Returns the level after the charges, as if each was made at the end of its slice, or now. */
function replay(
  { charges, now }: Earlier,
  { periodMs, perMs }: { periodMs: number; perMs: number },
): number {
  let level = 0
  let at = 0
  for (const [startAt, units] of [...charges].sort(([one], [other]) => one - other)) {
    const chargedAt = Math.min(startAt + sliceMs, now.wallAt)
    level = Math.max(0, level - Math.max(0, chargedAt - at) * perMs) + units * periodMs
    at = chargedAt
  }
  return Math.max(0, level - Math.max(0, now.wallAt - at) * perMs)
}

/** Division of large integers rounds; the product shows it. */
function floorDivide(dividend: number, divisor: number): number {
  const quotient = Math.floor(dividend / divisor)
  return quotient * divisor > dividend ? quotient - 1 : quotient
}
