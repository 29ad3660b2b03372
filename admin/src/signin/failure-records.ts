/**
 * How many failed sign-ins of people who are not known go on record. Acts are kept for ever, and
 * somebody with many addresses would otherwise fill the disk: beyond the rate they are counted, and
 * the next one that is recorded says how many were left out.
 */
import type { Clock } from '../../../gatekeeper/src/lib/clock.ts'
import { createRateLimiter } from '../../../gatekeeper/src/lib/load/rate-limiter.ts'

/** A megabyte a day at most. */
const rate = { burst: 200, perMinute: 2 }

export type FailureRecords = {
  /** Returns how many were left out before this one; null if it is left out too. */
  readonly take: () => number | null
}

/** Counts in memory, for all addresses together. */
export function createFailureRecords(clock: Clock): FailureRecords {
  const limiter = createRateLimiter(rate, clock)
  let leftOut = 0
  return {
    take: () => {
      if (!limiter.take('all')) {
        leftOut++
        return null
      }
      const before = leftOut
      leftOut = 0
      return before
    },
  }
}
