import { type ChatError, toChatError } from '../client/chat-error.ts'
import type { ChatSession } from '../client/chat-session.ts'
import type { ChatOptions, Message } from '../client/create-client.ts'
import type { Usage } from '../client/read-events.ts'

export type ChatState = {
  readonly messages: readonly Message[]
  readonly input: string
  /** From sending until the end of the answer. */
  readonly isLoading: boolean
  /** From the first piece of the answer until its end. */
  readonly isStreaming: boolean
  readonly error: ChatError | null
  readonly usage: Usage | null
}

export type ChatStore = {
  readonly getState: () => ChatState
  /** Calls `onChange` after each change. Returns a function that ends this. */
  readonly subscribe: (onChange: () => void) => () => void
  readonly setInput: (input: string) => void
  /** Resolves when the answer has ended, however it did. */
  readonly send: (text: string, options: ChatOptions) => Promise<void>
  readonly stop: () => void
  readonly clear: () => void
}

const empty: ChatState = {
  ...{ messages: [], input: '', error: null, usage: null },
  ...{ isLoading: false, isStreaming: false },
}

/** Keeps what a page shows of a conversation. */
export function createChatStore(session: ChatSession): ChatStore {
  const { getState, set, subscribe } = createState()
  let running: AbortController | null = null
  const fail = (failure: unknown, text: string, signal: AbortSignal) => {
    const error = toChatError(failure, signal)
    // A text without an answer comes back for another try.
    const { input, isStreaming } = getState()
    if (!isStreaming && input === '') set({ input: text })
    if (error.code !== 'aborted') set({ error })
  }
  const receive = async (answer: AsyncGenerator<string>, isOwn: () => boolean) => {
    const first = answer.next()
    set({ messages: session.messages })
    for (let piece = await first; !piece.done && isOwn(); piece = await answer.next()) {
      set({ messages: session.messages, isStreaming: true })
    }
  }
  const send = async (text: string, options: ChatOptions) => {
    if (text === '' || running !== null) return
    const own = new AbortController()
    running = own
    const { signal } = own
    // No longer after `clear`.
    const isOwn = () => running === own
    set({ error: null, input: '', isLoading: true })
    try {
      await receive(session.send(text, { ...options, signal }), isOwn)
    } catch (failure) {
      if (isOwn()) fail(failure, text, signal)
    }
    if (!isOwn()) return
    running = null
    const { messages, usage = null } = session
    set({ messages, usage, isLoading: false, isStreaming: false })
  }
  const stop = () => running?.abort()
  const clear = () => {
    stop()
    running = null
    session.clear()
    set({ ...empty, input: getState().input })
  }
  return { getState, subscribe, setInput: (input) => set({ input }), send, stop, clear }
}

type State = Pick<ChatStore, 'getState' | 'subscribe'> & {
  readonly set: (change: Partial<ChatState>) => void
}

function createState(): State {
  let state = empty
  const listeners = new Set<() => void>()
  return {
    getState: () => state,
    set: (change) => {
      state = { ...state, ...change }
      for (const listener of listeners) listener()
    },
    subscribe: (onChange) => {
      listeners.add(onChange)
      return () => void listeners.delete(onChange)
    },
  }
}
