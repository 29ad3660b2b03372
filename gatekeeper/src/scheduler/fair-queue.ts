/**
 * Shares the slots of one service fairly, by weighted deficit round robin over keys. A turn costs
 * its duration, charged afterwards, because the length of a model's answer is not known before: the
 * key that is furthest behind its share is next. A key that floods the service only delays itself,
 * and between two keys of the same weight no request waits longer than twice the longest request.
 * Rounds are computed and not walked: `round` is the position of a key that always had its share.
 *
 * It knows no requests and no sockets, and its clock must be monotonic (`performance.now`).
 */
import type { Clock } from '../lib/clock.ts'
import type { Timers } from '../lib/timers.ts'
import type { QueueRules } from '../model/service.ts'
import {
  createLane,
  endIn,
  inOrder,
  isBefore,
  isIdle,
  type Lane,
  usedBy,
  type Waiter,
} from './lane.ts'
import type { Queued, QueuedRequest } from './queued-request.ts'

/** The right to run. `release` returns it; later calls have no effect. */
export type Slot = {
  readonly waitedMs: number
  /** Whether other requests ran in the meantime, so an earlier decision may be outdated. */
  readonly hasWaited: boolean
  readonly release: () => void
}

/** Why a caller left without a slot. `aborted`: the client disconnected. */
export type TurnedAway = 'queue-full' | 'queue-timeout' | 'aborted'

export type Caller = {
  readonly key: string
  /** Its share relative to other keys; above zero. */
  readonly weight: number
  /** Aborted when the client disconnects: it leaves the queue at once. */
  readonly signal: AbortSignal
  /** Who it is, for people who look at the queue. */
  readonly about?: QueuedRequest
}

/** The queue as it is now. Those that wait are in the order in which they would be served now. */
export type QueueView = {
  readonly slots: number
  readonly running: readonly Queued[]
  readonly waiting: readonly Queued[]
}

/** The start of a caller; null since it waited for nothing. */
type Start = { readonly since: number | null; readonly about?: QueuedRequest | undefined }

/** A slot that is taken. */
type Taken = { readonly since: number; readonly about?: QueuedRequest | undefined }

/** Counts for metrics. `waitedMs` is the sum over all served callers. */
export type QueueCounts = {
  readonly running: number
  readonly waiting: number
  readonly served: number
  readonly waitedMs: number
  readonly turnedAway: Readonly<Record<TurnedAway, number>>
}

export class FairQueue {
  readonly #rules: QueueRules
  readonly #deps: { readonly clock: Clock; readonly timers: Timers }
  readonly #lanes = new Map<string, Lane>()
  readonly #taken = new Set<Taken>()
  readonly #turnedAway = { 'queue-full': 0, 'queue-timeout': 0, aborted: 0 }
  #round = 0
  #running = 0
  #waiting = 0
  #served = 0
  #waitedMs = 0

  constructor(rules: QueueRules, deps: { readonly clock: Clock; readonly timers: Timers }) {
    this.#rules = rules
    this.#deps = deps
  }

  /**
   * Resolves with a slot, at once if one is free, or with the reason why there is none. Never
   * rejects.
   */
  async enter(caller: Caller): Promise<Slot | TurnedAway> {
    if (caller.signal.aborted) return this.#turnAway('aborted')
    if (this.isFull(caller.key)) return this.#turnAway('queue-full')
    const lane = this.#laneOf(caller)
    const isFree = this.#running < this.#rules.slots
    return isFree
      ? this.#start(lane, { since: null, about: caller.about })
      : await this.#wait(lane, caller)
  }

