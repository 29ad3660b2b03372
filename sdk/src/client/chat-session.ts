import type { ChatOptions, Client, Message } from './create-client.ts'
import type { Usage } from './read-events.ts'

export type ChatSession = {
  /** The conversation so far; a new list after each change. */
  readonly messages: readonly Message[]
  /** What the last answer used; null before. */
  readonly usage: Usage | null
  /**
   * Sends a text and yields the pieces of the answer. If it fails before the first piece, the text is
   * taken back out of the messages.
   */
  send: (text: string, options?: ChatOptions) => AsyncGenerator<string>
  clear: () => void
}

/** A gateway takes 50 messages at most. */
const messagesMax = 50

export function startSession(chatEvents: Client['chatEvents'], usual: ChatOptions): ChatSession {
  let messages: readonly Message[] = []
  let usage: Usage | null = null
  const send: ChatSession['send'] = async function* (text, options = {}) {
    const before = messages
    const asked: Message = { role: 'user', content: text }
    messages = [...before, asked]
    let content = ''
    try {
      const sent = lastOf(messages)
      for await (const event of chatEvents(sent, { ...usual, ...options })) {
        if (event.type === 'done') usage = event.usage
        if (event.type !== 'chunk') continue
        content += event.content
        messages = [...before, asked, { role: 'assistant', content }]
        yield event.content
      }
    } finally {
      if (content === '' && messages.at(-1) === asked) messages = before
    }
  }
  return {
    get messages() {
      return messages
    },
    get usage() {
      return usage
    },
    send,
    clear: () => {
      messages = []
      usage = null
    },
  }
}

/** The newest messages, beginning with one of the user. */
function lastOf(messages: readonly Message[]): Message[] {
  const last = messages.slice(-messagesMax)
  const first = last.findIndex(({ role }) => role === 'user')
  return last.slice(Math.max(0, first))
}
