import type { QuotaLimit } from '../../model/limit.ts'

/** One instant by two clocks: rates need a monotonic clock, calendars need the wall clock. */
export type Now = {
  /** Epoch milliseconds. */
  readonly wallAt: number
  /** Whole milliseconds of a clock that never goes back. */
  readonly ticksMs: number
}

/** What is left of a limit. */
export type Reading = {
  /** Below zero if usage exceeded the limit. */
  readonly room: number
  readonly used: number
  /** Milliseconds until all of it is available again; null is never. */
  readonly resetMs: number | null
}

/**
 * Counts one unit of one subject. Every method is synchronous, so that a test and the charge after
 * it are one step.
 */
export type Meter = {
  readonly read: (limit: QuotaLimit, now: Now) => Reading
  /** Returns whether this many units fit. */
  readonly fits: (units: number, limit: QuotaLimit, now: Now) => boolean
  /** Returns how long until this many units fit; null is never. */
  readonly waitMs: (units: number, limit: QuotaLimit, now: Now) => number | null
  /** Returns the period of a charge made now; corrections pass it again. */
  readonly periodAt: (now: Now) => number
  /** Charges, or gives back if `units` is negative. Whole units; never fails. */
  readonly add: (units: number, periodAt: number, now: Now) => void
  /** Returns whether dropping it changes nothing. */
  readonly isIdle: (now: Now) => boolean
}
