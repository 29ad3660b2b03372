/**
 * A guarded chat for a page without a server of its own: `import { chat } from '…/client.js'`.
 * The functions here share one client, for the gateway that `configure`, the place of this file or
 * the page names.
 */
import { type Client, createClient } from './client/create-client.ts'

export { ChatError } from './client/chat-error.ts'
export type { ChatSession } from './client/chat-session.ts'
export type {
  ChatOptions,
  Client,
  ClientOptions,
  Message,
  Role,
} from './client/create-client.ts'
export { configure } from './client/gateway.ts'
export type { ChatEvent, Counter, Usage } from './client/read-events.ts'
export { solveChallenge } from './client/solve-challenge.ts'
export { createClient }

const shared: Client = createClient()

/** Asks for a whole answer. A text is one message of the user. Rejects with a ChatError. */
export const chat: Client['chat'] = shared.chat
/** Yields the answer in pieces as they arrive. Leaving the loop stops the answer. */
export const chatStream: Client['chatStream'] = shared.chatStream
/** Starts a conversation that keeps its messages. */
export const createChatSession: Client['createChatSession'] = shared.createChatSession
