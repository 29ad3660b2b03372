import { ChatError, readError, toChatError } from './chat-error.ts'
import { type ChatSession, startSession } from './chat-session.ts'
import { gatewayOf } from './gateway.ts'
import { type ChatEvent, readEvents } from './read-events.ts'
import { createTokens, type Tokens } from './tokens.ts'

export type Role = 'user' | 'assistant'
export type Message = { role: Role; content: string }

export type ChatOptions = {
  /** Sent after the operator's own prompt, where the widget allows it. */
  system?: string
  /** One of the widget's models. */
  model?: string
  signal?: AbortSignal
}

export type ClientOptions = {
  /** The address of the gateway; where it is left out, see `configure`. */
  gateway?: string
  /** A token of the page's own sign-in, for a widget token of that user. */
  userToken?: () => Promise<string> | string
  fetch?: typeof globalThis.fetch
}

export type Client = {
  /** Asks for a whole answer. A text is one message of the user. */
  chat: (messages: string | Message[], options?: ChatOptions) => Promise<string>
  /** Yields the answer in pieces as they arrive. Leaving the loop stops the answer. */
  chatStream: (messages: string | Message[], options?: ChatOptions) => AsyncGenerator<string>
  /** The same with the events around the pieces: model, usage, duration. */
  chatEvents: (messages: string | Message[], options?: ChatOptions) => AsyncGenerator<ChatEvent>
  /** A conversation that keeps its messages. */
  createChatSession: (options?: ChatOptions) => ChatSession
}

/** How often a refused request is sent again, and the longest wait for it. */
const repeatsMax = 2
const waitSecondsMax = 5

/** Creates a client with a token of its own. It keeps nothing beyond this page. */
export function createClient(options: ClientOptions = {}): Client {
  const call = (path: string, body: unknown, init: RequestInit = {}) =>
    (options.fetch ?? globalThis.fetch)(gatewayOf(options.gateway) + path, {
      ...init,
      method: 'POST',
      headers: { ...init.headers, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      credentials: 'omit',
      cache: 'no-store',
    })
  const tokens = createTokens(
    async (path) => {
      const { userToken } = options
      return userToken === undefined
        ? await call(path, {})
        : await call('/widget/api/auth/exchange', { token: await userToken() })
    },
    () => performance.now(),
  )
  const ask = async (messages: string | Message[], chosen: ChatOptions, accept: string) => {
    const { system, model, signal } = chosen
    const body = { messages: toMessages(messages), system, model }
    const send = (token: string) => {
      const headers = { accept, authorization: `Bearer ${token}` }
      return call(
        '/widget/api/chat',
        body,
        signal === undefined ? { headers } : { headers, signal },
      )
    }
    try {
      return await sendWithCare(send, tokens, signal)
    } catch (error) {
      throw toChatError(error, signal)
    }
  }
  const chatEvents: Client['chatEvents'] = async function* (messages, chosen = {}) {
    const answer = await ask(messages, chosen, 'text/event-stream')
    if (answer.body === null) throw new ChatError('bad_answer', 'The answer is empty.')
    try {
      yield* readEvents(answer.body)
    } catch (error) {
      throw toChatError(error, chosen.signal)
    }
  }
  return {
    chat: async (messages, chosen = {}) => {
      const answer = await ask(messages, chosen, 'application/json')
      return ((await answer.json()) as { content: string }).content
    },
    chatStream: async function* (messages, chosen) {
      for await (const event of chatEvents(messages, chosen)) {
        if (event.type === 'chunk') yield event.content
      }
    },
    chatEvents,
    createChatSession: (chosen = {}) => startSession(chatEvents, chosen),
  }
}

const toMessages = (messages: string | Message[]): Message[] =>
  typeof messages === 'string' ? [{ role: 'user', content: messages }] : messages

/**
 * Sends a request again after a 401 with a new token, once; and after a refusal that names a short
 * wait. Never after an answer has begun, or where it may have: that would be paid twice.
 */
async function sendWithCare(
  send: (token: string) => Promise<Response>,
  tokens: Tokens,
  signal: AbortSignal | undefined,
): Promise<Response> {
  let isRenewed = false
  for (let repeats = 0; ; ) {
    const token = await tokens.get()
    const answer = await send(token)
    if (answer.ok) return answer
    const error = await readError(answer)
    if (error.status === 401 && !isRenewed) {
      isRenewed = true
      tokens.drop(token)
      continue
    }
    const { retryAfter } = error
    if (retryAfter === null || retryAfter > waitSecondsMax || repeats++ === repeatsMax) throw error
    await wait(retryAfter * 1_000, signal)
  }
}

function wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms)
    signal?.addEventListener('abort', () => {
      clearTimeout(timer)
      reject(signal.reason)
    })
  })
}
