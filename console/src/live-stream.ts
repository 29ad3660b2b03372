/**
 * One live stream for the whole console. It is read by `fetch`, since it needs both halves of the
 * session; it is opened again after an end, with the last id, and waits longer each time it fails.
 */
import { callRaw } from './api.ts'
import { ApiFailure } from './api-failure.ts'
import { deliver, liveness } from './events.ts'
import { createEventReader, type StreamEvent } from './lib/event-stream.ts'

const waitMsMax = 30_000
/** Events of this time are shown together: a busy gateway must not keep the page from painting. */
const gatherMs = 200

export async function keepOpen(signal: AbortSignal): Promise<void> {
  let lastId: string | null = null
  let failures = 0
  while (!signal.aborted) {
    liveness.value = 'connecting'
    try {
      for await (const event of readStream(lastId, signal)) {
        failures = 0
        lastId = event.id ?? lastId
        gather(event)
      }
    } catch (error) {
      if (isFinal(error)) break
      failures += 1
    }
    if (!signal.aborted) await wait(Math.min(waitMsMax, 500 * 2 ** failures), signal)
  }
  liveness.value = 'off'
}

/** Without a session, or the right, no further try will do. */
function isFinal(error: unknown): boolean {
  return error instanceof ApiFailure && [401, 403, 404].includes(error.status)
}

async function* readStream(lastId: string | null, signal: AbortSignal) {
  const accept = 'text/event-stream'
  const { body } = await callRaw('GET', '/events', { signal, accept, lastEventId: lastId })
  if (body === null) return
  liveness.value = 'live'
  const read = createEventReader()
  const reader = body.pipeThrough(new TextDecoderStream()).getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    yield* read(value)
  }
}

let gathered: StreamEvent[] = []

function gather(event: StreamEvent): void {
  if (gathered.length === 0) setTimeout(deliverGathered, gatherMs)
  gathered.push(event)
}

function deliverGathered(): void {
  const events = gathered
  gathered = []
  for (const event of events) deliverEvent(event)
}

function deliverEvent({ kind, data }: StreamEvent): void {
  let value: unknown
  try {
    value = JSON.parse(data)
  } catch {
    return
  }
  deliver(kind, value)
}

/** Half of the wait is random: after a restart not all consoles ask at once. */
function wait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms / 2 + (Math.random() * ms) / 2)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
