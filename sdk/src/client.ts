/**
 * A guarded chat for a page without a server of its own: `import { chat } from '…/client.js'`.
 * The functions here share one client, for the gateway that `configure`, the place of this file or
 * the page names.
 */
import { ChatError } from './chat-error.ts'
import type { ChatSession } from './chat-session.ts'
import {
  type ChatOptions,
  type Client,
  type ClientOptions,
  createClient,
  type Message,
  type Role,
} from './create-client.ts'
import { configure } from './gateway.ts'
import type { ChatEvent, Counter, Usage } from './read-events.ts'

export type {
  ChatEvent,
  ChatOptions,
  ChatSession,
  Client,
  ClientOptions,
  Counter,
  Message,
  Role,
  Usage,
}
export { ChatError, configure, createClient }

const shared: Client = createClient()

/** Asks for a whole answer. A text is one message of the user. Rejects with a ChatError. */
export const chat: Client['chat'] = shared.chat
/** Yields the answer in pieces as they arrive. Leaving the loop stops the answer. */
export const chatStream: Client['chatStream'] = shared.chatStream
/** Starts a conversation that keeps its messages. */
export const createChatSession: Client['createChatSession'] = shared.createChatSession
