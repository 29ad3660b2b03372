import type { ChatOptions, Client, Message } from './create-client.ts'
import type { Usage } from './read-events.ts'

export type ChatSession = {
  /** The conversation so far; a new list after each change. */
  readonly messages: readonly Message[]
  /** What the last answer used. */
  readonly usage?: Usage
  /** The name of the model that answered last, if the gateway tells it. */
  readonly model?: string | null
  /**
   * Sends a text and yields the pieces of the answer. If it fails before the first piece, the text
   * is no longer among the messages.
   */
  send: (text: string, options?: ChatOptions) => AsyncGenerator<string>
  clear: () => void
}

type Mutable<Type> = { -readonly [Name in keyof Type]: Type[Name] }

/** A gateway takes 50 messages at most. */
const messagesMax = 50

export function startSession(chatEvents: Client['chatEvents'], usual?: ChatOptions): ChatSession {
  const session: Mutable<ChatSession> = {
    messages: [],
    send: async function* (text, options) {
      const before = session.messages
      const asked: readonly Message[] = [...before, { role: 'user', content: text }]
      session.messages = asked
      // What still arrives after `clear` belongs to no conversation.
      let kept = asked
      let content = ''
      const keep = (messages: readonly Message[]) => {
        if (session.messages === kept) session.messages = kept = messages
      }
      try {
        for await (const event of chatEvents(newestOf(asked), { ...usual, ...options })) {
          if (event.type === 'start') session.model = event.model
          if (event.type === 'done') session.usage = event.usage
          if (event.type !== 'chunk') continue
          content += event.content
          keep([...asked, { role: 'assistant', content }])
          yield event.content
        }
      } finally {
        // A gateway refuses blank messages, so an empty answer must not stay either.
        if (!content.trim()) keep(before)
      }
    },
    clear: () => {
      session.messages = []
      delete session.usage
    },
  }
  return session
}

/** Returns the newest messages, beginning with one of the user. */
function newestOf(messages: readonly Message[]): Message[] {
  const newest = messages.slice(-messagesMax)
  return newest.slice(newest.findIndex(({ role }) => role === 'user'))
}
