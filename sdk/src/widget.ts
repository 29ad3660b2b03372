/** Registers `<gatekeeper-chat>`; exports the same functions as the client. */
import {
  ChatError,
  chat,
  chatStream,
  configure,
  createChatSession,
  createClient,
} from './client.ts'
import { GatekeeperChat } from './element.ts'

if (!customElements.get('gatekeeper-chat')) customElements.define('gatekeeper-chat', GatekeeperChat)

export { ChatError, chat, chatStream, configure, createChatSession, createClient, GatekeeperChat }
