import { systemTimers, type Timers } from '../lib/timers.ts'
import type { Decided } from '../telemetry/decision-log.ts'

/** Waits for the record of one request, from before it is sent. */
export type WatchedDecision = {
  /** Resolves with the record, or with null if none comes soon after the answer has ended. */
  readonly afterEnd: () => Promise<Decided | null>
  readonly stop: () => void
}

export type DecisionWatch = {
  /** Called with every record. */
  readonly note: (decided: Decided) => void
  readonly watch: (requestId: string) => WatchedDecision
}

/** The record follows the last byte at once; nobody waits longer than this. */
const waitMsMax = 5_000

/** Hands the record of a request to the one who waits for it. */
export function createDecisionWatch(timers: Timers = systemTimers): DecisionWatch {
  const waiting = new Map<string, (decided: Decided) => void>()
  return {
    note: (decided) => waiting.get(decided.requestId)?.(decided),
    watch: (requestId) => {
      const { promise, resolve } = Promise.withResolvers<Decided | null>()
      waiting.set(requestId, resolve)
      let stopTimer = () => {}
      return {
        afterEnd: () => {
          stopTimer = timers.after(waitMsMax, () => resolve(null))
          return promise
        },
        stop: () => {
          stopTimer()
          if (waiting.get(requestId) === resolve) waiting.delete(requestId)
        },
      }
    },
  }
}
