/**
 * Bounds what one caller asks at the same time: a search of the audit takes a tenth of a second, and
 * whoever asks for a hundred must not keep the others from their answers. Calls beyond wait in turn.
 */
import { ApiError } from './api-error.ts'

const runningMax = 4
const waitingMax = 60

export type CallGate = {
  /**
   * Resolves when the call may run, with the function that ends it. Rejects with an ApiError if too
   * many wait already, and with the signal's reason when nobody waits for the answer any more.
   */
  readonly enter: (callerId: string, signal: AbortSignal) => Promise<() => void>
}

type Line = { running: number; readonly waiting: Set<() => void> }

export function createCallGate(): CallGate {
  const lines = new Map<string, Line>()
  const leave = (callerId: string, line: Line) => {
    const [next] = line.waiting
    if (next !== undefined) return next()
    line.running--
    if (line.running === 0) lines.delete(callerId)
  }
  return {
    enter: async (callerId, signal) => {
      signal.throwIfAborted()
      const line = lines.get(callerId) ?? { running: 0, waiting: new Set() }
      lines.set(callerId, line)
      if (line.running < runningMax) line.running++
      else await untilNext(line, signal)
      let isIn = true
      return () => {
        if (isIn) leave(callerId, line)
        isIn = false
      }
    },
  }
}

/** Whoever leaves hands the place over. */
function untilNext({ waiting }: Line, signal: AbortSignal): Promise<void> {
  if (waiting.size >= waitingMax) {
    const what = 'Too many of your calls wait already.'
    throw new ApiError('too_many', what, { retryAfterSeconds: 5 })
  }
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const go = () => {
    waiting.delete(go)
    signal.removeEventListener('abort', give)
    resolve()
  }
  const give = () => {
    waiting.delete(go)
    reject(signal.reason as Error)
  }
  waiting.add(go)
  signal.addEventListener('abort', give, { once: true })
  return promise
}
