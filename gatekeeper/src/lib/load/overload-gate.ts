/**
 * Refuses work that could only wait. If requests arrive faster than the event loop can handle them,
 * an invisible queue grows in the kernel, and every request waits for all before it. A late timer
 * shows this. Work that waits for other threads is bounded in `work-gate.ts`.
 */
import { performance } from 'node:perf_hooks'
import { systemTimers, type Timers } from '../timers.ts'
import { WorkGate } from './work-gate.ts'

export type OverloadRules = {
  /**
   * How late the loop's own timer may be, and how long work may wait, before some of it is refused.
   */
  readonly lagMs: number
}

export type OverloadGate = {
  /**
   * Returns whether a request that arrives now must be refused. Called for each request, so it is
   * cheap. A request without work (`hasWork`) for other threads is refused only if the loop itself
   * is overloaded.
   */
  readonly isRefusing: (hasWork: boolean) => boolean
  /**
   * Begins work of an accepted request; returns a function that ends it, or null if there is too
   * much work.
   */
  readonly beginWork: WorkGate['begin']
  /** Whether there is more work than can be done, so that some of it is refused. */
  readonly isOverloaded: () => boolean
  readonly close: () => void
}

/** Milliseconds in which the loop worked and in which it was idle, since the process began. */
export type LoopUse = { readonly active: number; readonly idle: number }

export type OverloadDeps = {
  /** Monotonic milliseconds. */
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
/** Above this share of its time the loop is overloaded; below the other one it has recovered. */
const shareOverloaded = 0.95
const shareRelieved = 0.8
/** In a busy loop, work on a body takes about this share of the turns that a request waits. */
const shareOfWork = 1 / 4

/**
 * Two conditions, because a late timer alone also occurs on a machine that is busy with other
 * programs: the loop was never idle for a quarter of a second, and its timer was late by more than
 * `lagMs`. From then on every arriving request is refused while the timer is late, until it is late
 * by less than half of that.
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
    // A request that arrived during this turn of the loop has also waited for the turn before.
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
    // The timer cannot fire while the loop works: within one long turn only the clock shows the
    // delay.
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
