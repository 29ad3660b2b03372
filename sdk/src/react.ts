/** The chat for React 18 and later: a hook for pages with looks of their own, and the panel. */
export type { Message } from './client/create-client.ts'
export type { Usage } from './client/read-events.ts'
export { ChatWidget, type ChatWidgetProps } from './react/chat-widget.ts'
export { type UseChat, type UseChatOptions, useChat } from './react/use-chat.ts'
