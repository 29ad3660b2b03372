import { ChatError } from './chat-error.ts'

/** What the gateway sends of an answer. */
export type ChatEvent =
  | { type: 'start'; model: string | null }
  | { type: 'chunk'; content: string }
  | { type: 'done'; usage: Usage | null; durationMs: number | null }

/** What a subject used of its limits. */
export type Usage = {
  total_tokens: number
  requests?: Counter
  tokens?: Counter
}
export type Counter = { used: number; remaining: number; limit: number; resetAt: string }

/**
 * Reads the events of an answer, each of which the gateway sends as a field `event` and one field
 * `data`. Throws the gateway's error, and a ChatError `cut_off` if the stream ends before `done`.
 */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ChatEvent> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let text = ''
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) throw new ChatError('cut_off', 'The answer ended early. Try again.')
      const blocks = (text + decoder.decode(value, { stream: true })).split(/\r?\n\r?\n/)
      text = blocks.pop() ?? ''
      for (const block of blocks) {
        const event = readEvent(block)
        if (event !== null) yield event
        if (event?.type === 'done') return
      }
    }
  } finally {
    // Also ends the request when the caller stops reading.
    await reader.cancel().catch(() => {})
  }
}

/** Returns null for comments, and for events that a later gateway may send. */
function readEvent(block: string): ChatEvent | null {
  const type = /^event: ?(\w+)/m.exec(block)?.[1]
  const data = /^data: ?(.*)/m.exec(block)?.[1]
  if (data === undefined) return null
  const value = JSON.parse(data)
  if (type === 'error') throw new ChatError(String(value.error), String(value.message))
  if (type === 'chunk') return { type, content: String(value.content ?? '') }
  if (type === 'start') return { type, model: value.model ?? null }
  if (type !== 'done') return null
  return { type, usage: value.usage ?? null, durationMs: value.duration ?? null }
}
