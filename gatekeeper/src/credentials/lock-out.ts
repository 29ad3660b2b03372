import { performance } from 'node:perf_hooks'
import type { Clock } from '../lib/clock.ts'
import type { RateLimiter } from '../lib/load/rate-limiter.ts'

/** How many failed proofs an address may have in a window before it is refused. */
export type LockOutTerms = { readonly failures: number; readonly windowMs: number }

/**
 * Counts failed proofs of each name in a sliding window, exactly. An attempt is charged before it
 * is judged and given back if it was good, so that parallel guesses cannot exceed the number.
 */
export type LockOut = Pick<RateLimiter, 'take' | 'hasRoom' | 'giveBack'> & {
  /** Returns how many attempts a name has left, and when it may try again if it has none. */
  readonly standing: (name: string) => AttemptStanding
}

export type AttemptStanding = {
  readonly attemptsRemaining: number
  readonly retryAfterMs: number | null
}

/** Beyond these the name whose last attempt is the oldest is forgotten. */
const namesMax = 100_000

/** Not the wall clock: if it were set back, a lock-out would last longer. */
const systemTicks: Clock = () => performance.now()

export function createLockOut(terms: LockOutTerms, clock: Clock = systemTicks): LockOut {
  const { failures, windowMs } = terms
  const attempts = new Map<string, readonly number[]>()
  const recent = (name: string, now: number) =>
    (attempts.get(name) ?? []).filter((at) => now - at < windowMs)
  const keep = (name: string, times: readonly number[]) => {
    attempts.delete(name)
    if (times.length > 0) attempts.set(name, times)
    const [oldest] = attempts.keys()
    if (attempts.size > namesMax && oldest !== undefined) attempts.delete(oldest)
  }
  return {
    take: (name) => {
      const now = clock()
      const times = recent(name, now)
      if (times.length >= failures) return false
      keep(name, [...times, now])
      return true
    },
    hasRoom: (name) => recent(name, clock()).length < failures,
    giveBack: (name) => keep(name, recent(name, clock()).slice(0, -1)),
    standing: (name) => {
      const now = clock()
      const times = recent(name, now)
      const attemptsRemaining = failures - times.length
      const [first] = times
      const isLocked = attemptsRemaining <= 0 && first !== undefined
      return { attemptsRemaining, retryAfterMs: isLocked ? first + windowMs - now : null }
    },
  }
}
