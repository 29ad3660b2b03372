import { type ChatError, toChatError } from '../client/chat-error.ts'
import type { ChatSession } from '../client/chat-session.ts'
import type { ChatOptions } from '../client/create-client.ts'
import type { Composer } from './composer.ts'
import { createExchange } from './exchange.ts'
import type { LogView } from './log-view.ts'

export type ConversationParts = {
  readonly view: LogView
  readonly composer: Composer
  readonly session: ChatSession
  readonly readOptions: () => ChatOptions
  /** Says one line to screen readers. */
  readonly say: (line: string) => void
}

export type Conversation = {
  /** Resolves when the answer has ended, however it did. */
  readonly send: (text: string) => Promise<void>
  readonly stop: () => void
  /** Stops the answer and forgets everything. */
  readonly clear: () => void
}

/** Creates the conversation between the field, the gateway and the list of messages. */
export function createConversation(parts: ConversationParts): Conversation {
  const { view, composer, session, say } = parts
  let running: AbortController | null = null
  const setRunning = (controller: AbortController | null) => {
    running = controller
    composer.setRunning(!!controller)
  }
  const send = async (given: string) => {
    const question = given.trim()
    if (running || !question) return
    const own = new AbortController()
    setRunning(own)
    composer.input.value = ''
    const error = await exchange(parts, question, own.signal)
    // After `clear`, nobody waits for this answer.
    if (running !== own) return
    setRunning(null)
    if (!error) return
    say(error.message)
    if (error.code !== 'aborted') {
      view.showFailure(error, () => send(composer.input.value || question))
    }
  }
  const stop = () => running?.abort()
  const clear = () => {
    stop()
    setRunning(null)
    session.clear()
  }
  return { send, stop, clear }
}

/** Shows a question and its answer as it arrives. Returns why it failed; null if it did not. */
async function exchange(
  { view, composer, session, say, readOptions }: ConversationParts,
  question: string,
  signal: AbortSignal,
): Promise<ChatError | null> {
  const { articles, show, finish } = createExchange(question, view.follow)
  view.add(articles)
  say('Answering')
  let content = ''
  try {
    for await (const piece of session.send(question, { ...readOptions(), signal })) {
      content += piece
      show(content)
    }
    say(`Answer complete: ${finish().slice(0, 300)}`)
    return null
  } catch (error) {
    if (content) finish()
    else {
      // Nothing is lost: a question without an answer comes back for another try.
      for (const article of articles) article.remove()
      composer.input.value ||= question
    }
    return toChatError(error, signal)
  }
}
