/**
 * How often somebody without a session may try. Failures are counted by address, by network and for
 * the whole system; each way of signing in has counts of its own, so that a flood of wrong codes never
 * keeps a passkey out. Beginnings are counted too, because each is a row in a database.
 */
import type { Clock } from '../../../gatekeeper/src/lib/clock.ts'
import { createRateLimiter } from '../../../gatekeeper/src/lib/load/rate-limiter.ts'
import { groupAddress, networkOf } from '../../../gatekeeper/src/lib/net/address-group.ts'
import { ApiError } from '../api/api-error.ts'

type Bound = { readonly most: number; readonly withinMs: number }
type Row = { readonly address: Bound; readonly network: Bound; readonly all: Bound | null }

const [minuteMs, hourMs] = [60_000, 3_600_000]
const quarterMs = 15 * minuteMs

const failures = {
  address: { most: 10, withinMs: quarterMs },
  network: { most: 50, withinMs: quarterMs },
}

/** The endpoints that need no credential; beyond a bound they answer 429. */
export const attemptRows = {
  passkey: { ...failures, all: null },
  code: { ...failures, all: { most: 10, withinMs: hourMs } },
  // 256 random bits, as a passkey: a bound for all would not hinder guesses, only the invited.
  invitation: { ...failures, all: null },
  provider: { ...failures, all: { most: 1000, withinMs: hourMs } },
  begin: {
    address: { most: 60, withinMs: minuteMs },
    network: { most: 300, withinMs: minuteMs },
    all: { most: 2000, withinMs: minuteMs },
  },
} as const satisfies Readonly<Record<string, Row>>

export type AttemptName = keyof typeof attemptRows

export type Attempts = {
  /** Throws an ApiError (429) if there were too many failures. Counts nothing. */
  readonly requireRoom: (name: AttemptName, address: string) => void
  /** Counts a failure, or a beginning. */
  readonly count: (name: AttemptName, address: string) => void
  /**
   * Returns how many failures were left out of the audit since the last one that was recorded, or
   * null if this one must be left out too: acts are kept for ever, and strangers can fail for ever.
   */
  readonly takeRecord: () => number | null
}

/** Counts in memory; a restart forgets, which costs an attacker more than it gives. */
export function createAttempts(clock: Clock): Attempts {
  const names = Object.keys(attemptRows) as AttemptName[]
  const counters = new Map(names.map((name) => [name, createCounters(attemptRows[name], clock)]))
  const of = (name: AttemptName) => counters.get(name) ?? []
  const records = createRateLimiter({ burst: 200, perMinute: 2 }, clock)
  let leftOut = 0
  return {
    requireRoom: (name, address) => {
      const waits = of(name).map(({ keyOf, counter }) => counter.waitMs(keyOf(address)))
      const waitMs = Math.max(0, ...waits)
      if (waitMs === 0) return
      const retryAfterSeconds = Math.ceil(waitMs / 1000)
      throw new ApiError('too_many', 'There were too many attempts. Try again later.', {
        retryAfterSeconds,
      })
    },
    count: (name, address) => {
      for (const { keyOf, counter } of of(name)) counter.count(keyOf(address))
    },
    takeRecord: () => {
      if (!records.take('all')) {
        leftOut += 1
        return null
      }
      const before = leftOut
      leftOut = 0
      return before
    },
  }
}

function createCounters({ address, network, all }: Row, clock: Clock) {
  return [
    { keyOf: groupAddress, counter: createWindow(address, clock) },
    { keyOf: networkOf, counter: createWindow(network, clock) },
    ...(all === null ? [] : [{ keyOf: () => 'all', counter: createWindow(all, clock) }]),
  ]
}

const keysMax = 20_000

/** Counts instants within a sliding window. The number of keys is bounded: the oldest are forgotten. */
function createWindow({ most, withinMs }: Bound, clock: Clock) {
  const times = new Map<string, number[]>()
  const recent = (key: string, now: number) =>
    (times.get(key) ?? []).filter((at) => now - at < withinMs)
  return {
    waitMs: (key: string): number => {
      const now = clock()
      const counted = recent(key, now)
      const oldest = counted.at(-most)
      return oldest === undefined ? 0 : oldest + withinMs - now
    },
    count: (key: string): void => {
      const now = clock()
      const counted = [...recent(key, now), now].slice(-most)
      times.delete(key)
      times.set(key, counted)
      const [oldest] = times.keys()
      if (times.size > keysMax && oldest !== undefined) times.delete(oldest)
    },
  }
}
