import { toChatError } from './chat-error.ts'
import { type ChatSession, startSession } from './chat-session.ts'
import { gatewayOf } from './gateway.ts'
import { type ChatEvent, readEvents } from './read-events.ts'
import { sendWithCare } from './send-with-care.ts'
import { createTokens } from './tokens.ts'

export type Role = 'user' | 'assistant'
export type Message = { role: Role; content: string }

export type ChatOptions = {
  /** Sent after the operator's own prompt, if the widget allows it. */
  system?: string
  /** One of the widget's models. */
  model?: string
  signal?: AbortSignal
}

export type ClientOptions = {
  /** The address of the gateway; `configure` says what counts without it. */
  gateway?: string
  /** Returns a token of the page's own sign-in, for a widget token of that user. */
  userToken?: () => Promise<string> | string
  /** Returns the answer of another company's challenge, where the gateway asks for one. */
  solve?: (siteKey: string) => Promise<string> | string
  fetch?: typeof globalThis.fetch
}

export type Client = {
  /** Asks for a whole answer. A text is one message of the user. Rejects with a ChatError. */
  chat: (messages: string | Message[], options?: ChatOptions) => Promise<string>
  /** Yields the answer in pieces as they arrive. Leaving the loop stops the answer. */
  chatStream: (messages: string | Message[], options?: ChatOptions) => AsyncGenerator<string>
  /** The same with the events around the pieces: model, usage, duration. */
  chatEvents: (messages: string | Message[], options?: ChatOptions) => AsyncGenerator<ChatEvent>
  /** Starts a conversation that keeps its messages. */
  createChatSession: (options?: ChatOptions) => ChatSession
}

/** Creates a client with a token of its own. It keeps nothing beyond this page. */
export function createClient(options: ClientOptions = {}): Client {
  const call = createCall(options)
  const tokens = createTokens(
    () => requestToken(call, options),
    // Counts from the page's start: a computer's date may be wrong.
    () => performance.now(),
  )
  const chatEvents: Client['chatEvents'] = async function* (given, chosen = {}) {
    const { system, model, signal } = chosen
    const messages = typeof given === 'string' ? [{ role: 'user', content: given }] : given
    const send = (token: string) => {
      const headers = { accept: 'text/event-stream', authorization: `Bearer ${token}` }
      return call('/widget/api/chat', { messages, system, model }, headers, signal)
    }
    try {
      const { body } = await sendWithCare(send, tokens, signal)
      if (body) yield* readEvents(body)
    } catch (error) {
      throw toChatError(error, signal)
    }
  }
  const chatStream: Client['chatStream'] = async function* (messages, chosen) {
    for await (const event of chatEvents(messages, chosen)) {
      if (event.type === 'chunk') yield event.content
    }
  }
  return {
    // Streams as well: a long answer then keeps its connection busy.
    chat: async (messages, chosen) => {
      let text = ''
      for await (const piece of chatStream(messages, chosen)) text += piece
      return text
    },
    chatStream,
    chatEvents,
    createChatSession: (chosen) => startSession(chatEvents, chosen),
  }
}

async function requestToken(call: Call, options: ClientOptions): Promise<Response> {
  const { gateway, userToken } = options
  if (userToken) return await call('/widget/api/auth/exchange', { token: await userToken() })
  const path = '/widget/api/tokens'
  const answer = await call(path, {})
  if (answer.status !== 403) return answer
  // Either the page is not listed, or there is a challenge. Most gateways have none.
  const { solveChallenge } = await import('./solve-challenge.ts')
  const solved = await solveChallenge(gatewayOf(gateway), options)
  return solved ? await call(path, solved) : answer
}

type Call = ReturnType<typeof createCall>

/** Returns a function that posts JSON to the gateway, without cookies and past every cache. */
function createCall(options: ClientOptions) {
  return async (
    path: string,
    body: unknown,
    headers?: Readonly<Record<string, string>>,
    signal?: AbortSignal,
  ) =>
    (options.fetch ?? fetch)(gatewayOf(options.gateway) + path, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      credentials: 'omit',
      cache: 'no-store',
      signal,
    })
}
