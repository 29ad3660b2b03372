import type { Clock } from '../../lib/clock.ts'
import type { Problem } from '../../lib/problem.ts'
import type { Timers } from '../../lib/timers.ts'
import { addBalance, type BalanceMap } from './add-balance.ts'
import type { Operation } from './operation.ts'
import type { Balance, JournalState, Urgency } from './usage-journal.ts'

/**
 * How one commit ended. `refused` are the indexes of operations that no store could ever accept.
 */
export type Written =
  | { readonly status: 'written'; readonly refused: readonly number[] }
  | { readonly status: 'failed'; readonly problem: Problem }

/** Events for the operator; each is reported once, and not for every request. */
export type JournalEvent =
  | { readonly kind: 'failing'; readonly problem: Problem }
  | { readonly kind: 'recovered'; readonly failedMs: number }
  /** Lines of the log that were dropped; their charges were not. */
  | { readonly kind: 'lost'; readonly rows: number }

export type CommitQueueDeps = {
  /** Writes the operations in one transaction. Called for one batch at a time; never rejects. */
  readonly write: (operations: readonly Operation[]) => Promise<Written>
  readonly clock: Clock
  readonly timers: Timers
  readonly report: (event: JournalEvent) => void
  /** Operations that may wait; above that, log lines are dropped, but no charges. */
  readonly waitingMax?: number
}

type Entry = {
  readonly operation: Operation
  /**
   * Reports to the caller whether the operation is durable; null if the caller already has its
   * answer.
   */
  answer: ((isDurable: boolean) => void) | null
}

/** Keeps a transaction short, also if a reader delays it for a moment. */
const batchMax = 1000
const waitingMaxDefault = 100_000
const retryMs = { first: 100, last: 5000 } as const

/** Operations that no caller waits for are collected this long, like the lines of the log. */
const soonMs = 100

/**
 * From the end of a shared commit to the beginning of the next: each wakes two threads, and costs
 * as much as a small request.
 */
const spacingMs = 2

/** A disk that has not answered by now is treated as failed, because callers wait for it. */
const stallMs = 5000

/**
 * Group commit: while one batch is written the next one is collected, and a moment longer under
 * load, so that the cost of a commit is shared. A single operation waits for no timer.
 */
export class CommitQueue {
  readonly #deps: CommitQueueDeps
  readonly #waitingMax: number
  readonly #spilled: BalanceMap = new Map()
  #waiting: Entry[] = []
  #failure: { readonly sinceAt: number; readonly problem: Problem } | null = null
  #running: Promise<void> | null = null
  #lostRows = 0
  #isClosing = false
  /** Whether a caller waits for the next batch. */
  #isUrgent = false
  #isGathering = false
  /** Whether the last batch had several operations and left none waiting. */
  #isShared = false
  #endPause: () => void = () => {}

  constructor(deps: CommitQueueDeps) {
    this.#deps = deps
    this.#waitingMax = deps.waitingMax ?? waitingMaxDefault
  }

  /**
   * Resolves with whether the operation is durable. An opening that fails is forgotten; all others
   * are retried.
   */
  push(operation: Operation, urgency: Urgency = 'at-once'): Promise<boolean> {
    const isFull = this.#waiting.length >= this.#waitingMax
    const cannotOpen = isFull || this.#failure !== null || this.#isClosing
    if (operation.kind === 'open' && cannotOpen) return Promise.resolve(false)
    if (isFull) this.#spill(operation)
    if (isFull || this.#failure !== null) {
      if (!isFull) this.#waiting.push({ operation, answer: null })
      return Promise.resolve(false)
    }
    return new Promise((resolve) => {
      this.#waiting.push({ operation, answer: resolve })
      if (urgency === 'at-once') this.#hurry()
      this.#running ??= this.#run()
    })
  }

  state(): JournalState {
    return this.#failure === null ? { status: 'healthy' } : { status: 'failing', ...this.#failure }
  }

