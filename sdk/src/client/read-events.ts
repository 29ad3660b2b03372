import { ChatError } from './chat-error.ts'

/** What the gateway sends of an answer. */
export type ChatEvent =
  | { type: 'start'; model?: string | null }
  | { type: 'chunk'; content: string }
  /** `duration` is in milliseconds. */
  | { type: 'done'; usage?: Usage; duration?: number }

/** What a subject used of its limits. */
export type Usage = {
  total_tokens: number
  requests?: Counter
  tokens?: Counter
}
/** `resetAt` is a time as in `2026-11-30T17:00:00.000Z`. */
export type Counter = { used: number; remaining: number; limit: number; resetAt: string }

/**
 * Yields the events of an answer. Throws the gateway's error, and a ChatError `cut_off` if the
 * stream ends before `done`. It reads only the form that the gateway writes: one field `event`, then
 * one field `data`. The package eventsource-parser reads every form, but takes 1.7 kB of the 3
 * that the client may have.
 */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ChatEvent> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let text = ''
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) throw new ChatError('cut_off', 'The answer ended early.')
      const blocks = (text + decoder.decode(value, { stream: true })).split('\n\n')
      text = blocks.pop() ?? ''
      for (const block of blocks) {
        const event = readEvent(block)
        if (event) yield event
        if (event?.type === 'done') return
      }
    }
  } finally {
    // Also ends the request when the caller stops reading.
    await reader.cancel().catch(() => {})
  }
}

/** Returns null for comments. A later gateway may send other types. */
function readEvent(block: string): ChatEvent | null {
  const [, type, data] = /(?:^|\n)event: (\w+)\ndata: ([^\n]*)/.exec(block) ?? []
  if (!data) return null
  const event = { type, ...JSON.parse(data) }
  if (type === 'error') throw new ChatError(event.error, event.message)
  return event
}
