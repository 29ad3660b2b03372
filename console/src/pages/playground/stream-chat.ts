import { callRaw } from '../../api.ts'
import { createEventReader } from '../../lib/event-stream.ts'
import type { ChatEvent, Message } from './playground.ts'

export type ChatCall = {
  readonly key: string
  readonly service: string
  readonly model: string
  readonly messages: readonly Message[]
  readonly maxTokens?: number
  readonly temperature?: number
}

/** Sends a chat and gives each event as it comes. Throws an ApiFailure if it is not accepted. */
export async function streamChat(
  body: ChatCall,
  onEvent: (event: ChatEvent) => void,
  signal: AbortSignal,
): Promise<void> {
  const response = await callRaw('POST', '/playground/chat', {
    ...{ body, signal, accept: 'text/event-stream' },
  })
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  const readEvents = createEventReader()
  for (;;) {
    const part = await reader?.read()
    if (part === undefined || part.done) return
    for (const { data } of readEvents(part.value)) onEvent(JSON.parse(data) as ChatEvent)
  }
}
