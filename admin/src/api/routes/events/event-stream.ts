/**
 * One stream of a page. Every event is judged by the rights of the caller when it is sent; the
 * session is read again every 15 s, and the page opens a new stream after ten minutes.
 */
import type { Clock } from '../../../../../gatekeeper/src/lib/clock.ts'
import { formatInstant } from '../../../../../gatekeeper/src/lib/instant.ts'
import { systemTimers, type Timers } from '../../../../../gatekeeper/src/lib/timers.ts'
import type { Caller } from '../../caller.ts'
import { scopeOf } from '../../scope.ts'
import type { LiveSource } from './live-source.ts'
import { createPendingEvents, type LiveEvent } from './pending-events.ts'

export type StreamDeps = {
  readonly source: LiveSource
  /** Returns the caller with the rights of now, or null if the session is over. */
  readonly callerNow: () => Promise<Caller | null>
  readonly clock: Clock
  readonly timers?: Timers
}

export type StreamRequest = {
  readonly caller: Caller
  /** The id of the last event that the page has read; null if it has none. */
  readonly lastId: number | null
  readonly signal: AbortSignal
}

const rereadMs = 15_000
const lifeMs = 600_000

/** Yields events as text. Ends when nobody reads, the session is over, or ten minutes are. */
export async function* streamEvents(
  { caller, lastId, signal }: StreamRequest,
  { source, callerNow, clock, timers = systemTimers }: StreamDeps,
): AsyncGenerator<string> {
  const pending = createPendingEvents()
  let id = lastId ?? 0
  const alarm = createAlarm(signal)
  const stops = [
    source.listen((look) => {
      pending.addLook(look)
      id = look.lastId
      alarm.ring()
    }),
    timers.every(rereadMs, alarm.ring),
  ]
  const endAt = clock() + lifeMs
  let current: Caller | null = caller
  let readAt = clock()
  try {
    if (lastId !== null) pending.addLines(await source.linesAfter(lastId))
    yield ': events\n\n'
    while (!signal.aborted && clock() < endAt) {
      await alarm.wait()
      const isDue = clock() - readAt >= rereadMs
      if (isDue) {
        current = await callerNow()
        readAt = clock()
      }
      if (current === null) return
      const events = pending.take(scopeOf(current), formatInstant(clock()))
      if (events.length > 0) yield events.map((event) => toText(event, id)).join('')
      // A peer that is gone without a word is noticed when something is written.
      else if (isDue) yield ':\n\n'
    }
  } finally {
    for (const stop of stops) stop()
  }
}

function toText({ kind, data }: LiveEvent, id: number): string {
  return `event: ${kind}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`
}

/** Something to wait for; what rings before the wait is not lost. */
function createAlarm(signal: AbortSignal) {
  let current = Promise.withResolvers<void>()
  const ring = () => current.resolve()
  signal.addEventListener('abort', ring)
  return {
    ring,
    wait: async () => {
      await current.promise
      if (!signal.aborted) current = Promise.withResolvers<void>()
    },
  }
}
