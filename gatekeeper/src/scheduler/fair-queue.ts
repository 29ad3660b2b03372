/**
 * The slots of one service, shared fairly by weighted deficit round robin over keys. A turn costs the
 * time that it really took, paid afterwards, since nobody knows before how long a model will speak:
 * the key that is furthest behind its share is next. So a key that floods waits for itself alone, and
 * between two keys of one weight nobody waits longer than twice the longest request. The rounds are
 * computed, not walked: `round` is where a key stands that has always had its share.
 *
 * It knows no request and no socket, and its clock must not jump (`performance.now`).
 */
import type { Clock } from '../lib/clock.ts'
import type { Timers } from '../lib/timers.ts'
import type { QueueRules } from '../model/service.ts'
import { createLane, endIn, isBefore, isIdle, type Lane, usedBy, type Waiter } from './lane.ts'

/** The right to run. `release` gives it back; a second call changes nothing. */
export type Slot = {
  readonly waitedMs: number
  /** Whether others were served in the meantime: what was judged before may no longer hold. */
  readonly hasWaited: boolean
  readonly release: () => void
}

/** Why somebody who came left without a slot. `aborted`: the client was gone. */
export type TurnedAway = 'queue-full' | 'queue-timeout' | 'aborted'

export type Caller = {
  readonly key: string
  /** Its share beside other keys; above zero. */
  readonly weight: number
  /** Aborted when the client leaves: it leaves the queue at once. */
  readonly signal: AbortSignal
}

/** What is and what was, for metrics. `waitedMs` is the sum over everybody who was served. */
export type QueueCounts = {
  readonly running: number
  readonly waiting: number
  readonly served: number
  readonly waitedMs: number
  readonly turnedAway: Readonly<Record<TurnedAway, number>>
}

export type FairQueue = {
  /** Resolves with a slot, at once where one is free, or with why there is none. Never rejects. */
  readonly enter: (caller: Caller) => Promise<Slot | TurnedAway>
  readonly counts: () => QueueCounts
}

export function createFairQueue(
  rules: QueueRules,
  deps: { readonly clock: Clock; readonly timers: Timers },
): FairQueue {
  const lanes = new Map<string, Lane>()
  const turnedAway = { 'queue-full': 0, 'queue-timeout': 0, aborted: 0 }
  let round = 0
  let running = 0
  let waiting = 0
  let served = 0
  let waitedMs = 0

  const laneOf = ({ key, weight }: Caller): Lane => {
    const known = lanes.get(key)
    if (!known) {
      const opened = createLane(weight, round)
      lanes.set(key, opened)
      return opened
    }
    known.weight = weight
    // Nobody saves up: who comes back stands where the round is, and a debt stays a debt.
    if (isIdle(known)) known.used = Math.max(known.used, round)
    return known
  }

  const start = (lane: Lane, since: number | null): Slot => {
    const startedAt = deps.clock()
    const ownWaitMs = since === null ? 0 : startedAt - since
    round = Math.max(round, usedBy(lane, startedAt))
    lane.turn = ++served
    lane.running++
    lane.startedSum += startedAt
    running++
    waitedMs += ownWaitMs
    let isHeld = true
    const release = () => {
      if (!isHeld) return
      isHeld = false
      running--
      endIn(lane, startedAt, deps.clock())
      serveNext()
    }
    return { waitedMs: ownWaitMs, hasWaited: since !== null, release }
  }

  /** The lane that is furthest behind, of those that wait; lanes without a claim are forgotten. */
  const findNext = (): Lane | null => {
    const now = deps.clock()
    let next: Lane | null = null
    for (const [key, lane] of lanes) {
      if (lane.waiting.length > 0) {
        if (next === null || isBefore(lane, next, now)) next = lane
      } else if (isIdle(lane) && lane.used <= round) lanes.delete(key)
    }
    return next
  }

  const serveNext = () => {
    while (running < rules.slots) {
      const lane = findNext()
      if (lane === null) break
      ;(lane.waiting[0] as Waiter).admit()
    }
    // With nobody there, there is nobody to whom a debt could be owed.
    if (running === 0 && waiting === 0) lanes.clear()
  }

  const wait = (lane: Lane, signal: AbortSignal) =>
    new Promise<Slot | TurnedAway>((resolve) => {
      const leave = () => {
        lane.waiting.splice(lane.waiting.indexOf(waiter), 1)
        waiting--
        signal.removeEventListener('abort', onAbort)
        stopTimer()
      }
      const turnAway = (why: TurnedAway) => {
        leave()
        turnedAway[why]++
        resolve(why)
      }
      const waiter: Waiter = {
        since: deps.clock(),
        admit: () => {
          leave()
          resolve(start(lane, waiter.since))
        },
      }
      const onAbort = () => turnAway('aborted')
      signal.addEventListener('abort', onAbort, { once: true })
      const stopTimer = deps.timers.after(rules.longestWaitMs, () => turnAway('queue-timeout'))
      lane.waiting.push(waiter)
      waiting++
    })

  return {
    enter: async (caller) => {
      if (caller.signal.aborted) {
        turnedAway.aborted++
        return 'aborted'
      }
      const lane = laneOf(caller)
      if (running < rules.slots) return start(lane, null)
      const isFull = waiting >= rules.waitingMax || lane.waiting.length >= rules.waitingPerKeyMax
      if (!isFull) return await wait(lane, caller.signal)
      turnedAway['queue-full']++
      return 'queue-full'
    },
    counts: () => ({ running, waiting, served, waitedMs, turnedAway: { ...turnedAway } }),
  }
}