  /** Whether a caller of the key is turned away now: all slots are taken, and nobody else may wait. */
  isFull(key: string): boolean {
    const { slots, waitingMax, waitingPerKeyMax } = this.#rules
    if (this.#running < slots) return false
    const waitingOfKey = this.#lanes.get(key)?.waiting.length ?? 0
    return this.#waiting >= waitingMax || waitingOfKey >= waitingPerKeyMax
  }

  /** Returns who runs and who waits; callers without a description are left out. */
  view(): QueueView {
    const now = this.#deps.clock()
    return {
      slots: this.#rules.slots,
      running: [...this.#taken]
        .toSorted((one, other) => one.since - other.since)
        .flatMap((taken) => describe(taken, now)),
      waiting: inOrder(this.#lanes.values(), now).flatMap((waiter) => describe(waiter, now)),
    }
  }

  counts(): QueueCounts {
    return {
      running: this.#running,
      waiting: this.#waiting,
      served: this.#served,
      waitedMs: this.#waitedMs,
      turnedAway: { ...this.#turnedAway },
    }
  }

  #turnAway(why: TurnedAway): TurnedAway {
    this.#turnedAway[why]++
    return why
  }

  #laneOf({ key, weight }: Caller): Lane {
    const known = this.#lanes.get(key)
    if (!known) {
      const opened = createLane(weight, this.#round)
      this.#lanes.set(key, opened)
      return opened
    }
    known.weight = weight
    // No key accumulates turns: one that comes back starts at the current round, and keeps its
    // debt.
    if (isIdle(known)) known.used = Math.max(known.used, this.#round)
    return known
  }

  #start(lane: Lane, { since, about }: Start): Slot {
    const startedAt = this.#deps.clock()
    const waitedMs = since === null ? 0 : startedAt - since
    this.#round = Math.max(this.#round, usedBy(lane, startedAt))
    lane.turn = ++this.#served
    lane.running++
    lane.startedSum += startedAt
    this.#running++
    this.#waitedMs += waitedMs
    const taken: Taken = { since: startedAt, about }
    this.#taken.add(taken)
    let isHeld = true
    const release = () => {
      if (!isHeld) return
      isHeld = false
      this.#taken.delete(taken)
      this.#running--
      endIn(lane, startedAt, this.#deps.clock())
      this.#serveNext()
    }
    return { waitedMs, hasWaited: since !== null, release }
  }

  #serveNext(): void {
    while (this.#running < this.#rules.slots) {
      const lane = this.#findNext()
      if (lane === null) break
      ;(lane.waiting[0] as Waiter).admit()
    }
    // Without callers, debts have no meaning.
    if (this.#running === 0 && this.#waiting === 0) this.#lanes.clear()
  }

  /** Returns the waiting lane that is furthest behind; forgets lanes without a claim. */
  #findNext(): Lane | null {
    const now = this.#deps.clock()
    let next: Lane | null = null
    for (const [key, lane] of this.#lanes) {
      if (lane.waiting.length > 0) {
        if (next === null || isBefore(lane, next, now)) next = lane
      } else if (isIdle(lane) && lane.used <= this.#round) this.#lanes.delete(key)
    }
    return next
  }

  #wait(lane: Lane, { signal, about }: Caller): Promise<Slot | TurnedAway> {
    const { promise, resolve } = Promise.withResolvers<Slot | TurnedAway>()
    const leave = () => {
      lane.waiting.splice(lane.waiting.indexOf(waiter), 1)
      this.#waiting--
      signal.removeEventListener('abort', onAbort)
      stopTimer()
    }
    const turnAway = (why: TurnedAway) => {
      leave()
      resolve(this.#turnAway(why))
    }
    const waiter: Waiter = {
      since: this.#deps.clock(),
      about,
      admit: () => {
        leave()
        resolve(this.#start(lane, waiter))
      },
    }
    const onAbort = () => turnAway('aborted')
    signal.addEventListener('abort', onAbort, { once: true })
    const { timers } = this.#deps
    const stopTimer = timers.after(this.#rules.longestWaitMs, () => turnAway('queue-timeout'))
    lane.waiting.push(waiter)
    this.#waiting++
    return promise
  }
}

function describe({ since, about }: Taken, now: number): Queued[] {
  return about === undefined ? [] : [{ ...about, sinceMs: Math.round(now - since) }]
}
