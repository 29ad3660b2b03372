/**
 * Refuses work that could only wait. When requests come faster than the event loop can work on them,
 * a queue grows in the kernel where nobody sees it, and every request of it waits for all before.
 * What shows it is a timer that comes late. What waits for other threads `work-gate.ts` bounds.
 */
import { performance } from 'node:perf_hooks'
import { systemTimers, type Timers } from '../timers.ts'
import { WorkGate } from './work-gate.ts'

export type OverloadRules = {
  /** How late the loop's own timer may be, and how long work may wait, before some is refused. */
  readonly lagMs: number
}

export type OverloadGate = {
  /**
   * Whether a request that arrives now is to be refused. Asked once for each, so it is cheap. One
   * that brings no work (`hasWork`) for other threads is refused only for the loop's sake.
   */
  readonly isRefusing: (hasWork: boolean) => boolean
  /** Begins work of a request that was taken; what it gives ends it. Null where it is too much. */
  readonly beginWork: WorkGate['begin']
  /** Whether there is more to do than can be done. Then some work is refused, and some is not. */
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
/** Work on a body is about this share of the turns that a request waits for in a busy loop. */
const shareOfWork = 1 / 4

/**
 * Two conditions, since a late timer alone is also what a machine looks like on which others work:
 * the loop had no rest for a quarter of a second, and its timer was late by more than `lagMs`. From then on
 * whatever arrives while the timer is late is refused, until it is late by less than half of that.
 */
export function createOverloadGate({ lagMs }: OverloadRules, deps: OverloadDeps): OverloadGate {
  const { now, timers, loopUse, onChange } = deps
  const work = new WorkGate({ workMs: lagMs * shareOfWork }, deps)
  let dueAt = now() + tickMs
  let isLate = false
  let isLoopOverloaded = false
  let isOverloaded = false
  let window = { startedAt: now(), use: loopUse(), latestMs: 0 }

  const judge = (at: number) => {
    const use = loopUse()
    const active = use.active - window.use.active
    const share = active / (active + use.idle - window.use.idle)
    isLoopOverloaded = isLoopOverloaded
      ? share > shareRelieved
      : share > shareOverloaded && window.latestMs > lagMs
    window = { startedAt: at, use, latestMs: 0 }
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
    work.look()
    const wasOverloaded = isOverloaded
    isOverloaded = isLoopOverloaded || work.isOverloaded()
    if (isOverloaded !== wasOverloaded) onChange(isOverloaded)
  }
  const isLoopLate = () => {
    if (!isLoopOverloaded) return false
    // The timer cannot come while the loop works: within one long turn only the clock tells.
    if (!isLate && now() - dueAt > lagMs) isLate = true
    return isLate
  }
  const stop = timers.every(tickMs, tick)
  return {
    isRefusing: (hasWork) => isLoopLate() || (hasWork && work.isFull()),
    beginWork: () => work.begin(),
    isOverloaded: () => isOverloaded,
    close: stop,
  }
}
