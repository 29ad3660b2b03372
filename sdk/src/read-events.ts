import { createParser } from 'eventsource-parser'
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
 * Reads the events of an answer. Throws the gateway's error, and a ChatError `cut_off` if the stream
 * ends before `done`.
 */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ChatEvent> {
  const waiting: ChatEvent[] = []
  const parser = createParser({
    onEvent: ({ event, data }) => {
      const read = readEvent(event, data)
      if (read !== null) waiting.push(read)
    },
  })
  const reader = body.pipeThrough<string>(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader()
  try {
    for (let isDone = false; !isDone; ) {
      const { done, value } = await reader.read()
      if (done) throw new ChatError('cut_off', 'The answer ended early. Try again.')
      parser.feed(value)
      for (const event of waiting.splice(0)) {
        yield event
        isDone ||= event.type === 'done'
      }
    }
  } finally {
    // Also ends the request when the caller stops reading.
    await reader.cancel().catch(() => {})
  }
}

function readEvent(event: string | undefined, data: string): ChatEvent | null {
  const value = JSON.parse(data) as Readonly<Record<string, unknown>>
  if (event === 'chunk') return { type: 'chunk', content: String(value['content'] ?? '') }
  if (event === 'start') return { type: 'start', model: (value['model'] as string) ?? null }
  if (event === 'done') {
    const { usage = null, duration = null } = value as { usage?: Usage; duration?: number }
    return { type: 'done', usage, durationMs: duration }
  }
  if (event !== 'error') return null
  throw new ChatError(String(value['error']), String(value['message']))
}
