import { useEffect, useMemo, useRef, useSyncExternalStore } from 'react'
import { type ChatOptions, type ClientOptions, createClient } from '../client/create-client.ts'
import { type ChatState, createChatStore } from './chat-store.ts'

export type UseChatOptions = ClientOptions & Pick<ChatOptions, 'system' | 'model'>

export type UseChat = ChatState & {
  readonly setInput: (text: string) => void
  /** Sends the input, or the text that is given; an event as its argument is taken as none. */
  readonly send: (text?: unknown) => Promise<void>
  readonly stop: () => void
  readonly clear: () => void
}

/** A conversation with the gateway. If a message fails, the input comes back. */
export function useChat(options: UseChatOptions = {}): UseChat {
  const { gateway } = options
  const latest = useRef(options)
  const store = useMemo(
    () => createChatStore(createClient(followOptions(latest, gateway)).createChatSession()),
    [gateway],
  )
  const state = useSyncExternalStore(store.subscribe, store.getState, store.getState)
  useEffect(() => {
    latest.current = options
  })
  useEffect(() => store.stop, [store])
  return useMemo(() => {
    const { setInput, stop, clear } = store
    const send = (given?: unknown) => {
      preventReload(given)
      const text = typeof given === 'string' ? given : state.input
      const { system, model } = latest.current
      return store.send(text.trim(), { system, model })
    }
    return { ...state, setInput, send, stop, clear }
  }, [state, store])
}

/** Options that are read anew for each call, so that no render has to make another client. */
function followOptions(
  latest: { readonly current: UseChatOptions },
  gateway: string | undefined,
): ClientOptions {
  const { userToken, fetch } = latest.current
  return {
    ...(gateway !== undefined && { gateway }),
    ...(userToken && { userToken: () => (latest.current.userToken ?? userToken)() }),
    ...(fetch && { fetch: (...call) => (latest.current.fetch ?? fetch)(...call) }),
  }
}

/** A form that is sent loads the page again, unless its event is told not to. */
function preventReload(given: unknown): void {
  if (given !== null && typeof given === 'object' && 'preventDefault' in given) {
    ;(given as Event).preventDefault()
  }
}
