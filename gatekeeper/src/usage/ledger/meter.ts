import type { QuotaLimit } from '../../model/limit.ts'

/** One instant by two clocks: rates must not follow a clock that somebody sets, calendars must. */
export type Now = {
  /** Epoch milliseconds. */
  readonly wallAt: number
  /** Whole milliseconds of a clock that never goes back. */
  readonly ticksMs: number
}

/** What a limit leaves. */
export type Reading = {
  /** Below zero where more was used than allowed. */
  readonly room: number
  readonly used: number
  /** Milliseconds until all of it is there again; null is never. */
  readonly resetMs: number | null
}

/**
 * Counts one unit of one subject. Every method is synchronous, so that a test and the charge after
 * it are one step.
 */
export type Meter = {
  readonly read: (limit: QuotaLimit, now: Now) => Reading
  /** Whether so many units fit. */
  readonly fits: (units: number, limit: QuotaLimit, now: Now) => boolean
  /** How long until so many units fit; null is never. */
  readonly waitMs: (units: number, limit: QuotaLimit, now: Now) => number | null
  /** Which period a charge of now belongs to; corrections name it again. */
  readonly periodAt: (now: Now) => number
  /** Charges, or gives back where `units` is below zero. Whole units; never fails. */
  readonly add: (units: number, periodAt: number, now: Now) => void
  /** Whether forgetting it changes nothing. */
  readonly isIdle: (now: Now) => boolean
}
