/** Registers `<gatekeeper-chat>`; exports the same functions as the client. */
import { GatekeeperChat } from './panel/gatekeeper-chat.ts'

// A page may load this file twice, and a second registration throws.
if (!customElements.get('gatekeeper-chat')) customElements.define('gatekeeper-chat', GatekeeperChat)

export {
  ChatError,
  chat,
  chatStream,
  configure,
  createChatSession,
  createClient,
} from './client.ts'
export { GatekeeperChat }
