import { performance } from 'node:perf_hooks'
import type { Clock } from '../clock.ts'

/** How many at once, and how many per minute after that. */
export type Rate = { readonly burst: number; readonly perMinute: number }

/**
 * Limits each name by the generic cell rate algorithm (GCRA, ITU-T I.371): one instant per name, no
 * timers. The number of names is bounded; if too many new names arrive, the oldest are forgotten.
 */
export type RateLimiter = {
  /**
   * Tests and charges in one step; returns false and charges nothing if the name is over its rate.
   */
  readonly take: (name: string) => boolean
  /** Returns what `take` would return now, without charging. */
  readonly hasRoom: (name: string) => boolean
  /** Returns what is left of the rate. Charges nothing. */
  readonly read: (name: string) => Left
  /** Gives back one unit that was taken. */
  readonly giveBack: (name: string) => void
}

/** How many units fit now, and the milliseconds until one fits and until all do. */
export type Left = { readonly room: number; readonly waitMs: number; readonly resetMs: number }

const namesMax = 100_000

/** Not the wall clock: if it were set back, a name would be blocked for the length of the jump. */
const systemTicks: Clock = () => performance.now()

export function createRateLimiter(rate: Rate, clock: Clock = systemTicks): RateLimiter {
  const intervalMs = 60_000 / rate.perMinute
  const toleranceMs = intervalMs * (rate.burst - 1)
  const arrivals = createArrivals()
  const arrivalOf = (name: string, now: number) => Math.max(arrivals.get(name) ?? now, now)
  return {
    take: (name) => {
      const now = clock()
      const arrival = arrivalOf(name, now)
      if (arrival - now > toleranceMs) return false
      arrivals.set(name, arrival + intervalMs)
      return true
    },
    hasRoom: (name) => {
      const now = clock()
      return arrivalOf(name, now) - now <= toleranceMs
    },
    read: (name) => {
      const now = clock()
      const owedMs = arrivalOf(name, now) - now
      // Fractions of a millisecond must not take a whole unit away.
      const room = Math.floor((toleranceMs - owedMs) / intervalMs + 1 + 1e-6)
      return {
        room: Math.max(0, room),
        waitMs: Math.max(0, Math.ceil(owedMs - toleranceMs)),
        resetMs: Math.ceil(owedMs),
      }
    },
    giveBack: (name) => {
      const arrival = arrivals.get(name)
      if (arrival !== undefined) arrivals.set(name, arrival - intervalMs)
    },
  }
}

/**
 * Holds the theoretical arrival time of each name. Not an LRUCache, which allocates 3 MB at once
 * for names that may never come: two generations of 100,000, of which the older one is dropped as a
 * whole.
 */
function createArrivals() {
  let recent = new Map<string, number>()
  let older = new Map<string, number>()
  return {
    get: (name: string) => recent.get(name) ?? older.get(name),
    set: (name: string, arrival: number) => {
      if (recent.size >= namesMax && !recent.has(name)) {
        older = recent
        recent = new Map()
      }
      recent.set(name, arrival)
    },
  }
}