  /** Resolves when nothing waits any more, or when the store fails once more. */
  async drain(): Promise<void> {
    this.#isClosing = true
    this.#endPause()
    await this.#running
    for (const entry of this.#waiting) settle(entry, false)
  }

  /** A caller waits now: operations that were being collected are written at once. */
  #hurry(): void {
    this.#isUrgent = true
    if (this.#isGathering) this.#endPause()
  }

  async #run(): Promise<void> {
    // Requests that end in the same turn of the event loop share the first commit too.
    await new Promise((resolve) => setImmediate(resolve))
    let delayMs: number = retryMs.first
    while (this.#waiting.length > 0 || this.#failure !== null) {
      if (this.#failure === null) await this.#gather()
      if (await this.#commit()) {
        delayMs = retryMs.first
        if (this.#isShared) await this.#pause(spacingMs)
      } else {
        if (this.#isClosing) break
        await this.#pause(delayMs)
        delayMs = Math.min(delayMs * 2, retryMs.last)
      }
    }
    // In the same turn as the test for waiting operations: a later push starts the next run.
    this.#running = null
  }

  async #gather(): Promise<void> {
    if (this.#isUrgent || this.#waiting.length >= batchMax) return
    this.#isGathering = true
    await this.#pause(soonMs)
    this.#isGathering = false
  }

  async #commit(): Promise<boolean> {
    const batch = [...this.#takeSpilled(), ...this.#waiting.splice(0, batchMax)]
    this.#isUrgent = this.#waiting.length > 0
    this.#isShared = batch.length > 1 && !this.#isUrgent
    const stopWatch = this.#deps.timers.after(stallMs, () => this.#onStall(batch))
    const written = await this.#deps.write(batch.map(({ operation }) => operation))
    stopWatch()
    if (written.status === 'failed') {
      this.#putBack(batch)
      this.#fail(written.problem)
      return false
    }
    const refused = new Set(written.refused)
    for (const [index, entry] of batch.entries()) settle(entry, !refused.has(index))
    this.#lostRows += refused.size
    this.#recover()
    return true
  }

  #putBack(batch: readonly Entry[]): void {
    const isCharge = ({ operation }: Entry) => operation.kind === 'charge'
    this.#waiting = [...batch.filter((entry) => !isCharge(entry)), ...this.#waiting]
    for (const { operation } of batch) if (operation.kind === 'charge') this.#spill(operation)
  }

  /** No caller is kept waiting: openings are refused, and ended requests may finish. */
  #fail(problem: Problem): void {
    for (const entry of this.#waiting) settle(entry, false)
    this.#waiting = this.#waiting.filter(({ operation }) => operation.kind !== 'open')
    if (this.#failure === null) this.#deps.report({ kind: 'failing', problem })
    this.#failure = { sinceAt: this.#failure?.sinceAt ?? this.#deps.clock(), problem }
  }

  #recover(): void {
    if (this.#failure !== null) {
      const failedMs = this.#deps.clock() - this.#failure.sinceAt
      this.#deps.report({ kind: 'recovered', failedMs })
    }
    this.#failure = null
    if (this.#lostRows > 0) this.#deps.report({ kind: 'lost', rows: this.#lostRows })
    this.#lostRows = 0
  }

  /**
   * The batch may still be written: openings in it, whose requests are refused now, are cancelled.
   */
  #onStall(batch: readonly Entry[]): void {
    for (const entry of batch) {
      const { operation } = entry
      settle(entry, false)
      if (operation.kind !== 'open') continue
      const cancel: Operation = { kind: 'cancel', id: operation.reservation.id }
      this.#waiting.push({ operation: cancel, answer: null })
      this.#isUrgent = true
    }
    this.#fail({
      source: 'usage journal',
      what: `the disk has not answered for ${stallMs / 1000} s`,
      remedy: 'Check the disk of the state folder.',
    })
  }

  /**
   * Keeps the charges of operations that do not fit; their openings stay open, and the next start
   * charges them.
   */
  #spill(operation: Operation): void {
    if (operation.kind === 'record') this.#lostRows++
    for (const charge of chargesOf(operation)) addBalance(this.#spilled, charge)
  }

  #takeSpilled(): Entry[] {
    if (this.#spilled.size === 0) return []
    const charges = [...this.#spilled.values()]
    this.#spilled.clear()
    return [{ operation: { kind: 'charge', charges }, answer: null }]
  }

  /** Ends early if no caller may be kept waiting any longer. */
  async #pause(delayMs: number): Promise<void> {
    if (this.#isClosing) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const stop = this.#deps.timers.after(delayMs, resolve)
    this.#endPause = resolve
    await promise
    stop()
  }
}

function settle(entry: Entry, isDurable: boolean): void {
  entry.answer?.(isDurable)
  entry.answer = null
}

function chargesOf(operation: Operation): readonly Balance[] {
  if (operation.kind === 'charge') return operation.charges
  if (operation.kind !== 'record') return []
  const { reservationId, charges } = operation.settled
  return reservationId === null ? charges : []
}
