/**
 * Refuses work that could only wait. When requests come faster than the event loop can work on them,
 * a queue grows in the kernel where nobody sees it, and every request of it waits for all before.
 * What shows it is a timer that comes late.
 */
import { performance } from 'node:perf_hooks'
import { systemTimers, type Timers } from './timers.ts'

export type OverloadRules = {
  /** How late the loop's own timer may be before new work is refused. */
  readonly lagMs: number
}

export type OverloadGate = {
  /** Whether work that arrives now is to be refused. Asked for each request, so it is cheap. */
  readonly isRefusing: () => boolean
  /** Whether the loop has more to do than it can. Then some work is refused, and some is not. */
  readonly isOverloaded: () => boolean
  readonly close: () => void
}

/** Milliseconds in which the loop worked and in which it waited, since the process began. */
export type LoopUse = { readonly active: number; readonly idle: number }

export type OverloadDeps = {
  /** Milliseconds that only go forward. */
  readonly now: () => number
  readonly timers: Timers
  readonly loopUse: () => LoopUse
  readonly onChange: (isOverloaded: boolean) => void
}

export const systemLoop = {
  now: () => performance.now(),
  timers: systemTimers,
  loopUse: () => performance.eventLoopUtilization(),
}

const tickMs = 20
const windowMs = 250
/** Above this share of its time the loop has no rest; below the other one it has some again. */
const shareOverloaded = 0.95
const shareRelieved = 0.8

/**
 * Two conditions, since a late timer alone is also what a machine looks like on which others work:
 * the loop had no rest for a quarter of a second, and its timer was late by more than `lagMs`. From then on
 * whatever arrives while the timer is late is refused, until it is late by less than half of that.
 */
export function createOverloadGate({ lagMs }: OverloadRules, deps: OverloadDeps): OverloadGate {
  const { now, timers, loopUse, onChange } = deps
  let dueAt = now() + tickMs
  let isLate = false
  let isOverloaded = false
  let window = { startedAt: now(), use: loopUse(), latestMs: 0 }

  const judge = (at: number) => {
    const use = loopUse()
    const active = use.active - window.use.active
    const share = active / (active + use.idle - window.use.idle)
    const wasOverloaded = isOverloaded
    isOverloaded = wasOverloaded
      ? share > shareRelieved
      : share > shareOverloaded && window.latestMs > lagMs
    window = { startedAt: at, use, latestMs: 0 }
    if (isOverloaded !== wasOverloaded) onChange(isOverloaded)
  }
  const tick = () => {
    const at = now()
    const lateMs = at - dueAt
    dueAt = at + tickMs
    // Also what arrived during this turn of the loop has waited for the one before.
    if (lateMs > lagMs) isLate = true
    else if (lateMs < lagMs / 2) isLate = false
    window.latestMs = Math.max(window.latestMs, lateMs)
    if (at - window.startedAt >= windowMs) judge(at)
  }
  const stop = timers.every(tickMs, tick)
  return {
    isRefusing: () => {
      if (!isOverloaded) return false
      // The timer cannot come while the loop works: within one long turn only the clock tells.
      if (!isLate && now() - dueAt > lagMs) isLate = true
      return isLate
    },
    isOverloaded: () => isOverloaded,
    close: stop,
  }
}
